/**
 * A trace as plain JSON values: the contract of `podwalk trace -o json`. Other fields may be added, these
 * stay. docs/trace-schema.md explains every field; grammar.ts checks what the types cannot say.
 */

import type { Diagnosis } from './diagnosis.ts';

export type TraceProtocol = 'tcp' | 'udp' | 'sctp' | 'icmp';

/** What the client program would see. */
export type Verdict = 'delivered' | 'refused' | 'timeout' | 'unreachable' | 'denied' | 'unknown';

/** Why a path ended as it did; a closed list. */
export type Reason =
  | 'OK'
  | 'NO_LISTENER'
  | 'REJECT_RULE'
  | 'DROP_RULE'
  | 'DROP_POLICY'
  | 'POLICY'
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
  | 'LEFT_CLUSTER'
  | 'LOOP'
  | 'REPLY_LOST'
  | 'REPLY_FROM_WRONG_ADDRESS'
  | 'NO_REAL_SERVER'
  | 'UNSUPPORTED';

/** One end of a flow. */
export interface FlowEnd {
  readonly kind: 'pod' | 'node' | 'external' | 'service' | 'ip';
  readonly namespace?: string;
  readonly name?: string;
  readonly node?: string;
  readonly ip?: string;
  readonly port?: number;
}

export interface Flow {
  readonly protocol: TraceProtocol;
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
}

export interface AddressPort {
  readonly ip: string;
  readonly port?: number;
}

/** Who answered. */
export interface Endpoint {
  readonly namespace?: string;
  readonly pod?: string;
  readonly node?: string;
  /** A host outside the cluster. */
  readonly host?: string;
  readonly ip: string;
  readonly port?: number;
}

/** Where a fact of the state comes from. */
export interface OriginView {
  readonly program: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly field?: string;
}

/** The addresses of a packet as a step leaves them. */
export interface PacketView {
  readonly protocol: string;
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly ttl: number;
  /** Present when not 0. */
  readonly mark?: string;
  /** TCP flags, ICMP type: what kind of packet it is. */
  readonly info?: string;
}

/** One matched rule of a netfilter walk. */
export interface RuleView {
  readonly table: string;
  readonly chain: string;
  /** 1-based position in its chain. */
  readonly number: number;
  /** The rule as iptables-save prints it, without `-A CHAIN`. */
  readonly text: string;
  readonly origin: OriginView;
}

/**
 * One thing that happened to a packet inside a hop. The list is closed; `type` tells the variant.
 */
export type Step =
  /** A socket (or the kernel, for errors and RSTs) made the packet. First step of the first hop. */
  | { readonly type: 'originate'; readonly by: 'socket' | 'kernel'; readonly packet: PacketView }
  /** A frame came in on the hop's device. First step of every other hop. */
  | { readonly type: 'receive'; readonly from: string; readonly packet: PacketView }
  /** A table was walked at a hook. `evaluated` counts the rules that the kernel evaluates, chains included. */
  | {
      readonly type: 'netfilter';
      readonly hook: string;
      readonly table: string;
      readonly priority: number;
      readonly evaluated: number;
      readonly rules: readonly RuleView[];
      readonly verdict: 'ACCEPT' | 'DROP' | 'REJECT' | 'UNKNOWN';
      /** True when the built-in chain's policy decided. */
      readonly policy: boolean;
    }
  /** A random choice was taken on the way (statistic). */
  | { readonly type: 'choose'; readonly what: string; readonly odds: string; readonly probability: number }
  /** Addresses were rewritten; `manip` names which side. */
  | {
      readonly type: 'nat';
      readonly manip: 'DNAT' | 'SNAT' | 'un-DNAT' | 'un-SNAT';
      readonly before: AddressPort;
      readonly after: AddressPort;
    }
  /**
   * IPVS dealt with the packet at a hook: `schedule` (the scheduler chose the server), `template` (the client is persistent
   * and had one), `connection` (a further packet of a known connection), `none` (no server to send it to), `reply` (what a
   * server answered), `error` (an ICMP error about a connection).
   */
  | {
      readonly type: 'ipvs';
      readonly hook: string;
      readonly priority: number;
      readonly action: 'schedule' | 'template' | 'connection' | 'none' | 'reply' | 'error';
      readonly service: AddressPort;
      readonly scheduler: string;
      readonly server: AddressPort | null;
      /** Of the choice; present with `schedule`. */
      readonly odds?: string;
      readonly probability?: number;
      /** Of the virtual server. */
      readonly origin: OriginView;
    }
  | { readonly type: 'conntrack'; readonly state: string; readonly note?: string }
  | {
      readonly type: 'route';
      readonly decision: 'local' | 'forward' | 'output' | 'reroute' | 'none';
      readonly route: string | null;
      readonly source?: string;
      readonly origin?: OriginView;
    }
  | {
      readonly type: 'neighbour';
      readonly ip: string;
      readonly device: string;
      readonly mac: string | null;
      readonly state: string;
      readonly origin?: OriginView;
    }
  | {
      readonly type: 'bridge';
      readonly bridge: string;
      readonly decision: 'forward' | 'flood' | 'local' | 'drop';
      readonly mac: string;
      readonly port: string | null;
    }
  | {
      readonly type: 'encapsulate' | 'decapsulate';
      readonly vni: number;
      readonly outerSrc: string;
      readonly outerDst: string;
      readonly sport: number;
      readonly dport: number;
    }
  /** TTL went down by one. */
  | { readonly type: 'ttl'; readonly from: number; readonly to: number }
  /** An ICMP error or RST was made in answer to this packet. */
  | { readonly type: 'answer'; readonly what: string; readonly reason: Reason }
  | { readonly type: 'note'; readonly code: string; readonly text: string }
  /** The frame left by the hop's out device. A last step. */
  | { readonly type: 'transmit'; readonly device: string; readonly mac?: string }
  /** The packet reached a socket or the kernel's own receiver. A last step. */
  | { readonly type: 'deliver'; readonly to: string; readonly origin?: OriginView }
  /** The packet ended here. A last step. */
  | { readonly type: 'drop'; readonly reason: Reason; readonly detail: string; readonly fix?: string };

