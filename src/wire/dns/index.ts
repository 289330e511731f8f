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
 * Leaves out: compression of names when emitting (CoreDNS does without unless a message is too long), several questions,
 * the data of types that no cluster has (kept as hexadecimal text, RFC 3597).
 */
export { checkDnsName, type DnsCheck } from './dns-name.ts';
export { emitDns, fitDns } from './emit-dns.ts';
export type { DnsMessage, DnsQuestion, DnsResource, Edns, EdnsOption } from './message.ts';
export { type DnsHeader, parseDns, parseDnsHeader } from './parse-dns.ts';
