import type { Ip, Mac } from '../addr/index.ts';
import { type IpPacket, TCP_FLAG } from '../wire/index.ts';
import type { Fraction } from './chance.ts';
import type { RealServer, VirtualServer } from './ipvs/model.ts';
import type { Netns, Route } from './model.ts';
import type { HookName, Rule, TableName } from './netfilter/model.ts';
import type { Origin } from './origin.ts';

/**
 * What the kernel tells whoever watches. Each packet carries the visit that it is on; a visit is its stay at
 * one device and knows the visit before it, so the way of a packet is read backwards from where it ended.
 */

/** Why a packet ended where it did. trace/step.ts lists the same codes for the outside world. */
export type EndReason =
  | 'NO_LISTENER'
  | 'REJECT_RULE'
  | 'DROP_RULE'
  | 'DROP_POLICY'
  | 'NO_ROUTE'
  | 'BLACKHOLE_ROUTE'
  | 'UNREACHABLE_ROUTE'
  | 'PROHIBIT_ROUTE'
  | 'NEIGHBOUR_UNREACHABLE'
  | 'NO_FDB_ENTRY'
  | 'WRONG_MAC'
  | 'TTL_EXCEEDED'
  | 'FRAG_NEEDED'
  | 'MTU_EXCEEDED'
  | 'RP_FILTER'
  | 'MARTIAN_SOURCE'
  | 'MARTIAN_DESTINATION'
  | 'FORWARDING_DISABLED'
  | 'HAIRPIN_DISABLED'
  | 'LINK_DOWN'
  | 'LOOP'
  | 'NO_SOCKET'
  | 'NO_REAL_SERVER'
  | 'UNSUPPORTED';

/** The headers of a packet at one moment. */
export interface PacketSnapshot {
  readonly protocol: string;
  readonly src: Ip;
  readonly dst: Ip;
  readonly sport?: number;
  readonly dport?: number;
  readonly ttl: number;
  readonly mark: number;
  readonly info?: string;
}

export interface MatchedRule {
  readonly chain: string;
  /** 1-based. */
  readonly number: number;
  readonly rule: Rule;
}

export type NfVerdict = 'ACCEPT' | 'DROP' | 'REJECT' | 'UNKNOWN';

/** IPVS dealt with a packet. */
export interface IpvsEvent {
  readonly type: 'ipvs';
  readonly hook: HookName;
  readonly priority: number;
  /**
   * How its server was found: the scheduler chose (`schedule`), a persistent client had one (`template`), the connection
   * was known (`connection`), there was none (`none`); or a server answered (`reply`), or an ICMP error was about the
   * connection (`error`).
   */
  readonly action: 'schedule' | 'template' | 'connection' | 'none' | 'reply' | 'error';
  readonly service: VirtualServer;
  readonly server: RealServer | undefined;
  /** Of the scheduler's choice. */
  readonly odds: Fraction;
}

export type KernelEvent =
  | IpvsEvent
  | { readonly type: 'originate'; readonly by: 'socket' | 'kernel'; readonly packet: PacketSnapshot }
  | { readonly type: 'receive'; readonly from: string; readonly packet: PacketSnapshot }
  | {
      readonly type: 'netfilter';
      readonly hook: HookName;
      readonly table: TableName;
      readonly priority: number;
      readonly evaluated: number;
      readonly matched: readonly MatchedRule[];
      readonly verdict: NfVerdict;
      readonly policy: boolean;
    }
  | { readonly type: 'choose'; readonly chain: string; readonly rule: number; readonly odds: Fraction }
  | {
      readonly type: 'nat';
      readonly manip: 'DNAT' | 'SNAT' | 'un-DNAT' | 'un-SNAT';
      readonly before: { readonly ip: Ip; readonly port?: number };
      readonly after: { readonly ip: Ip; readonly port?: number };
    }
  | { readonly type: 'conntrack'; readonly state: string }
  | {
      readonly type: 'route';
      readonly decision: 'local' | 'forward' | 'output' | 'reroute' | 'none';
      readonly route: Route | undefined;
      readonly source?: Ip;
    }
  | {
      readonly type: 'neighbour';
      readonly ip: Ip;
      readonly device: string;
      readonly mac: Mac | undefined;
      readonly state: string;
      readonly origin?: Origin;
    }
  | {
      readonly type: 'bridge';
      readonly bridge: string;
      readonly decision: 'forward' | 'flood' | 'local' | 'drop';
      readonly mac: Mac;
      readonly port: string | undefined;
    }
  | {
      readonly type: 'encapsulate' | 'decapsulate';
      readonly vni: number;
      readonly outerSrc: Ip;
      readonly outerDst: Ip;
      readonly sport: number;
      readonly dport: number;
    }
  | { readonly type: 'ttl'; readonly from: number; readonly to: number }
  | { readonly type: 'answer'; readonly what: string; readonly reason: EndReason }
  | { readonly type: 'note'; readonly code: string; readonly text: string }
  | { readonly type: 'transmit'; readonly device: string; readonly mac?: Mac }
  | { readonly type: 'deliver'; readonly to: string; readonly origin?: Origin }
  | {
      readonly type: 'drop';
      readonly reason: EndReason;
      readonly detail: string;
      readonly rule?: MatchedRule;
      readonly route?: Route;
      readonly origin?: Origin;
      /** The device that had taken it already. */
      readonly device?: string;
    };

