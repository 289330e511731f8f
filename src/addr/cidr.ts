import { type Family, familyOf, formatIp, type Ip, type Ipv4, type Ipv6, parseIp, widthOf } from './ip.ts';

/** A prefix: `base` has no bits set beyond `length`. */
export interface Cidr {
  readonly base: Ip;
  readonly length: number;
}

/** Why a text is not a CIDR, in the words of Go's net.ParseCIDR plus what would mend it. */
export type CidrResult =
  | { readonly ok: true; readonly cidr: Cidr; readonly ip: Ip }
  | { readonly ok: false; readonly error: string; readonly fix?: string };

const MASK4: readonly number[] = Array.from({ length: 33 }, (_, n) =>
  n === 0 ? 0 : (0xffffffff << (32 - n)) >>> 0,
);
const ALL6 = (1n << 128n) - 1n;
const MASK6: readonly bigint[] = Array.from({ length: 129 }, (_, n) => ALL6 ^ ((1n << BigInt(128 - n)) - 1n));

/** The netmask of an IPv4 prefix length as a 32-bit number. */
export function mask4(length: number): Ipv4 {
  return MASK4[length] as Ipv4;
}

/** The netmask of an IPv6 prefix length. */
export function mask6(length: number): Ipv6 {
  return MASK6[length] as Ipv6;
}

/** Clears the bits of `ip` beyond `length`. */
export function maskIp(ip: Ip, length: number): Ip {
  return typeof ip === 'number' ? (ip & mask4(length)) >>> 0 : ip & mask6(length);
}

/** The prefix of `length` bits that holds `ip` (host bits are cleared). */
export function cidrOf(ip: Ip, length: number): Cidr {
  return { base: maskIp(ip, length), length };
}

/** The /32 or /128 of one address. */
export function hostCidr(ip: Ip): Cidr {
  return { base: ip, length: widthOf(familyOf(ip)) };
}

export function cidrFamily(cidr: Cidr): Family {
  return familyOf(cidr.base);
}

/**
 * Parses `address/length`. Host bits are allowed and reported through `ip`; `parseCidr` refuses them.
 */
export function parseInterfaceCidr(text: string): CidrResult {
  const slash = text.indexOf('/');
  if (slash < 0) {
    const ip = parseIp(text);
    if (ip === undefined) return { ok: false, error: `invalid CIDR address: ${text}` };
    return {
      ok: false,
      error: `invalid CIDR address: ${text}`,
      fix: `write ${text}/${widthOf(familyOf(ip))}`,
    };
  }
  const ip = parseIp(text.slice(0, slash));
  if (ip === undefined) return { ok: false, error: `invalid CIDR address: ${text}` };
  const digits = text.slice(slash + 1);
  const width = widthOf(familyOf(ip));
  if (!/^(0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > width) {
    return { ok: false, error: `invalid CIDR address: ${text}`, fix: `the prefix length is 0 to ${width}` };
  }
  return { ok: true, cidr: cidrOf(ip, Number(digits)), ip };
}

/** Parses a prefix strictly: no host bits. */
export function parseCidr(text: string): CidrResult {
  const parsed = parseInterfaceCidr(text);
  if (!parsed.ok || parsed.ip === parsed.cidr.base) return parsed;
  return {
    ok: false,
    error: `${text} has host bits set`,
    fix: `for a prefix length of ${parsed.cidr.length} the network address is ${formatCidr(parsed.cidr)}`,
  };
}

/** Parses a literal that is known to be right (tests, defaults); throws on a mistake of ours. */
export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.cidr;
}

/** Parses a literal address that is known to be right; throws on a mistake of ours. */
export function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`invalid IP address: ${text}`);
  return parsed;
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIp(cidr.base)}/${cidr.length}`;
}

/** Whether the prefix holds the address; never across families. */
export function contains(cidr: Cidr, ip: Ip): boolean {
  if (typeof ip === 'number') {
    return typeof cidr.base === 'number' && (ip & mask4(cidr.length)) >>> 0 === cidr.base;
  }
  return typeof cidr.base === 'bigint' && (ip & mask6(cidr.length)) === cidr.base;
}

/** Whether `outer` holds every address of `inner`. */
export function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return outer.length <= inner.length && contains(outer, inner.base);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return containsCidr(a, b) || containsCidr(b, a);
}

/** The last address of a prefix: for IPv4 its broadcast address. */
export function lastIp(cidr: Cidr): Ip {
  return typeof cidr.base === 'number'
    ? (cidr.base | ~mask4(cidr.length)) >>> 0
    : cidr.base | (ALL6 ^ mask6(cidr.length));
}

/** `base + n`; the caller keeps it inside the prefix. */
export function nthIp(cidr: Cidr, n: number): Ip {
  return typeof cidr.base === 'number' ? (cidr.base + n) >>> 0 : cidr.base + BigInt(n);
}

export function sameCidr(a: Cidr, b: Cidr): boolean {
  return a.length === b.length && a.base === b.base;
}
