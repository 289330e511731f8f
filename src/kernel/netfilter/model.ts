import type { Cidr, Family, Ip } from '../../addr/index.ts';
import type { Origin } from '../origin.ts';

/**
 * iptables rules as values: what `iptables-save` prints, structured. Matches stand in the order in which they
 * are printed. The text form lives in formats/iptables-save.ts, the meaning in match.ts and target.ts.
 */

export const TABLE_NAMES = ['raw', 'mangle', 'nat', 'filter', 'security'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

export const HOOK_NAMES = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const;
export type HookName = (typeof HOOK_NAMES)[number];

/** The built-in chains of each table, in hook order, as iptables-save prints them. */
export const BUILTIN_CHAINS: Readonly<Record<TableName, readonly HookName[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

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
  | { readonly kind: 'conntrack'; readonly states: readonly CtState[]; readonly not: boolean }
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
  /** A match that is not modelled: its words as iptables-save prints them, `-m NAME` left out. */
  | { readonly kind: 'unknown'; readonly name: string; readonly text: string };

export type MatchKind = Match['kind'];

export const REJECT_TYPES = [
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-proto-unreachable',
  'icmp-port-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'icmp-admin-prohibited',
  'tcp-reset',
  'icmp6-no-route',
  'icmp6-adm-prohibited',
  'icmp6-addr-unreachable',
  'icmp6-port-unreachable',
] as const;
export type RejectType = (typeof REJECT_TYPES)[number];

/** The range of `--to-destination` or `--to-source`. */
export interface NatRange {
  readonly ip?: Ip;
  readonly lastIp?: Ip;
  readonly port?: number;
  readonly lastPort?: number;
}

export type Target =
  | { readonly kind: 'ACCEPT' | 'DROP' | 'RETURN' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'REJECT'; readonly with: RejectType }
  /** `--set-xmark value/mask`: clear the bits of mask, then xor value. */
  | { readonly kind: 'MARK'; readonly value: number; readonly mask: number }
  | {
      readonly kind: 'DNAT' | 'SNAT';
      readonly to: NatRange;
      readonly random: boolean;
      readonly randomFully: boolean;
      readonly persistent: boolean;
    }
  | {
      readonly kind: 'MASQUERADE';
      readonly toPorts?: PortRange;
      readonly random: boolean;
      readonly randomFully: boolean;
    }
  /** A rule without `-j`: it counts, and the walk goes on. */
  | { readonly kind: 'none' }
  /** A target that is not modelled: its words as iptables-save prints them, `-j NAME` left out. */
  | { readonly kind: 'unknown'; readonly name: string; readonly text: string };

export type TargetKind = Target['kind'];

export interface Rule {
  readonly src?: AddressMatch;
  readonly dst?: AddressMatch;
  readonly inInterface?: InterfaceMatch;
  readonly outInterface?: InterfaceMatch;
  readonly protocol?: ProtocolMatch;
  /** `-f`: second and further fragments. */
  readonly fragment?: { readonly not: boolean };
  readonly matches: readonly Match[];
  readonly target: Target;
  readonly origin: Origin;
}

export interface Chain {
  readonly name: string;
  /** Only built-in chains have a policy. */
  policy?: 'ACCEPT' | 'DROP';
  rules: Rule[];
  readonly origin: Origin;
}

export interface Table {
  readonly name: TableName;
  /** Built-in chains in hook order, then user chains in the order of creation. */
  readonly chains: Map<string, Chain>;
}

/** All tables of one family in one network namespace; a table exists from its first use on. */
export interface Ruleset {
  readonly family: Family;
  readonly tables: Map<TableName, Table>;
  /** Grows with every change, so that compiled chains know when they are stale. */
  generation: number;
}

export function emptyRuleset(family: Family): Ruleset {
  return { family, tables: new Map(), generation: 0 };
}

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmp6: 58, sctp: 132 } as const;
