import type { Cidr, Ip } from '../../addr/index.ts';
import type { PortRange, SetFlag } from './model-match.ts';

/** The targets of a rule (`-j NAME`) as values. */

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
  /** `80-90/8000`: the port that the first of the range stands for; others keep their distance. */
  readonly basePort?: number;
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
  /** The packet goes to this host: the device it came in by, or 127.0.0.1 in OUTPUT. */
  | { readonly kind: 'REDIRECT'; readonly toPorts?: PortRange; readonly random: boolean }
  /** The network part of the address is replaced, the host part stays. */
  | { readonly kind: 'NETMAP'; readonly to: Cidr }
  | ConnmarkTarget
  /** The packet is not tracked; the older name of `CT --notrack`. */
  | { readonly kind: 'NOTRACK' }
  | CtTarget
  | LogTarget
  | {
      readonly kind: 'NFLOG';
      readonly prefix?: string;
      readonly group: number;
      readonly size?: number;
      readonly threshold?: number;
    }
  | { readonly kind: 'TRACE' }
  /** `set` clamps the MSS to a number; undefined: to the path MTU. */
  | { readonly kind: 'TCPMSS'; readonly set?: number }
  | { readonly kind: 'DSCP'; readonly value: number }
  /** `--set-tos value/mask`: clear the bits of mask, then xor value. */
  | { readonly kind: 'TOS'; readonly value: number; readonly mask: number }
  | { readonly kind: 'TTL'; readonly action: 'set' | 'dec' | 'inc'; readonly value: number }
  | { readonly kind: 'CHECKSUM' }
  | { readonly kind: 'CLASSIFY'; readonly major: number; readonly minor: number }
  | SetTarget
  /** A rule without `-j`: it counts, and the walk goes on. */
  | { readonly kind: 'none' }
  /** A target that is not modelled: its words as iptables-save prints them, `-j NAME` left out. */
  | { readonly kind: 'unknown'; readonly name: string; readonly text: string };

export type TargetKind = Target['kind'];

/** `set`: clear the bits of mask, then xor value. `save` copies the packet's mark to its connection, `restore` back. */
export type ConnmarkTarget =
  | { readonly kind: 'CONNMARK'; readonly action: 'set'; readonly value: number; readonly mask: number }
  | {
      readonly kind: 'CONNMARK';
      readonly action: 'save' | 'restore';
      readonly nfMask: number;
      readonly ctMask: number;
    };

export const CT_EVENTS = [
  'new',
  'related',
  'destroy',
  'reply',
  'assured',
  'protoinfo',
  'helper',
  'mark',
  'natseqinfo',
  'secmark',
] as const;
export type CtEvent = (typeof CT_EVENTS)[number];

/** What connection tracking is told about a packet before it looks at it. */
export interface CtTarget {
  readonly kind: 'CT';
  readonly notrack: boolean;
  readonly helper?: string;
  readonly events: readonly CtEvent[];
  readonly expectEvents: readonly CtEvent[];
  /** `mark`: the packet's mark is the zone. */
  readonly zone?: { readonly direction: 'both' | 'orig' | 'reply'; readonly id: number | 'mark' };
}

export const LOG_FLAGS = ['tcp-sequence', 'tcp-options', 'ip-options', 'uid', 'macdecode'] as const;
export type LogFlag = (typeof LOG_FLAGS)[number];

export interface LogTarget {
  readonly kind: 'LOG';
  readonly prefix?: string;
  /** syslog's severity; 4 is warning, the default. */
  readonly level: number;
  readonly flags: readonly LogFlag[];
}

/** A set and what of the packet goes into it. */
export interface SetReference {
  readonly set: string;
  readonly flags: readonly SetFlag[];
}

export interface SetTarget {
  readonly kind: 'SET';
  readonly add?: SetReference;
  readonly del?: SetReference;
  /** Renew the timeout of an entry that is there. */
  readonly exist: boolean;
  readonly timeout?: number;
}
