import {
  type Cidr,
  cidr,
  cidrFamily,
  contains,
  type Family,
  familyOf,
  formatCidr,
  hostCidr,
  type Ip,
  lastIp,
} from '../addr/index.ts';
import type { ClusterObjects, NetworkPolicy } from '../k8s/index.ts';
import { distinctPorts, type MatrixEnd } from './policy-ends.ts';
import type { PortQuery } from './policy-match.ts';

/** What is asked of somebody outside whatever policies say: the web, and names. */
const USUAL_PORTS: readonly PortQuery[] = [
  { port: 80, protocol: 'TCP' },
  { port: 53, protocol: 'UDP' },
];
/** Everybody. */
const ALL: Readonly<Record<Family, Cidr>> = { 4: cidr('0.0.0.0/0'), 6: cidr('::/0') };
/** Of this host, of the link, or of many: nobody has such an address (RFC 6890). */
const SPECIAL = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  '::/8',
  'fe80::/10',
  'ff00::/8',
].map(cidr);

/**
 * One end for each class of addresses outside the cluster that the ipBlocks of some policies tell apart, called by the
 * narrowest of their ranges that holds it: `outside (0.0.0.0/0)` is who is in none but that, or in none. Addresses of the
 * cluster stand for nobody.
 */
export function outsideEnds(states: readonly ClusterObjects[]): MatrixEnd[] {
  const blocks = states.flatMap(({ networkPolicies }) => networkPolicies.flatMap(blocksOf));
  const ports = distinctPorts([
    ...USUAL_PORTS,
    ...states.flatMap(({ networkPolicies }) => networkPolicies.flatMap(egressPorts)),
  ]);
  const families: readonly Family[] = states.some(({ pods }) =>
    pods.some(({ podIPs }) => podIPs.some((ip) => familyOf(ip) === 6)),
  )
    ? [4, 6]
    : [4];
  return families.flatMap((family) => {
    const inside = insideOf(states, family);
    return rangesOf(blocks, family).flatMap((range, _, all): MatrixEnd[] => {
      const narrower = all.filter(
        (one) => one !== range && contains(range, one.base) && one.length > range.length,
      );
      const ip = firstOutside(range, [...narrower, ...inside]);
      if (ip === undefined) return [];
      return [{ name: `outside (${formatCidr(range)})`, end: { kind: 'address', ip }, ports }];
    });
  });
}

function blocksOf({ ingress, egress }: NetworkPolicy): Cidr[] {
  return [...ingress, ...egress].flatMap(({ peers }) =>
    peers.flatMap((peer) => (peer.kind === 'ipBlock' ? [peer.cidr, ...peer.except] : [])),
  );
}

/** Ports that egress rules name by number, the first and last of a range. */
function egressPorts({ egress }: NetworkPolicy): PortQuery[] {
  return egress.flatMap(({ peers, ports }) =>
    peers.length > 0 && peers.every(({ kind }) => kind !== 'ipBlock')
      ? []
      : ports.flatMap(({ port, endPort, protocol }): PortQuery[] => {
          if (typeof port !== 'number') return [];
          const first = { port, protocol };
          return endPort === undefined ? [first] : [first, { port: endPort, protocol }];
        }),
  );
}

/** Each once, all of the family first. */
function rangesOf(blocks: readonly Cidr[], family: Family): Cidr[] {
  const found = new Map<string, Cidr>();
  for (const one of [ALL[family], ...blocks]) if (cidrFamily(one) === family) found.set(formatCidr(one), one);
  return [...found.values()];
}

/** What is the cluster's, or nobody's. */
function insideOf(states: readonly ClusterObjects[], family: Family): Cidr[] {
  const ranges = states.flatMap(({ flannel, nodes, services, pods, serviceRanges }) => [
    flannel.network,
    ...(flannel.ipv6Network === undefined ? [] : [flannel.ipv6Network]),
    ...serviceRanges,
    ...nodes.flatMap(({ podCIDRs }) => podCIDRs),
    ...[
      ...nodes.flatMap(({ internalIPs }) => internalIPs),
      ...pods.flatMap(({ podIPs }) => podIPs),
      ...services.flatMap(({ clusterIPs }) => clusterIPs),
    ].map(hostCidr),
  ]);
  return [...ranges, ...SPECIAL].filter((one) => cidrFamily(one) === family);
}

/** The first address of a range that is in none of others; undefined: they fill it. */
function firstOutside(range: Cidr, others: readonly Cidr[]): Ip | undefined {
  const last = lastIp(range);
  const sorted = [...others].sort((a, b) =>
    a.base < b.base ? -1 : a.base > b.base ? 1 : a.length - b.length,
  );
  let ip: Ip = range.base;
  for (const other of sorted) {
    if (other.base > ip) break;
    if (lastIp(other) < ip) continue;
    if (lastIp(other) >= last) return undefined;
    ip = after(lastIp(other));
  }
  return ip;
}

function after(ip: Ip): Ip {
  return typeof ip === 'number' ? ip + 1 : ip + 1n;
}