export type StepType = Step['type'];

/**
 * A packet's stay at one device. The first hop of a request or reply begins with `originate`, every other one
 * with `receive`; each ends with `transmit`, `deliver` or `drop`.
 */
export interface Hop {
  /** The kind of stack: `node`, `pod`, `switch`, `router`, `host`. */
  readonly kind: string;
  /** `node1`, `default/web-0`, `lan`, `gateway`, `client`. */
  readonly place: string;
  /** The device by which it entered; null when a socket or the kernel made it here. */
  readonly in: string | null;
  /** The device by which it left; null when it ended here. */
  readonly out: string | null;
  readonly steps: readonly Step[];
}

export interface Path {
  readonly probability: number;
  /** The same as an exact fraction: `1/3`. */
  readonly odds: string;
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** One sentence for a person: what decided, and where. */
  readonly explanation: string;
  /** One thing to change, where the reason suggests one. */
  readonly fix?: string;
  /** The errno that connect() or send() would give: ECONNREFUSED, EHOSTUNREACH, EPERM. */
  readonly errno?: string;
  readonly endpoint: Endpoint | null;
  /** What the server sees; absent unless a server received the request. */
  readonly observedSource?: AddressPort;
  /** What the client sees; absent unless an answer came. */
  readonly replySource?: AddressPort;
  readonly hops: readonly Hop[];
  /** Present exactly when the verdict is `delivered`. */
  readonly reply?: { readonly hops: readonly Hop[] };
  /** The way of what came back, or tried to, when the verdict is not `delivered`: ICMP error, RST, lost reply. */
  readonly returned?: { readonly hops: readonly Hop[] };
  /** Every frame on the devices of both ways; where it was asked for (`-o pcapng`). */
  readonly capture?: Capture;
}

/** What packet sockets on the devices of a path would have seen. */
export interface Capture {
  /** In the order in which they first show a frame. */
  readonly devices: readonly CapturedDevice[];
  readonly frames: readonly CapturedFrame[];
}

export interface CapturedDevice {
  /** Kind and place as in a hop. */
  readonly kind: string;
  readonly place: string;
  readonly name: string;
  /** `veth`, `bridge`, `vxlan`, `loopback`. */
  readonly type: string;
  readonly mac: string;
  readonly mtu: number;
  /** `10.244.1.1/24`. */
  readonly addresses: readonly string[];
  /** What it is for, in words; may be empty. */
  readonly about: string;
}

export interface CapturedFrame {
  /** Index into `devices`. */
  readonly device: number;
  readonly direction: 'in' | 'out';
  /** The way that the packet is on, and the hop of it; absent for ARP and for what is no part of either way. */
  readonly leg?: 'request' | 'reply' | 'returned';
  readonly hop?: number;
  /** How many steps of the hop had been taken by then. */
  readonly step?: number;
  /** The Ethernet frame in hexadecimal digits, without padding and FCS; every checksum is right. */
  readonly bytes: string;
}

export interface Trace {
  readonly apiVersion: 'podwalk/v1';
  readonly kind: 'Trace';
  readonly flow: Flow;
  /** The same for all paths, or `mixed`. */
  readonly verdict: Verdict | 'mixed';
  readonly paths: readonly Path[];
  /**
   * What was not walked in full: how many further branches (at least), their probability together, and with
   * `others` what each comes to.
   */
  readonly unexplored?: {
    readonly branches: number;
    readonly probability: number;
    readonly others?: readonly OtherBranch[];
  };
  /** What the asker may not expect, one sentence each. */
  readonly notes?: readonly string[];
  /** What was promised, what is at fault and what would mend it; where it was asked for, and the walk failed. */
  readonly diagnosis?: Diagnosis;
}

/** A branch that was walked only for its result. */
export interface OtherBranch {
  readonly probability: number;
  readonly odds: string;
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly endpoint: Endpoint | null;
}
