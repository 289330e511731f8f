import { describe, expect, it } from 'vitest';
import { cidr, formatCidr, formatIp } from '../../../src/addr/index.ts';
import { cniOperations } from '../../../src/controllers/cni/index.ts';
import { DEFAULT_CNI, type Pod } from '../../../src/k8s/index.ts';
import type { Operation } from '../../../src/kernel/index.ts';
import { node, pod } from './objects.ts';

const NODE = node('n1', ['192.168.56.11'], ['10.244.1.0/24']);
const NETWORKS = [cidr('10.244.0.0/16')];

function add(pods: readonly Pod[], networks = NETWORKS, on = NODE): ReturnType<typeof cniOperations> {
  return cniOperations({ node: on, pods, networks, mtu: 1450, config: DEFAULT_CNI });
}

/** Operations as `NAMESPACE: command`. */
function commands(operations: readonly Operation[]): string[] {
  return operations.map((o) => {
    switch (o.op) {
      case 'link-add':
        return `${o.netns}: link add ${o.link.name} type ${o.link.kind} mtu ${o.link.mtu}`;
      case 'veth-add':
        return `${o.ends[0].netns}: link add ${o.ends[0].name} mtu ${o.ends[0].mtu} peer ${o.ends[1].name} netns ${o.ends[1].netns}`;
      case 'link-master':
        return `${o.netns}: link set ${o.name} master ${o.bridge}`;
      case 'bridge-port':
        return `${o.netns}: bridge link set ${o.name} hairpin ${o.hairpin}`;
      case 'address-add':
        return `${o.netns}: addr add ${formatIp(o.ip)}/${o.length}${o.broadcast ? ' brd +' : ''} dev ${o.device}`;
      case 'route-add':
      case 'route-replace': {
        const { dst, via, device, onlink } = o.route;
        const gateway = via === undefined ? '' : ` via ${formatIp(via)}`;
        return `${o.netns}: route ${formatCidr(dst)}${gateway} dev ${device}${onlink ? ' onlink' : ''}`;
      }
      case 'sysctl':
        return `${o.netns}: sysctl ${o.key}=${o.value}`;
      case 'link-up':
      case 'link-mac':
        return `${o.netns}: ${o.op} ${o.name}`;
      default:
        return o.op;
    }
  });
}

describe('the bridge plugin', () => {
  it('goes through the steps of the real one for the first pod of a node', () => {
    const { netns, operations } = add([pod('web', 'n1', ['10.244.1.2'])]);
    expect(netns.map((n) => [n.id, n.kind, n.label, n.node])).toEqual([
      ['pod/default/web', 'pod', 'default/web', 'n1'],
    ]);
    expect(netns[0]?.name).toMatch(/^cni-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    const text = commands(operations[0]?.operations ?? []);
    expect(text.map((line) => line.replace(/veth[0-9a-f]{8}/, 'VETH'))).toEqual([
      'node/n1: link add cni0 type bridge mtu 1450',
      'node/n1: link-up cni0',
      'pod/default/web: link add eth0 mtu 1450 peer VETH netns node/n1',
      'node/n1: link-up VETH',
      'node/n1: link set VETH master cni0',
      'node/n1: bridge link set VETH hairpin true',
      'pod/default/web: sysctl net.ipv4.conf.eth0.arp_notify=1',
      'pod/default/web: addr add 10.244.1.2/24 brd + dev eth0',
      'pod/default/web: link-up eth0',
      'pod/default/web: route 10.244.0.0/16 via 10.244.1.1 dev eth0',
      'pod/default/web: route 0.0.0.0/0 via 10.244.1.1 dev eth0',
      'node/n1: addr add 10.244.1.1/24 brd + dev cni0',
      'node/n1: link-mac cni0',
      'node/n1: sysctl net.ipv4.ip_forward=1',
    ]);
  });

  it('leaves cni0 and its address as they are for further pods', () => {
    const { operations } = add([pod('a', 'n1', ['10.244.1.2']), pod('b', 'n1', ['10.244.1.3'])]);
    const second = commands(operations[1]?.operations ?? []);
    expect(second.filter((line) => line.includes('cni0'))).toEqual([
      expect.stringMatching(/^node\/n1: link set veth[0-9a-f]{8} master cni0$/),
    ]);
  });

  it('does nothing for pods on the network of their node, finished ones and those without an address', () => {
    const pods = [
      pod('host', 'n1', ['192.168.56.11'], { hostNetwork: true }),
      pod('done', 'n1', ['10.244.1.9'], { phase: 'Failed' }),
      pod('lost', 'n1'),
    ];
    expect(add(pods)).toEqual({ netns: [], operations: [] });
  });

  it('gives a pod names and MACs that depend on the pod alone', () => {
    const alone = add([pod('b', 'n1', ['10.244.1.3'])]).operations[0]?.operations.find(
      (o) => o.op === 'veth-add',
    );
    const second = add([pod('a', 'n1', ['10.244.1.2']), pod('b', 'n1', ['10.244.1.3'])]);
    expect(second.operations[1]?.operations.find((o) => o.op === 'veth-add')).toEqual(alone);
  });

  it('gives a pod of two families both addresses and both default routes', () => {
    const dual = node('n1', ['192.168.56.11'], ['10.244.1.0/24', 'fd00:244:1::/64']);
    const networks = [...NETWORKS, cidr('fd00:244::/48')];
    const { operations } = add([pod('web', 'n1', ['10.244.1.2', 'fd00:244:1::2'])], networks, dual);
    const text = commands(operations[0]?.operations ?? []);
    expect(text.filter((line) => line.includes('fd00') || line.includes('::/0'))).toEqual([
      'pod/default/web: addr add fd00:244:1::2/64 dev eth0',
      'pod/default/web: route fd00:244::/48 via fd00:244:1::1 dev eth0',
      'pod/default/web: route ::/0 via fd00:244:1::1 dev eth0',
      'node/n1: addr add fd00:244:1::1/64 dev cni0',
    ]);
  });

  it('gives a pod whose address is outside the range of its node a host route and an onlink gateway', () => {
    const { operations } = add([pod('stray', 'n1', ['10.9.9.9'])]);
    const text = commands(operations[0]?.operations ?? []);
    expect(text).toContain('pod/default/stray: addr add 10.9.9.9/32 dev eth0');
    expect(text).toContain('pod/default/stray: route 0.0.0.0/0 via 10.244.1.1 dev eth0 onlink');
    expect(text).toContain('node/n1: route 10.9.9.9/32 dev cni0');
  });
});
