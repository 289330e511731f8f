/**
 * # resolver: what a program's getaddrinfo does, and dig
 *
 * Models the resolver of glibc 2.36 and of musl 1.2.3: which names a name becomes (`search`, `ndots`, a final dot), in
 * which order they are asked for, which nameserver is asked when, after which answer the search goes on, what the
 * program gets in the end, and in which order it gets the addresses. Beside it dig, which is a resolver of its own: it
 * searches only when told to, and takes any answer for one.
 *
 * Guarantees: every query is listed in the order in which it is sent; nothing here knows who answers (`Ask` is the
 * caller's: a function, or a packet that is walked). test/golden/resolver holds what the real libraries send and
 * return for over a hundred lookups.
 *
 * Leaves out: EDNS, TCP (`use-vc`, and truncated answers), short forms of addresses (`10.1`), `rotate`, the sorting rules
 * of RFC 6724 that compare scopes and labels, nsswitch.conf (always `files dns`), nscd and systemd-resolved.
 */
export {
  type DigEvent,
  type DigReceived,
  type DigSettings,
  type DigTransport,
  digNames,
  runDig,
} from './dig-client.ts';
export { getaddrinfo, type ResolverFiles } from './getaddrinfo.ts';
export type {
  AddressType,
  AnswerRecord,
  Ask,
  DnsQuestion,
  Libc,
  Lookup,
  LookupError,
  Reply,
  ResolverSettings,
  SentQuery,
} from './model.ts';
export { resolverSettings } from './settings.ts';
export { type SourceOf, sortAddresses } from './sort-addresses.ts';
