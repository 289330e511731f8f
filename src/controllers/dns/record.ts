import type { Origin } from '../../kernel/index.ts';

export type DnsRecordType = 'A' | 'AAAA' | 'CNAME' | 'SRV' | 'PTR' | 'SOA' | 'NS' | 'TXT' | 'HINFO';

export interface DnsRecord {
  /** Fully qualified, in the case in which it was asked. */
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
  readonly type: DnsRecordType;
  /** As dig prints it: `0 50 80 web.default.svc.cluster.local.`; names in it are fully qualified, texts are quoted. */
  readonly data: string;
  readonly origin?: Origin;
}

export type Rcode = 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'FORMERR' | 'NOTIMP';

export interface DnsAnswer {
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  readonly answer: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  /** CoreDNS' own, though not of a zone of its. */
  readonly own?: boolean;
  /** Bits of the header that are set or cleared whatever they would be. */
  readonly bits?: { readonly aa?: boolean; readonly ra?: boolean; readonly rd?: boolean };
  /** Why there is no such name, or no such record, and what may have been meant. */
  readonly reason?: string;
}

export interface DnsQuery {
  /** A domain name; it is taken as fully qualified, with a final dot or without. */
  readonly name: string;
  /** `A`, `SRV`, ...; in capitals. Types that nothing has are answered as such. */
  readonly type: string;
}
