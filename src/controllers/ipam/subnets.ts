import type { IPv4CidrRange, IPv6CidrRange } from 'ip-num';
import { type Cidr, cidrOf, contains, containsCidr, type Ip, lastIp, overlaps } from '../../addr/index.ts';
import { ipNumLibrary } from './ip-num-library.ts';

/** Hands out subnets of one length from a network; what is taken is never given again. */
export interface SubnetPool {
  /** The first free one from the n-th on (n counted from 1), wrapping round; undefined when all are taken. */
  readonly take: (n: number) => Cidr | undefined;
}

export interface SubnetPlan {
  readonly network: Cidr;
  /** Prefix length of the subnets. */
  readonly length: number;
  /** Flannel's SubnetMin and SubnetMax: the first and last subnet to give; default the second and the last. */
  readonly min?: Ip;
  readonly max?: Ip;
}

/**
 * A pool over a plan, some of which `taken` already. Subnets before the second are not given out: flannel's
 * SubnetMin starts there, and so does the count of nodes from 1.
 */
export function subnetPool(plan: SubnetPlan, taken: readonly Cidr[]): SubnetPool {
  const subnets = subnetsOf(plan.network, plan.length);
  // Taken prefixes of exactly the pool's length are looked up; only others have to be compared one by one.
  const exact = new Set(taken.filter((t) => t.length === plan.length).map((t) => t.base));
  const odd = taken.filter((t) => t.length !== plan.length);
  const min = plan.min;
  const max = plan.max;
  const allowed = (subnet: Cidr, n: number): boolean =>
    (min === undefined ? n >= 1 : subnet.base >= min) &&
    (max === undefined || subnet.base <= max) &&
    !exact.has(subnet.base) &&
    !odd.some((t) => overlaps(t, subnet));
  const search = (from: number, to: number): Cidr | undefined => {
    for (let n = from; n < to; n++) {
      const subnet = subnets.nth(n);
      if (subnet === undefined) return undefined;
      if (!allowed(subnet, n)) continue;
      exact.add(subnet.base);
      return subnet;
    }
    return undefined;
  };
  const start = min === undefined ? 1 : indexOf(plan, min);
  return {
    take: (n) => search(start - 1 + n, Number.POSITIVE_INFINITY) ?? search(start, start - 1 + n),
  };
}

function indexOf(plan: SubnetPlan, ip: Ip): number {
  const width = typeof ip === 'number' ? 32 : 128;
  const offset = contains(plan.network, ip) ? BigInt(ip) - BigInt(plan.network.base) : 0n;
  return Number(offset >> BigInt(width - plan.length));
}

/** The subnets of a network one after the other, cut by ip-num as far as they are asked for. */
function subnetsOf(network: Cidr, length: number): { readonly nth: (n: number) => Cidr | undefined } {
  const cut: Cidr[] = [];
  let range: IPv4CidrRange | IPv6CidrRange | undefined;
  return {
    nth: (n) => {
      if (cut.length === 0) range = firstRange(network, length);
      while (cut.length <= n && range !== undefined) {
        const value = range.getFirst().getValue();
        const subnet: Cidr = { base: typeof network.base === 'number' ? Number(value) : value, length };
        if (!containsCidr(network, subnet)) {
          range = undefined;
          break;
        }
        cut.push(subnet);
        range = range.hasNextRange() ? range.nextRange() : undefined;
      }
      return cut[n];
    },
  };
}

function firstRange(network: Cidr, length: number): IPv4CidrRange | IPv6CidrRange | undefined {
  if (length < network.length) return undefined;
  const { IPv4, IPv4CidrRange, IPv4Prefix, IPv6, IPv6CidrRange, IPv6Prefix } = ipNumLibrary();
  return typeof network.base === 'number'
    ? new IPv4CidrRange(new IPv4(BigInt(network.base)), new IPv4Prefix(BigInt(length)))
    : new IPv6CidrRange(new IPv6(network.base), new IPv6Prefix(BigInt(length)));
}

/** The smallest prefix that holds all of them, at most `longest` bits long; undefined without any. */
export function coveringPrefix(cidrs: readonly Cidr[], longest: number): Cidr | undefined {
  const first = cidrs[0];
  if (first === undefined) return undefined;
  const v4 = typeof first.base === 'number';
  let length = Math.min(longest, ...cidrs.map((c) => c.length));
  while (length > 0) {
    const candidate = cidrOf(first.base, length);
    if (cidrs.every((c) => containsCidr(candidate, c) && lastIp(c) <= lastIp(candidate))) return candidate;
    length--;
  }
  return { base: v4 ? 0 : 0n, length: 0 };
}
