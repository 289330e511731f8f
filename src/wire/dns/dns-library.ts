import { createRequire } from 'node:module';
import type * as DnsPacket from 'dns-packet';

let library: typeof DnsPacket | undefined;

/** The `dns-packet` package, loaded with the first message. `require` because loading must stay synchronous. */
export function dnsLibrary(): typeof DnsPacket {
  library ??= createRequire(import.meta.url)('dns-packet') as typeof DnsPacket;
  return library;
}

/** Types that the library knows by number only. */
const NAMED: Readonly<Record<string, string>> = {
  UNKNOWN_64: 'SVCB',
  UNKNOWN_65: 'HTTPS',
  UNKNOWN_99: 'SPF',
};
const NUMBERED = new Map(Object.entries(NAMED).map(([number, name]) => [name, number]));

/** A type as the library calls it, as dig does (RFC 3597: TYPE65280). */
export function typeFromLibrary(type: string): string {
  return NAMED[type] ?? type.replace(/^UNKNOWN_/, 'TYPE');
}

export function typeForLibrary(type: string): DnsPacket.RecordType {
  return (NUMBERED.get(type) ?? type.replace(/^TYPE(?=\d)/, 'UNKNOWN_')) as DnsPacket.RecordType;
}
