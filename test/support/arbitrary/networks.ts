import fc, { type Arbitrary } from 'fast-check';
import { mostly } from './mostly.ts';

/** How the nodes are wired, and what flannel makes of it. */
export interface NetworkSketch {
  /** LANs that the nodes take turns to be on; routers join them, one each pair of neighbours or one for all. */
  readonly lans: number;
  readonly routers: 'one' | 'chain';
  /** The MTU of the last LAN. */
  readonly mtu: number;
  readonly backend: 'vxlan' | 'host-gw' | 'direct';
}

export const networkSketch: Arbitrary<NetworkSketch> = fc.record({
  lans: fc.constantFrom(1, 1, 2, 2, 3),
  routers: mostly('one', 'chain'),
  mtu: mostly(1500, 1400),
  backend: fc.constantFrom('vxlan', 'host-gw', 'direct'),
});

const LANS = ['192.168.56', '192.168.60', '192.168.64'];
export const ZONES: readonly string[] = ['east', 'west'];

function lanOf(n: number, { lans }: NetworkSketch): string {
  return LANS[(n - 1) % lans] ?? '';
}

export function nodeAddress(n: number, network: NetworkSketch): string {
  return `${lanOf(n, network)}.${10 + n}`;
}

export function nodeManifest(n: number, network: NetworkSketch): object {
  const podCIDR = `10.244.${n}.0/24`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node${n}`, labels: { 'topology.kubernetes.io/zone': ZONES[n % 2] } },
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status: { addresses: [{ type: 'InternalIP', address: nodeAddress(n, network) }] },
  };
}

/** The LANs, what joins them, and who is outside the cluster. */
export function topologyManifest({ lans, routers, mtu }: NetworkSketch): object {
  const names = LANS.slice(0, lans).map((_, i) => `lan-${i}`);
  return {
    apiVersion: 'podwalk/v1',
    kind: 'Topology',
    networks: names.map((name, i) => ({
      name,
      cidr: `${LANS[i]}.0/24`,
      gateway: `${LANS[i]}.1`,
      ...(i === lans - 1 ? { mtu } : {}),
    })),
    routers: lans === 1 ? [] : joined(names, routers),
    hosts: [
      { name: 'client', ip: '192.168.56.100', network: 'lan-0' },
      { name: 'db.example.com', ip: '203.0.113.200', listens: ['tcp/5432', 'udp/53'] },
    ],
  };
}

function joined(names: readonly string[], routers: NetworkSketch['routers']): object[] {
  if (routers === 'one') return [{ name: 'r0', networks: names }];
  return names.slice(1).map((name, i) => ({ name: `r${i}`, networks: [names[i], name] }));
}

/** `--set` arguments. */
export function flannelSettings({ backend }: NetworkSketch): string[] {
  return backend === 'direct'
    ? ['flannel.Backend.Type=vxlan', 'flannel.Backend.DirectRouting=true']
    : [`flannel.Backend.Type=${backend}`];
}
