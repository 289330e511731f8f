import { describe, expect, it } from 'vitest';
import { cidr, formatCidr, formatIp, ip } from '../../../src/addr/index.ts';
import { completeNodes, completePods, placeByAddress } from '../../../src/controllers/ipam/index.ts';
import { assumedNode, type ClusterObjects } from '../../../src/k8s/index.ts';
import { KUBE_PROXY, LAN, lan, node, objects, pod, VXLAN } from './objects.ts';

function nodesOf(given: Partial<ClusterObjects>): string[] {
  return completeNodes(objects(given)).objects.nodes.map(
    (n) => `${n.meta.name} ${n.internalIPs.map(formatIp).join(',')} ${n.podCIDRs.map(formatCidr).join(',')}`,
  );
}

function podsOf(given: Partial<ClusterObjects>): string[] {
  const nodes = completeNodes(objects(given));
  return completePods(nodes.objects).objects.pods.map((p) => p.podIPs.map(formatIp).join(','));
}

/** The podCIDRs of the nodes, completed. */
function cidrs(given: Partial<ClusterObjects>): string[] {
  return completeNodes(objects(given)).objects.nodes.map((n) => n.podCIDRs.map(formatCidr).join());
}

describe('nodes', () => {
  it('are assumed to be two when there are none, with a note', () => {
    expect(nodesOf({})).toEqual(['node1 192.168.56.11 10.244.1.0/24', 'node2 192.168.56.12 10.244.2.0/24']);
    const { diagnostics } = completeNodes(objects());
    expect(diagnostics.map((d) => `${d.severity} ${d.code}`)).toEqual(['note PW401']);
  });

  it('keep what they have, and get the next free address and the subnet of their position', () => {
    const nodes = [node('a', ['192.168.56.12'], ['10.244.3.0/24']), node('b'), node('c'), node('d')];
    expect(nodesOf({ nodes })).toEqual([
      'a 192.168.56.12 10.244.3.0/24',
      'b 192.168.56.11 10.244.2.0/24',
      'c 192.168.56.13 10.244.4.0/24',
      'd 192.168.56.14 10.244.5.0/24',
    ]);
  });

  it('are numbered from flannel SubnetMin with SubnetLen where those serve', () => {
    const flannel = {
      ...VXLAN,
      network: cidr('10.10.0.0/16'),
      subnetLen: 26,
      subnetMin: ip('10.10.8.0'),
      source: { file: 'f.yaml', document: 0, path: [] },
    };
    expect(nodesOf({ nodes: [node('a', ['192.168.56.11']), node('b', ['192.168.56.12'])], flannel })).toEqual(
      ['a 192.168.56.11 10.10.8.0/26', 'b 192.168.56.12 10.10.8.64/26'],
    );
  });

  it('are refused when no subnet is left', () => {
    const flannel = { ...VXLAN, network: cidr('10.10.0.0/22'), subnetMax: ip('10.10.2.0') };
    const nodes = ['a', 'b', 'c'].map((name) => node(name));
    const { diagnostics } = completeNodes(objects({ nodes, flannel }));
    expect(diagnostics.map((d) => [d.code, d.message])).toEqual([
      ['PW406', 'no subnet of /24 is left in 10.10.0.0/22 for Node c'],
    ]);
  });

  it('are refused when no address is left on the LAN', () => {
    const topology = { ...LAN, networks: [lan('lan', '192.168.56.0/28', '192.168.56.1')] };
    const nodes = ['a', 'b', 'c', 'd', 'e'].map((name) => node(name));
    const { diagnostics } = completeNodes(objects({ nodes, topology }));
    expect(diagnostics.filter((d) => d.severity === 'error').map((d) => d.message)).toEqual([
      'no address is left in 192.168.56.0/28 for Node e',
    ]);
  });

  it('without podCIDR get the one that the addresses of their pods lie in, and the network follows', () => {
    const nodes = [node('a', ['192.168.56.11']), node('b', ['192.168.56.12'])];
    const pods = [pod('x', 'a', ['10.42.5.7']), pod('y', 'b', ['10.42.6.9'])];
    const { objects: done } = completeNodes(objects({ nodes, pods }));
    expect(done.nodes.map((n) => n.podCIDRs.map(formatCidr))).toEqual([['10.42.5.0/24'], ['10.42.6.0/24']]);
    expect(formatCidr(done.flannel.network)).toBe('10.42.0.0/16');
    expect(done.kubeProxy.clusterCIDR.map(formatCidr)).toEqual(['10.42.0.0/16']);
  });

  it('leave a stated network and a stated clusterCIDR as they are', () => {
    const source = { file: 'f.yaml', document: 0, path: [] };
    const given = objects({
      nodes: [node('a', ['192.168.56.11'], ['10.42.5.0/24'])],
      flannel: { ...VXLAN, source },
      kubeProxy: { ...KUBE_PROXY, source },
    });
    const { objects: done } = completeNodes(given);
    expect(done.flannel).toBe(given.flannel);
    expect(done.kubeProxy).toBe(given.kubeProxy);
  });

  it('with IPv6 pod CIDRs switch IPv6 on where nothing is stated', () => {
    const nodes = [node('a', ['192.168.56.11'], ['10.244.1.0/24', 'fd00:1:2:3::/64'])];
    const { flannel } = completeNodes(objects({ nodes })).objects;
    expect([flannel.enableIPv4, flannel.enableIPv6]).toEqual([true, true]);
    expect(flannel.ipv6Network && formatCidr(flannel.ipv6Network)).toBe('fd00:1:2::/56');
  });
});

