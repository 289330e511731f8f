import type { Libc, LookupError } from '../../controllers/resolver/index.ts';
import type { FlowEnd, Trace } from '../model.ts';

/** How a program's getaddrinfo turned a name into addresses, as plain JSON values (docs/trace-schema.md). */
export interface Resolution {
  readonly apiVersion: 'podwalk/v1';
  readonly kind: 'Resolution';
  /** As it was asked for. */
  readonly name: string;
  readonly source: FlowEnd;
  readonly libc: Libc;
  readonly resolver: ResolverView;
  /** Where the answer came from; `literal`: the name is an address. */
  readonly from: 'literal' | 'hosts' | 'dns' | 'nowhere';
  /** The full names that were asked for, in order. */
  readonly names: readonly string[];
  /** In the order in which they were sent. */
  readonly queries: readonly QueryView[];
  /** In the order in which the program gets them. */
  readonly addresses: readonly string[];
  /** How many of the addresses, from the front, may be the first: the server's answers come in any order. */
  readonly first: number;
  readonly canonicalName?: string;
  /** The aliases on the way to the addresses, or to where there are none. */
  readonly aliases?: readonly string[];
  readonly error?: LookupError;
  /** Why there is no address, where there is none. */
  readonly explanation?: string;
  readonly fix?: string;
  /** Seconds that the program waits for answers that do not come. */
  readonly waited: number;
}

/** The resolver's settings, as its libc reads them. */
export interface ResolverView {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  readonly timeout: number;
  readonly attempts: number;
  /** Options that are no numbers. */
  readonly options: readonly string[];
  /** The pod's dnsPolicy, and what it comes to where that is another. */
  readonly policy: string;
}

export interface QueryView {
  /** Fully qualified. */
  readonly name: string;
  readonly type: 'A' | 'AAAA';
  readonly server: string;
  /** Null: no answer came. */
  readonly rcode: string | null;
  readonly answer: readonly {
    readonly name: string;
    readonly ttl: number;
    readonly type: string;
    readonly data: string;
  }[];
  /** Who answered; absent where the query was not walked. */
  readonly by?: string;
  /** Why there is no such name or record, or no answer. */
  readonly reason?: string;
  /** The answer did not fit one datagram: glibc asked again over TCP, and this is what came. */
  readonly truncated?: boolean;
  /** The query as a packet, with `walk`. */
  readonly trace?: Trace;
}
