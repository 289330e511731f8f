import { type Cidr, cidrFamily, cidrOf, formatIp, nthIp, parseCidr, widthOf } from '../../addr/index.ts';

/**
 * The zones that a key of a Corefile stands for, lower case and with a final dot (plugin.Host.NormalizeExact): a name, or
 * a CIDR and its reverse zones, several where it ends inside a label. Undefined: neither.
 */
export function zonesOf(text: string): readonly string[] | undefined {
  if (text === '.' || text === '') return ['.'];
  const cidr = text.includes('/') ? parseCidr(text) : undefined;
  if (cidr !== undefined) return cidr.ok ? reverseZones(cidr.cidr) : undefined;
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name.length > 253 || !/^[a-z0-9_*-]{1,63}(\.[a-z0-9_*-]{1,63})*$/.test(name)) return undefined;
  return [`${name}.`];
}

/** A label of a reverse name holds 8 bits of an IPv4 address, 4 of an IPv6 address. */
function reverseZones(cidr: Cidr): string[] {
  const family = cidrFamily(cidr);
  const bits = family === 4 ? 8 : 4;
  const length = Math.ceil(cidr.length / bits) * bits;
  const step = 2 ** (widthOf(family) - length);
  const zones: string[] = [];
  for (let i = 0; i < 2 ** (length - cidr.length); i++) {
    const { base } = cidrOf(family === 4 ? nthIp(cidr, i * step) : nthIp6(cidr, i, length), length);
    const labels =
      family === 4 ? formatIp(base).split('.') : [...BigInt(base).toString(16).padStart(32, '0')];
    const kept = labels.slice(0, length / bits).reverse();
    zones.push(`${[...kept, family === 4 ? 'in-addr' : 'ip6', 'arpa'].join('.')}.`);
  }
  return zones;
}

/** nthIp counts addresses in a number; subnets of IPv6 are farther apart than that. */
function nthIp6({ base }: Cidr, i: number, length: number): bigint {
  return BigInt(base) + (BigInt(i) << BigInt(128 - length));
}