/** A packet's stay at one device of one namespace. */
export interface Visit {
  readonly netns: Netns;
  /**
   * How often a hash was looked up for the packet where another ruleset would have had rules: elements of IP sets and of
   * lists of `-m recent`, connections and virtual servers of IPVS. Conntrack, routes and neighbours are not counted: they
   * are looked up whatever the rules say.
   */
  lookups: number;
  /** The device by which it entered; undefined when it was made here. */
  readonly in: string | undefined;
  out: string | undefined;
  /** Where the same packet was before. */
  readonly before: Visit | undefined;
  /** The visit of the packet to which this packet is an answer (reply, RST, ICMP error). */
  readonly cause: Visit | undefined;
  /** Why the kernel made this packet, for RSTs and ICMP errors. */
  readonly why?: EndReason;
  readonly events: KernelEvent[];
}

export function snapshot(packet: IpPacket, mark: number): PacketSnapshot {
  const { src, dst, ttl, transport } = packet;
  switch (transport.kind) {
    case 'tcp':
      return {
        protocol: 'tcp',
        src,
        dst,
        sport: transport.sport,
        dport: transport.dport,
        ttl,
        mark,
        info: FLAG_NAMES[transport.flags & 255] ?? '',
      };
    case 'udp':
      return { protocol: 'udp', src, dst, sport: transport.sport, dport: transport.dport, ttl, mark };
    case 'sctp':
      return {
        protocol: 'sctp',
        src,
        dst,
        sport: transport.sport,
        dport: transport.dport,
        ttl,
        mark,
        info: CHUNKS.get(transport.chunk) ?? 'DATA',
      };
    case 'icmp':
      return {
        protocol: 'icmp',
        src,
        dst,
        ttl,
        mark,
        info: transport.type === 8 ? 'echo request' : 'echo reply',
      };
    case 'icmp-error':
      return { protocol: 'icmp', src, dst, ttl, mark, info: icmpErrorName(transport.type, transport.code) };
    case 'other':
      return { protocol: `${transport.protocol}`, src, dst, ttl, mark };
  }
}

const CHUNKS: ReadonlyMap<number, string> = new Map([
  [1, 'INIT'],
  [2, 'INIT ACK'],
  [6, 'ABORT'],
]);

/** The names of each combination of flags: a snapshot is taken at every device. */
const FLAG_NAMES: readonly string[] = Array.from({ length: 256 }, (_, flags) =>
  Object.entries(TCP_FLAG)
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join(','),
);

const UNREACHABLE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'net unreachable'],
  [1, 'host unreachable'],
  [2, 'protocol unreachable'],
  [3, 'port unreachable'],
  [4, 'fragmentation needed'],
  [9, 'net prohibited'],
  [10, 'host prohibited'],
  [13, 'admin prohibited'],
]);

/** `host unreachable`, `time exceeded`: as tcpdump names them. */
export function icmpErrorName(type: number, code: number): string {
  return type === 11 ? 'time exceeded' : (UNREACHABLE_NAMES.get(code) ?? `unreachable code ${code}`);
}
