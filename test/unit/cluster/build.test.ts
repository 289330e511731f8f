import { describe, expect, it } from 'vitest';
import { cidr, formatCidr, ip } from '../../../src/addr/index.ts';
import { buildCluster, type Cluster, nodeNetnsId, podNetnsId } from '../../../src/cluster/index.ts';
import { printIptablesSave } from '../../../src/formats/index.ts';
import { type Netns, RT_TABLE_MAIN, rulesetOf } from '../../../src/kernel/index.ts';
import {
  HOST_GW,
  KUBE_PROXY,
  LAN,
  labels,
  lan,
  meta,
  node,
  objects,
  pod,
  port,
  service,
  VXLAN,
} from '../controllers/objects.ts';

const WEB = objects({
  pods: [
    pod('client', 'node1'),
    pod('web-0', '', [], {
      meta: meta('web-0', 'default', { labels: labels({ app: 'web' }) }),
      ports: [port(8080)],
    }),
    pod('web-1', '', [], {
      meta: meta('web-1', 'default', { labels: labels({ app: 'web' }) }),
      ports: [port(8080)],
    }),
    pod('agent', 'node2', [], { hostNetwork: true, ports: [port(9100)] }),
  ],
  services: [
    service('web', {
      clusterIPs: [ip('10.96.0.10')],
      selector: labels({ app: 'web' }),
      ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 0 }],
    }),
  ],
});

