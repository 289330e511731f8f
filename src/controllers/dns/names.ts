import { type Ip, parseIpv4, parseIpv6 } from '../../addr/index.ts';

/** Domain names as CoreDNS and miekg/dns treat them: texts whose final dot says that they are whole. */

export function fqdn(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

/** Labels from left to right (dns.SplitDomainName); the root has none. */
export function labelsOf(name: string): string[] {
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  return bare === '' ? [] : bare.split('.');
}

/** The labels of a name before its zone, counted from the right (dnsutil.TrimZone). */
export function labelsBefore(name: string, zone: string): string[] {
  const labels = labelsOf(name);
  return labels.slice(0, Math.max(0, labels.length - labelsOf(zone).length));
}

/** Whether a name is the zone or below it (dns.IsSubDomain). */
export function isWithin(name: string, zone: string): boolean {
  if (zone === '.') return true;
  const child = name.toLowerCase();
  const parent = zone.toLowerCase();
  return child === parent || child.endsWith(`.${parent}`);
}

export function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

const REVERSE_V4 = '.in-addr.arpa.';
const REVERSE_V6 = '.ip6.arpa.';

/** dnsutil.IsReverse. */
export function isReverse(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.endsWith(REVERSE_V4) || lower.endsWith(REVERSE_V6);
}

/** The address that a name below in-addr.arpa or ip6.arpa stands for (dnsutil.ExtractAddressFromReverse). */
export function addressOfReverse(name: string): Ip | undefined {
  const lower = name.toLowerCase();
  if (lower.endsWith(REVERSE_V4))
    return parseIpv4(lower.slice(0, -REVERSE_V4.length).split('.').reverse().join('.'));
  if (!lower.endsWith(REVERSE_V6)) return undefined;
  const nibbles = lower.slice(0, -REVERSE_V6.length).split('.').reverse();
  if (nibbles.length !== 32) return undefined;
  return parseIpv6(nibbles.join('').replace(/(.{4})(?!$)/g, '$1:'));
}
