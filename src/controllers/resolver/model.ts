import type { Ip } from '../../addr/index.ts';

/** Whose getaddrinfo: glibc 2.36 (Debian 12) or musl 1.2.3 (Alpine 3.17), both measured. */
export type Libc = 'glibc' | 'musl';

export type AddressType = 'A' | 'AAAA';

/** A record of an answer, as far as a resolver looks at it. */
export interface AnswerRecord {
  /** Fully qualified. */
  readonly name: string;
  readonly type: string;
  /** An address, or for a CNAME the name it leads to. */
  readonly data: string;
}

export interface DnsQuestion {
  /** The nameserver, as resolv.conf writes it. */
  readonly server: string;
  /** Fully qualified, with its final dot. */
  readonly name: string;
  readonly type: AddressType;
}

/**
 * What a query came to. `silence`: nothing came back before the timeout; `closed`: an ICMP error said that nobody
 * listens, which glibc notices and musl does not.
 */
export type Reply =
  | { readonly kind: 'answer'; readonly rcode: string; readonly records: readonly AnswerRecord[] }
  | { readonly kind: 'silence' }
  | { readonly kind: 'closed' };

/** A query that was sent, and what came of it. `R` may carry more than the resolver looks at. */
export interface SentQuery<R extends Reply = Reply> extends DnsQuestion {
  readonly reply: R;
}

/** The nameservers as a resolver meets them. */
export type Ask<R extends Reply = Reply> = (question: DnsQuestion) => R;

/** What resolv.conf comes to for a libc. */
export interface ResolverSettings {
  /** At most three; 127.0.0.1 where the file names none. */
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  /** Seconds. */
  readonly timeout: number;
  readonly attempts: number;
  /** Options without a number: `rotate`, `single-request`. */
  readonly flags: ReadonlySet<string>;
}

/** The errors of getaddrinfo(3) that a lookup can end with. */
export type LookupError = 'EAI_NONAME' | 'EAI_NODATA' | 'EAI_AGAIN' | 'EAI_FAIL';

/** What getaddrinfo gave. */
export interface Lookup<R extends Reply = Reply> {
  /** In the order in which they were sent. */
  readonly queries: readonly SentQuery<R>[];
  /** Where the answer came from; `literal`: the name was an address. */
  readonly from: 'literal' | 'hosts' | 'dns' | 'nowhere';
  /** In the order of the answer: not yet sorted. */
  readonly addresses: readonly Ip[];
  readonly canonicalName?: string;
  readonly error?: LookupError;
  /** Seconds spent waiting for answers that did not come. */
  readonly waited: number;
}