function netns(cluster: Cluster, id: string): Netns {
  const found = cluster.world.netns.get(id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

describe('a cluster', () => {
  it('is completed: nodes assumed, pods placed and addressed, EndpointSlices computed', () => {
    const { objects: done, diagnostics } = buildCluster(WEB);
    expect(diagnostics.map((d) => `${d.severity} ${d.code}`)).toEqual(['note PW401']);
    expect(done.pods.map((p) => p.nodeName)).toEqual(['node1', 'node1', 'node2', 'node2']);
    expect(done.endpointSlices.flatMap((s) => s.endpoints.flatMap((e) => e.addresses))).toEqual([
      ip('10.244.1.3'),
      ip('10.244.2.2'),
    ]);
  });

  it('has a namespace for every machine and every pod with a network of its own', () => {
    const cluster = buildCluster(WEB);
    expect([...cluster.world.netns.keys()]).toEqual([
      'switch/lan',
      'router/gateway',
      'host/client',
      'node/node1',
      'node/node2',
      'pod/default/client',
      'pod/default/web-0',
      'pod/default/web-1',
    ]);
    expect(cluster.objects.pods.map(podNetnsId)).toEqual([
      'pod/default/client',
      'pod/default/web-0',
      'pod/default/web-1',
      nodeNetnsId('node2'),
    ]);
  });

  it('has cni0 only on nodes with bridged pods', () => {
    const cluster = buildCluster(objects({ pods: [pod('a', 'node1')] }));
    expect(netns(cluster, 'node/node1').links.has('cni0')).toBe(true);
    expect(netns(cluster, 'node/node2').links.has('cni0')).toBe(false);
  });

  it('gives pods the MTU of the overlay, or of the LAN where there is none', () => {
    const mtu = (flannel: typeof VXLAN) =>
      netns(buildCluster({ ...WEB, flannel }), 'pod/default/client').links.get('eth0')?.mtu;
    expect([mtu(VXLAN), mtu(HOST_GW)]).toEqual([1450, 1500]);
  });

  it('writes the rules of kube-proxy before those of flannel', () => {
    const save = printIptablesSave(rulesetOf(netns(buildCluster(WEB), 'node/node1'), 4));
    const jumps = save
      .split('\n')
      .filter((line) => line.startsWith('-A POSTROUTING') || line.startsWith('-A FORWARD'));
    expect(jumps.map((line) => line.replace(/.*-j /, ''))).toEqual([
      'KUBE-PROXY-FIREWALL',
      'KUBE-FORWARD',
      'KUBE-SERVICES',
      'KUBE-EXTERNAL-SERVICES',
      'FLANNEL-FWD',
      'KUBE-POSTROUTING',
      'FLANNEL-POSTRTG',
    ]);
  });

  it('writes only the rules of the programs that are asked for, and all links and routes', () => {
    const cluster = buildCluster(WEB, { programs: new Set(['flannel']) });
    const node1 = netns(cluster, 'node/node1');
    const save = printIptablesSave(rulesetOf(node1, 4));
    expect(save).toContain('FLANNEL-FWD');
    expect(save).not.toContain('KUBE-');
    expect(node1.links.has('cni0')).toBe(true);
  });

  it('has IPv6 rules only on nodes with an IPv6 address or CIDR', () => {
    const nodes = [
      node('a', ['192.168.56.11', 'fd00:56::11'], ['10.244.1.0/24', 'fd00:244:0:1::/64']),
      node('b', ['192.168.56.12'], ['10.244.2.0/24']),
    ];
    const flannel = { ...VXLAN, enableIPv6: true, ipv6Network: cidr('fd00:244::/48') };
    const cluster = buildCluster(objects({ nodes, flannel, pods: [pod('x', 'a')] }));
    expect(cluster.diagnostics).toEqual([]);
    const tables = (id: string) => rulesetOf(netns(cluster, id), 6).tables.size;
    expect([tables('node/a') > 0, tables('node/b')]).toEqual([true, 0]);
    expect(netns(cluster, 'node/a').links.has('flannel-v6.1')).toBe(true);
  });

  it('sets the sysctls of a node: forwarding, bridged frames shown to iptables, no reverse path filter', () => {
    const { sysctls } = netns(buildCluster(WEB), 'node/node1');
    expect(sysctls.get('net.ipv4.ip_forward')?.value).toBe('1');
    expect(sysctls.get('net.bridge.bridge-nf-call-iptables')?.value).toBe('1');
    expect(sysctls.get('net.ipv4.conf.all.rp_filter')?.value).toBe('0');
    expect(sysctls.get('net.ipv4.conf.all.route_localnet')?.value).toBe('1');
    const off = { ...KUBE_PROXY, iptables: { ...KUBE_PROXY.iptables, localhostNodePorts: false } };
    const without = netns(buildCluster({ ...WEB, kubeProxy: off }), 'node/node1');
    expect(without.sysctls.has('net.ipv4.conf.all.route_localnet')).toBe(false);
  });

  it('gives every piece of state an origin', () => {
    const cluster = buildCluster(WEB);
    const programs = new Set<string>();
    for (const ns of cluster.world.netns.values()) {
      for (const route of ns.routes) programs.add(route.origin.program);
      for (const link of ns.links.values()) {
        programs.add(link.origin.program);
        for (const address of link.addresses) programs.add(address.origin.program);
      }
      for (const socket of ns.sockets) programs.add(socket.origin.program);
    }
    expect([...programs].sort()).toEqual(['cni', 'flannel', 'kernel', 'kubelet', 'underlay']);
  });

  it('is the same every time', () => {
    const text = (cluster: Cluster) =>
      JSON.stringify(
        [...cluster.world.netns.values()].map((n) => [
          n.id,
          n.name,
          [...n.links.values()],
          n.routes,
          n.sockets,
        ]),
        (_, value: unknown) =>
          typeof value === 'bigint' ? `${value}n` : value instanceof Map ? [...value] : value,
      );
    expect(text(buildCluster(WEB))).toBe(text(buildCluster(WEB)));
  });
});

describe('the peers of flannel', () => {
  const nodes = Array.from({ length: 5 }, (_, i) => node(`node${i + 1}`));

  it('are there for whoever looks first, at routes, neighbours or the FDB', () => {
    const first = (look: (ns: Netns) => number) =>
      look(netns(buildCluster(objects({ nodes })), 'node/node3'));
    expect(
      first((ns) => ns.routes.filter((r) => r.device === 'flannel.1' && r.table === RT_TABLE_MAIN).length),
    ).toBe(4);
    expect(first((ns) => ns.neighbours.get('flannel.1')?.size ?? 0)).toBe(4);
    const fdb = (ns: Netns): number => {
      const link = ns.links.get('flannel.1');
      return link?.kind === 'vxlan' ? link.fdb.size : 0;
    };
    expect(first(fdb)).toBe(4);
  });

  it('are written once', () => {
    const ns = netns(buildCluster(objects({ nodes })), 'node/node1');
    const before = ns.routes.length;
    const generation = ns.generation;
    expect([ns.routes.length, ns.neighbours.size, ns.generation]).toEqual([before, 1, generation]);
  });

  it('of host-gw are routes through the addresses of the nodes', () => {
    const ns = netns(buildCluster(objects({ nodes, flannel: HOST_GW })), 'node/node1');
    const remote = ns.routes.filter((r) => r.via !== undefined && r.dst.length === 24);
    expect(remote.map((r) => formatCidr(r.dst))).toEqual([
      '10.244.2.0/24',
      '10.244.3.0/24',
      '10.244.4.0/24',
      '10.244.5.0/24',
    ]);
  });
});

describe('input that cannot stand', () => {
  it('leaves the world empty and says why', () => {
    const topology = {
      ...LAN,
      networks: [lan('a', '192.168.56.0/24', '192.168.56.1'), lan('b', '192.168.60.0/24', '192.168.60.1')],
    };
    const nodes = [node('n1', ['192.168.56.11']), node('n2', ['192.168.60.12'])];
    const cluster = buildCluster(objects({ nodes, topology, flannel: HOST_GW }));
    expect(cluster.diagnostics.map((d) => `${d.severity} ${d.code}`)).toEqual(['error PW431']);
    expect(cluster.world.netns.size).toBe(0);
  });

  it('is told in the words of the program that refused it, with the object', () => {
    const flannel = {
      ...VXLAN,
      enableIPv6: true,
      ipv6Network: cidr('fd00:244::/48'),
      backend: { ...VXLAN.backend, vni: 16777215 } as typeof VXLAN.backend,
    };
    const nodes = [node('a', ['192.168.56.11', 'fd00:56::11'], ['10.244.1.0/24', 'fd00:244:0:1::/64'])];
    const cluster = buildCluster(objects({ nodes, flannel }));
    const [refusal] = cluster.diagnostics.filter((d) => d.severity === 'error');
    expect([refusal?.code, refusal?.message, refusal?.at?.source.file]).toEqual([
      'PW490',
      'link-add for Node a spec.podCIDR (flannel): RTNETLINK answers: Numerical result out of range',
      'test.yaml',
    ]);
  });
});
