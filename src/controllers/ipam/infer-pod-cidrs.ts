import { type Cidr, cidrOf, contains, formatCidr, formatIp, type Ip, overlaps } from '../../addr/index.ts';
import { type Diagnostic, type FlannelConfig, isFinished, type Node, type Pod } from '../../k8s/index.ts';
import { coveringPrefix } from './subnets.ts';

/** What flannel gives a node of an IPv6 network. */
const IPV6_SUBNET_LENGTH = 64;

/**
 * A node without podCIDR gets the range that holds the addresses of its pods: a subnet as long as flannel's (/24), wider
 * where the pods lie further apart, narrower where a neighbour's pods are in the rest of it. Ranges never overlap:
 * where the addresses of several nodes interleave, no ranges can hold them, and warning PW408 says so. Runs before the
 * network is inferred, so that a cluster of pods alone finds its own ranges.
 */
export function inferPodCidrs(
  nodes: readonly Node[],
  pods: readonly Pod[],
  flannel: FlannelConfig,
  diagnostics: Diagnostic[],
): readonly Node[] {
  const bare = new Set(nodes.filter(({ podCIDRs }) => podCIDRs.length === 0).map(({ meta }) => meta.name));
  const addresses = addressesByNode(pods, bare);
  if (addresses.size === 0) return nodes;
  const found = new Map<string, Cidr[]>();
  for (const [isFamily, length] of [
    [isV4, flannel.subnetLen],
    [isV6, IPV6_SUBNET_LENGTH],
  ] as const) {
    const taken = nodes.flatMap(({ podCIDRs }) => podCIDRs.filter(({ base }) => isFamily(base)));
    const wanted = [...addresses].flatMap(([name, ips]) => {
      const own = ips.filter(isFamily);
      return own.length === 0 ? [] : [{ name, ips: own }];
    });
    for (const { name, range } of rangesFor(wanted, taken, length, diagnostics)) {
      found.set(name, [...(found.get(name) ?? []), range]);
    }
  }
  return nodes.map((node) => {
    const podCIDRs = found.get(node.meta.name);
    return podCIDRs === undefined ? node : { ...node, podCIDRs };
  });
}

const isV4 = (ip: Ip): boolean => typeof ip === 'number';
const isV6 = (ip: Ip): boolean => typeof ip === 'bigint';

function addressesByNode(pods: readonly Pod[], names: ReadonlySet<string>): Map<string, Ip[]> {
  const found = new Map<string, Ip[]>();
  for (const pod of pods) {
    if (pod.hostNetwork || pod.podIPs.length === 0 || isFinished(pod) || !names.has(pod.nodeName)) continue;
    const own = found.get(pod.nodeName);
    if (own === undefined) found.set(pod.nodeName, [...pod.podIPs]);
    else own.push(...pod.podIPs);
  }
  return found;
}

/** The addresses, all of one family, of the pods of a node. */
interface Wanted {
  readonly name: string;
  readonly ips: readonly Ip[];
}

interface Held extends Wanted {
  /** The longest prefix that holds them. */
  readonly hull: Cidr;
}

function rangesFor(
  wanted: readonly Wanted[],
  taken: readonly Cidr[],
  length: number,
  diagnostics: Diagnostic[],
): { readonly name: string; readonly range: Cidr }[] {
  const sound = wanted.map((one) => ({ ...one, hull: hullOf(one.ips) }));
  const ranges: { readonly name: string; readonly range: Cidr }[] = [];
  const torn: Held[] = [];
  const free = (range: Cidr, others: readonly Held[]): boolean =>
    !taken.some((one) => overlaps(one, range)) &&
    !ranges.some((one) => overlaps(one.range, range)) &&
    !others.some(({ hull }) => overlaps(hull, range));
  for (const one of sound) {
    const others = sound.filter((other) => other !== one && !torn.includes(other));
    const { hull, name } = one;
    let range: Cidr | undefined;
    for (let bits = Math.min(length, hull.length); bits <= hull.length && range === undefined; bits++) {
      const candidate = cidrOf(hull.base, bits);
      if (free(candidate, others)) range = candidate;
    }
    if (range === undefined) torn.push(one);
    else ranges.push({ name, range });
  }
  for (const one of torn) {
    const range = mostly(one.ips, length, (candidate) => free(candidate, []));
    if (range !== undefined) ranges.push({ name: one.name, range });
    diagnostics.push(interleaved(one, range, sound));
  }
  return ranges;
}

function hullOf(ips: readonly Ip[]): Cidr {
  const longest = typeof ips[0] === 'number' ? 32 : 128;
  const all = ips.map((ip) => cidrOf(ip, longest));
  // Never undefined: there is at least one.
  return coveringPrefix(all, longest) ?? cidrOf(ips[0] ?? 0, longest);
}

/** The free subnet of a length in which most of the addresses lie, of equals the first. */
function mostly(ips: readonly Ip[], length: number, free: (range: Cidr) => boolean): Cidr | undefined {
  const counts = new Map<Ip, number>();
  for (const ip of ips) {
    const { base } = cidrOf(ip, length);
    counts.set(base, (counts.get(base) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([base]) => cidrOf(base, length)).find(free);
}

function interleaved(one: Held, range: Cidr | undefined, all: readonly Held[]): Diagnostic {
  const other = all.find(({ name, hull }) => name !== one.name && overlaps(hull, one.hull));
  const among = other === undefined ? 'addresses of other nodes' : `those on Node ${other.name}`;
  const lost = one.ips.filter((ip) => range === undefined || !contains(range, ip)).map((ip) => formatIp(ip));
  const shown =
    lost.length > 3 ? `${lost.slice(0, 3).join(', ')} and ${lost.length - 3} more` : lost.join(', ');
  return {
    severity: 'warning',
    code: 'PW408',
    message: `the addresses of the pods on Node ${one.name} lie among ${among}, and flannel gives each node a range of its own: ${
      range === undefined ? 'no range is left for it' : `${formatCidr(range)} is assumed`
    }, and other nodes have no route to ${shown}`,
    fix: "state the nodes' spec.podCIDR, or correct the pods' status.podIP or spec.nodeName",
  };
}