describe('the surroundings', () => {
  it('get a gateway for each network without router, named after it when there are several', () => {
    const networks = [lan('a', '10.0.1.0/24', '10.0.1.1'), lan('b', '10.0.2.0/24', '10.0.2.1')];
    const joined = { ...LAN, networks, routers: [{ name: 'r1', networks: ['a'] }] };
    const alone = { ...LAN, networks };
    const names = (topology: typeof LAN) =>
      completeNodes(objects({ topology })).objects.topology.routers.map((r) => `${r.name}: ${r.networks}`);
    expect(names(joined)).toEqual(['r1: a', 'gateway: b']);
    expect(names(alone)).toEqual(['gateway-a: a', 'gateway-b: b']);
  });

  it('get a client at .100, beside the hosts that are stated', () => {
    const db = { name: 'db.example.com', ip: ip('203.0.113.50'), listens: [] };
    const { hosts } = completeNodes(objects({ topology: { ...LAN, hosts: [db] } })).objects.topology;
    expect(hosts.map((h) => `${h.name} ${formatIp(h.ip)}`)).toEqual([
      'client 192.168.56.100',
      'db.example.com 203.0.113.50',
    ]);
  });

  it('get the client at the next free address when a node has .100, with a note', () => {
    const { objects: done, diagnostics } = completeNodes(
      objects({ nodes: [node('a', ['192.168.56.100']), node('b', ['192.168.56.101'])] }),
    );
    expect(done.topology.hosts.map((h) => formatIp(h.ip))).toEqual(['192.168.56.102']);
    expect(diagnostics.map((d) => d.code)).toEqual(['PW413']);
  });

  it('refuse a node that has the address of the gateway', () => {
    const { diagnostics } = completeNodes(objects({ nodes: [node('a', ['192.168.56.1'])] }));
    expect(diagnostics.map((d) => [d.severity, d.code, d.message])).toContainEqual([
      'error',
      'PW409',
      '192.168.56.1 belongs to the gateway of network lan and to Node a',
    ]);
  });
});

