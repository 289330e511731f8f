export interface DnsQuestion {
  /** Fully qualified; dots inside a label and bytes that are no text are escaped with a backslash. */
  readonly name: string;
  /** `A`, `SRV`, `TYPE65535`. */
  readonly type: string;
  /** 1: IN. */
  readonly class: number;
  /** The whole question as it came; emitted instead of the rest. */
  readonly bytes?: Uint8Array;
}

/** A record of class IN. */
export interface DnsResource {
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
  readonly type: string;
  /** As dig prints it; a TXT record's text is without quotes. */
  readonly data: string;
}

/** The OPT record. */
export interface Edns {
  /** The longest UDP payload that the sender takes. */
  readonly udpSize: number;
  /** 0 is the only one there is. */
  readonly version: number;
  /** DO: the sender takes DNSSEC records (RFC 3225). */
  readonly dnssecOk?: boolean;
  readonly options?: readonly EdnsOption[];
}

/** An option of the OPT record (RFC 6891 section 6.1.2). */
export interface EdnsOption {
  /** 10: COOKIE. */
  readonly code: number;
  /** Hexadecimal. */
  readonly data: string;
}

export interface DnsMessage {
  readonly id: number;
  readonly response: boolean;
  /** 0: QUERY. */
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  /** AD and CD (RFC 4035); absent: not set. */
  readonly authenticData?: boolean;
  readonly checkingDisabled?: boolean;
  /** The upper bits are in the OPT record. */
  readonly rcode: number;
  /** A message that could not be read is answered without one. */
  readonly question?: DnsQuestion;
  readonly answer: readonly DnsResource[];
  readonly authority: readonly DnsResource[];
  readonly additional: readonly DnsResource[];
  readonly edns?: Edns;
}
