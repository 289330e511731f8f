/**
 * # wire/dns: DNS messages as values
 *
 * Models a DNS message (RFC 1035, with the OPT record of RFC 6891): one question, records in the text in which dig
 * prints them. The bytes of names and records are the work of the library dns-packet, which is loaded when the first
 * message needs it: nobody else should pay for it.
 *
 * Guarantees: `parseDns` never throws, and gives undefined for bytes that are no message; what was emitted is parsed
 * back to the same value; a question that came as bytes goes back as the same bytes.
 *
 * Names are written out in full, as CoreDNS writes them, unless a message is too long for its reader (`fitDns`).
 *
 * Leaves out: several questions, the data of types that no cluster has (kept as hexadecimal text, RFC 3597).
 */
export { checkDnsName, type DnsCheck } from './dns-name.ts';
export { emitDns } from './emit-dns.ts';
export { fitDns } from './fit-dns.ts';
export type { DnsMessage, DnsQuestion, DnsResource, Edns, EdnsOption } from './message.ts';
export { type DnsHeader, parseDns, parseDnsHeader } from './parse-dns.ts';
