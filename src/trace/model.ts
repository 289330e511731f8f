/**
 * A trace as plain JSON values: the contract of `podwalk trace -o json`. Other fields may be added, these
 * stay. docs/trace-schema.md explains every field; grammar.ts checks what the types cannot say.
 */

import type { Diagnosis } from './diagnosis.ts';
import type { Resolution } from './names/resolution.ts';
import type { AddressPort, PolicyDecision, Reason, Step } from './step.ts';

export type * from './step.ts';

export type TraceProtocol = 'tcp' | 'udp' | 'sctp' | 'icmp';

/** What the client program would see. */
export type Verdict = 'delivered' | 'refused' | 'timeout' | 'unreachable' | 'denied' | 'unknown';

/** One end of a flow. */
export interface FlowEnd {
  readonly kind: 'pod' | 'node' | 'external' | 'service' | 'ip' | 'name';
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
  /**
   * How often a hash was looked up where there could have been rules: IP sets, lists of `-m recent`, IPVS's connections and
   * virtual servers. Absent when never.
   */
  readonly lookups?: number;
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
  /** What a datagram carried whose bytes were given (a DNS query), and its answer; hexadecimal. */
  readonly payload?: { readonly request: string; readonly answer?: string };
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
  /** How the source looked up the destination's name, where it is one; without the walks of its queries. */
  readonly resolution?: Resolution;
  /** What was promised, what is at fault and what would mend it; where it was asked for, and the walk failed. */
  readonly diagnosis?: Diagnosis;
  /** What NetworkPolicies would have made of it; where there are some and nobody enforces them. */
  readonly unenforced?: Unenforced;
}

/** The same question, walked where kube-router enforces the NetworkPolicies. */
export interface Unenforced {
  /** How many there are. */
  readonly policies: number;
  readonly verdict: Verdict | 'mixed';
  /** Of the first path that they would have ended. */
  readonly explanation?: string;
  readonly denied?: readonly PolicyDecision[];
}

/** A branch that was walked only for its result. */
export interface OtherBranch {
  readonly probability: number;
  readonly odds: string;
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly endpoint: Endpoint | null;
}