describe('pods', () => {
  const nodes = [node('a', ['192.168.56.11', 'fd00:56::11'], ['10.244.1.0/24'])];

  it('get the next address in input order, from .2 on, given ones skipped', () => {
    const pods = [pod('x', 'a'), pod('y', 'a', ['10.244.1.3']), pod('z', 'a'), pod('w', 'a')];
    expect(podsOf({ nodes, pods })).toEqual(['10.244.1.2', '10.244.1.3', '10.244.1.4', '10.244.1.5']);
  });

  it('on the network of their node have the first address of each family', () => {
    expect(podsOf({ nodes, pods: [pod('x', 'a', [], { hostNetwork: true })] })).toEqual([
      '192.168.56.11,fd00:56::11',
    ]);
  });

  it('get nothing once they are finished or when nothing takes them, and terminating ones keep theirs', () => {
    const pods = [pod('done', 'a', [], { phase: 'Succeeded' }), pod('lost'), pod('x', 'a')];
    expect(podsOf({ nodes, pods })).toEqual(['', '', '10.244.1.2']);
  });

  it('get one address for each family of their node', () => {
    const dual = [node('a', ['192.168.56.11'], ['10.244.1.0/24', 'fd00:244:1::/64'])];
    expect(podsOf({ nodes: dual, pods: [pod('x', 'a'), pod('y', 'a')] })).toEqual([
      '10.244.1.2,fd00:244:1::2',
      '10.244.1.3,fd00:244:1::3',
    ]);
  });

  it('fill the range to its last address and then are refused in the words of host-local', () => {
    const small = [node('a', ['192.168.56.11'], ['10.1.1.0/29'])];
    const pods = ['1', '2', '3', '4', '5', '6'].map((name) => pod(name, 'a'));
    expect(podsOf({ nodes: small, pods })).toEqual([
      '10.1.1.2',
      '10.1.1.3',
      '10.1.1.4',
      '10.1.1.5',
      '10.1.1.6',
      '',
    ]);
    const { objects: done } = completeNodes(objects({ nodes: small, pods }));
    expect(completePods(done).diagnostics.map((d) => d.message)).toEqual([
      'Pod default/6: no IP addresses available in range set: 10.1.1.1-10.1.1.6',
    ]);
  });

  it('that lie apart widen the range of their node, as far as no neighbour is in it', () => {
    const bare = [node('a', ['192.168.56.11']), node('b', ['192.168.56.12'])];
    const apart = [pod('x', 'a', ['10.42.4.7']), pod('y', 'a', ['10.42.5.7']), pod('z', 'b', ['10.42.8.7'])];
    expect(cidrs({ nodes: bare, pods: apart })).toEqual(['10.42.4.0/23', '10.42.8.0/24']);
    const blocks = [
      pod('x', 'a', ['10.42.4.7']),
      pod('y', 'a', ['10.42.4.50']),
      pod('z', 'b', ['10.42.4.70']),
    ];
    expect(cidrs({ nodes: bare, pods: blocks })).toEqual(['10.42.4.0/26', '10.42.4.64/26']);
  });

  it('that lie among those of another node are warned of once, and ranges do not overlap', () => {
    const bare = [node('a', ['192.168.56.11']), node('b', ['192.168.56.12'])];
    const pods = [pod('x', 'a', ['10.42.4.7']), pod('y', 'a', ['10.42.6.7']), pod('z', 'b', ['10.42.5.7'])];
    const { objects: done, diagnostics } = completeNodes(objects({ nodes: bare, pods }));
    expect(done.nodes.map((n) => n.podCIDRs.map(formatCidr).join())).toEqual([
      '10.42.4.0/24',
      '10.42.5.0/24',
    ]);
    expect(diagnostics.map((d) => [d.severity, d.code, d.message])).toEqual([
      [
        'warning',
        'PW408',
        'the addresses of the pods on Node a lie among those on Node b, and flannel gives each node a range of its own: 10.42.4.0/24 is assumed, and other nodes have no route to 10.42.6.7',
      ],
    ]);
  });
});

describe('pods with addresses and without a node', () => {
  const placed = (given: Partial<ClusterObjects>) =>
    placeByAddress(objects(given)).pods.map((p) => `${p.meta.name} ${p.nodeName}`);

  it('go to the node whose podCIDR holds them', () => {
    const nodes = [node('a', [], ['10.244.1.0/24']), node('b', [], ['10.244.2.0/24'])];
    expect(placed({ nodes, pods: [pod('x', '', ['10.244.2.9'])] })).toEqual(['x b']);
  });

  it('stay together with those of their subnet, each subnet on a node of its own, by address', () => {
    const pods = [
      pod('x', '', ['10.42.7.3']),
      pod('y', '', ['10.42.2.3']),
      pod('z', '', ['10.42.7.4']),
      pod('w', '', ['10.42.9.4']),
    ];
    const nodes = [assumedNode('node1'), assumedNode('node2')];
    expect(placed({ nodes, pods })).toEqual(['x node2', 'y node1', 'z node2', 'w node3']);
    expect(placed({ nodes: [node('a'), node('b')], pods })).toEqual(['x b', 'y a', 'z b', 'w ']);
  });

  it('join a pod of their subnet that names its node', () => {
    const pods = [pod('x', '', ['10.42.7.3']), pod('y', 'b', ['10.42.7.9'])];
    expect(placed({ nodes: [node('a'), node('b')], pods })).toEqual(['x b', 'y b']);
  });
});
