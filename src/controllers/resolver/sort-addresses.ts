import type { Ip } from '../../addr/index.ts';
import type { Libc } from './model.ts';

/** The address that the kernel would send from, and the length of its prefix; undefined: there is no way there. */
export type SourceOf = (destination: Ip) => { readonly ip: Ip; readonly length: number } | undefined;

/**
 * Addresses in the groups in which getaddrinfo gives them (RFC 6724): first the group that is tried first; inside a
 * group the order is that of the answer. What cannot be reached comes last, IPv6 before IPv4. glibc's rule 9 for IPv4
 * puts addresses of the sender's own subnet first, the longer common prefix before the shorter; musl sorts only where
 * there is an IPv6 address too, and then without regard to subnets.
 *
 * Leaves out: rules 2 to 8, which nothing here can make differ but by address family.
 */
export function sortAddresses(
  addresses: readonly Ip[],
  libc: Libc,
  sourceOf: SourceOf,
): readonly (readonly Ip[])[] {
  const v4Only = addresses.every((ip) => typeof ip === 'number');
  const groups = new Map<number, Ip[]>();
  for (const ip of addresses) {
    const key = libc === 'musl' && v4Only ? 0 : rank(ip, libc, sourceOf(ip));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [ip]);
    else group.push(ip);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}

/** More is better: reachable, then family, then the common prefix. */
function rank(ip: Ip, libc: Libc, source: ReturnType<SourceOf>): number {
  const usable = source === undefined ? 0 : 1000;
  const family = typeof ip === 'bigint' ? 500 : 0;
  return usable + family + (source === undefined ? 0 : commonPrefix(ip, source, libc));
}

/** rfc3484_sort of glibc: outside of subnets, common prefixes of IPv4 addresses make no sense. */
function commonPrefix(ip: Ip, source: { readonly ip: Ip; readonly length: number }, libc: Libc): number {
  if (typeof ip === 'number' && typeof source.ip === 'number') {
    const bits = Math.clz32(ip ^ source.ip);
    return libc === 'musl' || bits >= source.length ? bits : 0;
  }
  if (typeof ip === 'number' || typeof source.ip === 'number') return 0;
  const different = ip ^ source.ip;
  return 128 - (different === 0n ? 0 : different.toString(2).length);
}
