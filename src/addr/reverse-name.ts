import { formatIp, type Ip } from './ip.ts';

/** The name of an address's PTR records, as `dig -x` asks for it (RFC 1035 section 3.5, RFC 3596 section 2.5). */
export function reverseNameOf(ip: Ip): string {
  if (typeof ip === 'number') return `${formatIp(ip).split('.').reverse().join('.')}.in-addr.arpa.`;
  const nibbles = ip.toString(16).padStart(32, '0');
  return `${[...nibbles].reverse().join('.')}.ip6.arpa.`;
}
