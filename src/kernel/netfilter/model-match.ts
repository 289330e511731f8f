import type { Cidr, Ip, Mac } from '../../addr/index.ts';

/** The matches of a rule (`-m NAME`) as values. */

/** A prefix that may be negated: `! -s 10.244.0.0/16`. */
export interface AddressMatch {
  readonly cidr: Cidr;
  readonly not: boolean;
}

/** An interface name, `+` at its end matching any suffix. */
export interface InterfaceMatch {
  readonly name: string;
  readonly not: boolean;
}

/** A protocol by its IANA number. */
export interface ProtocolMatch {
  readonly number: number;
  readonly not: boolean;
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface PortMatch extends PortRange {
  readonly not: boolean;
}

/** Connection states and statuses of `-m conntrack --ctstate`, in the order iptables prints them. */
export const CT_STATES = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'] as const;
export type CtState = (typeof CT_STATES)[number];

export const ADDRESS_TYPES = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
] as const;
export type AddressType = (typeof ADDRESS_TYPES)[number];

export type SetFlag = 'src' | 'dst';

export const CT_STATUSES = ['EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'] as const;
export type CtStatus = (typeof CT_STATUSES)[number];

/** `-m conntrack`: every test that is present must hold. */
export interface ConntrackMatch {
  readonly kind: 'conntrack';
  /** `--ctstate`, negated by `not`; empty when the state is not tested. */
  readonly states: readonly CtState[];
  readonly not: boolean;
  readonly protocol?: ProtocolMatch;
  readonly origSrc?: CtAddress;
  readonly origDst?: CtAddress;
  readonly replSrc?: CtAddress;
  readonly replDst?: CtAddress;
  readonly origSrcPort?: PortMatch;
  readonly origDstPort?: PortMatch;
  readonly replSrcPort?: PortMatch;
  readonly replDstPort?: PortMatch;
  /** An empty list is `NONE`. */
  readonly status?: { readonly statuses: readonly CtStatus[]; readonly not: boolean };
  /** Seconds that the connection has left. */
  readonly expire?: PortMatch;
  readonly direction?: 'original' | 'reply';
}

/** An address of a connection's tuple; unlike `-s` it keeps the bits behind its mask. */
export interface CtAddress {
  readonly ip: Ip;
  readonly length: number;
  readonly not: boolean;
}

export const RATE_UNITS = { day: 86_400, hour: 3600, min: 60, sec: 1 } as const;
export type RateUnit = keyof typeof RATE_UNITS;

/** Packets in a unit of time. */
export interface Rate {
  readonly count: number;
  readonly per: RateUnit;
}

export const HASHLIMIT_MODES = ['srcip', 'srcport', 'dstip', 'dstport'] as const;
export type HashlimitMode = (typeof HASHLIMIT_MODES)[number];

/** `-m hashlimit` that counts packets: a bucket for each value of the fields in `mode`. */
export interface HashlimitMatch {
  readonly kind: 'hashlimit';
  readonly name: string;
  readonly rate: Rate;
  /** `--hashlimit-above`: matches what is over the limit. */
  readonly above: boolean;
  readonly burst: number;
  readonly mode: readonly HashlimitMode[];
  readonly size?: number;
  readonly max?: number;
  /** Milliseconds. */
  readonly gcInterval?: number;
  /** Milliseconds. */
  readonly expire?: number;
  readonly srcMask?: number;
  readonly dstMask?: number;
}

/** `-m ipvs`: of the virtual service that a packet's IPVS connection belongs to, every test that is present must hold. */
export interface IpvsMatch {
  readonly kind: 'ipvs';
  /** `--ipvs`: the packet belongs to an IPVS connection at all; without other tests only. */
  readonly ipvs?: { readonly not: boolean };
  readonly protocol?: ProtocolMatch;
  readonly address?: CtAddress;
  readonly port?: { readonly port: number; readonly not: boolean };
  readonly direction?: 'ORIGINAL' | 'REPLY';
  readonly method?: { readonly method: 'GATE' | 'IPIP' | 'MASQ'; readonly not: boolean };
  /** The port of the controlling connection, 21 for FTP. */
  readonly controlPort?: { readonly port: number; readonly not: boolean };
}

/** Addresses from `from` to `to`, both included. */
export interface IpRange {
  readonly from: Ip;
  readonly to: Ip;
  readonly not: boolean;
}

/** User or group ids. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
  readonly not: boolean;
}

export const PACKET_TYPES = ['unicast', 'broadcast', 'multicast', 'otherhost'] as const;
export type PacketType = (typeof PACKET_TYPES)[number];

export type Match =
  | { readonly kind: 'comment'; readonly text: string }
  | {
      readonly kind: 'tcp';
      readonly sport?: PortMatch;
      readonly dport?: PortMatch;
      /** `--tcp-flags mask comp` as flag bits (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32). */
      readonly flags?: { readonly mask: number; readonly comp: number; readonly not: boolean };
    }
  | { readonly kind: 'udp' | 'sctp'; readonly sport?: PortMatch; readonly dport?: PortMatch }
  | {
      readonly kind: 'icmp' | 'icmp6';
      /** 255 is "any". */
      readonly type: number;
      /** Undefined: every code. */
      readonly code?: number;
      readonly not: boolean;
    }
  | {
      readonly kind: 'mark' | 'connmark';
      readonly value: number;
      readonly mask: number;
      readonly not: boolean;
    }
  | ConntrackMatch
  | { readonly kind: 'state'; readonly states: readonly CtState[]; readonly not: boolean }
  | {
      readonly kind: 'addrtype';
      readonly src?: { readonly types: readonly AddressType[]; readonly not: boolean };
      readonly dst?: { readonly types: readonly AddressType[]; readonly not: boolean };
      readonly limitIface?: 'in' | 'out';
    }
  | {
      readonly kind: 'statistic';
      readonly mode: 'random';
      /** The kernel's threshold: probability = threshold / 2^31. */
      readonly threshold: number;
      readonly not: boolean;
    }
  | {
      readonly kind: 'statistic';
      readonly mode: 'nth';
      readonly every: number;
      readonly packet: number;
      readonly not: boolean;
    }
  | {
      readonly kind: 'recent';
      readonly mode: 'set' | 'rcheck' | 'update' | 'remove';
      readonly not: boolean;
      readonly seconds?: number;
      readonly reap: boolean;
      readonly hitcount?: number;
      readonly name: string;
      readonly mask: Ip;
      readonly side: 'rsource' | 'rdest';
    }
  | { readonly kind: 'set'; readonly set: string; readonly flags: readonly SetFlag[]; readonly not: boolean }
  | {
      readonly kind: 'physdev';
      readonly in?: InterfaceMatch;
      readonly out?: InterfaceMatch;
      /** `--physdev-is-in`, `--physdev-is-out`, `--physdev-is-bridged`: present when tested, `not` when negated. */
      readonly isIn?: { readonly not: boolean };
      readonly isOut?: { readonly not: boolean };
      readonly isBridged?: { readonly not: boolean };
    }
  | {
      readonly kind: 'multiport';
      readonly side: 'sports' | 'dports' | 'ports';
      readonly ports: readonly PortRange[];
      readonly not: boolean;
    }
  | { readonly kind: 'nfacct'; readonly name: string }
  | {
      readonly kind: 'limit';
      readonly rate: Rate;
      /** Packets that a fresh bucket lets through. */
      readonly burst: number;
    }
  | HashlimitMatch
  | IpvsMatch
  | { readonly kind: 'iprange'; readonly src?: IpRange; readonly dst?: IpRange }
  | {
      readonly kind: 'owner';
      readonly socketExists?: { readonly not: boolean };
      readonly uid?: IdRange;
      readonly gid?: IdRange;
      /** `--suppl-groups`: the gid may also be one of the process' other groups. */
      readonly supplementary: boolean;
    }
  | { readonly kind: 'mac'; readonly mac: Mac; readonly not: boolean }
  | { readonly kind: 'length'; readonly from: number; readonly to: number; readonly not: boolean }
  | {
      /** `ttl` of IPv4, `hl` (hop limit) of IPv6; only `eq` can be negated. */
      readonly kind: 'ttl' | 'hl';
      readonly test: 'eq' | 'lt' | 'gt';
      readonly value: number;
      readonly not: boolean;
    }
  | { readonly kind: 'pkttype'; readonly type: PacketType; readonly not: boolean }
  | { readonly kind: 'dscp'; readonly value: number; readonly not: boolean }
  | { readonly kind: 'tos'; readonly value: number; readonly mask: number; readonly not: boolean }
  /** A match that is not modelled: its words as iptables-save prints them, `-m NAME` left out. */
  | { readonly kind: 'unknown'; readonly name: string; readonly text: string };

export type MatchKind = Match['kind'];
