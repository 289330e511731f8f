import type { Ip, Mac } from '../addr/index.ts';
import type { IpPacket } from '../wire/index.ts';
import type { SeenFrame } from './capture.ts';
import type { Chooser } from './chance.ts';
import { type Conntrack, newConntrack } from './conntrack/table.ts';
import type { EndReason, MatchedRule, Visit } from './event.ts';
import type { HookTable } from './hooks.ts';
import type { IpSet } from './ipset/model.ts';
import { type IpvsRuntime, newIpvsRuntime } from './ipvs/connection.ts';
import type { Link, Netns, Route, Socket, World } from './model.ts';
import type { Origin } from './origin.ts';
import { record, type Skb } from './skb.ts';

/** A neighbour that a walk learnt, or is waiting for. */
export interface LearnedNeighbour {
  mac: Mac | undefined;
  state: 'REACHABLE' | 'STALE' | 'INCOMPLETE' | 'FAILED';
  /** A stale entry was used: the kernel is about to check it. */
  delayed?: true;
  /** Packets that wait for the address to be resolved, and how each goes on. */
  readonly waiting: { readonly skb: Skb; readonly send: (mac: Mac) => void }[];
}

/** The running side of one namespace: everything that packets leave behind. */
export interface Stack {
  readonly netns: Netns;
  readonly session: Session;
  /**
   * Hooks with something to do here, in priority order; derived from the rules when a packet first meets them (hooks.ts):
   * a broadcast that only ARP answers wakes no node's programs.
   */
  hooks: HookTable | undefined;
  readonly conntrack: Conntrack;
  /** Learnt neighbours by device and address; permanent ones are state. */
  readonly neighbours: Map<string, Map<Ip, LearnedNeighbour>>;
  /** Learnt ports by bridge and MAC. */
  readonly fdb: Map<string, Map<Mac, string>>;
  /** Lists of `-m recent`, by name: source addresses seen. */
  readonly recent: Map<string, Set<Ip>>;
  /** Connections, templates and schedulers of IPVS. */
  readonly ipvs: IpvsRuntime;
  /** Every IP set once `-j SET` has changed one; undefined: the namespace's own. */
  changedSets: Map<string, IpSet> | undefined;
}

/** What reached the client's socket. */
export type ClientEvent =
  | { readonly kind: 'answer'; readonly packet: IpPacket; readonly visit: Visit }
  | { readonly kind: 'reset'; readonly packet: IpPacket; readonly visit: Visit }
  | {
      readonly kind: 'icmp';
      readonly type: number;
      readonly code: number;
      /** Of fragmentation needed: what would fit; else 0. */
      readonly mtu: number;
      readonly from: Ip;
      readonly visit: Visit;
    }
  /** send() or connect() failed at once. */
  | { readonly kind: 'errno'; readonly errno: string; readonly visit: Visit };

/** The socket that asks. */
export interface Client {
  readonly netns: Netns;
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp';
  readonly local: Ip;
  /** Source port, or the id of an echo request. */
  readonly localPort: number;
  readonly remote: Ip;
  readonly remotePort: number;
  readonly events: ClientEvent[];
}

/** A request that reached a listening socket, or the kernel's own echo responder. */
export interface Accepted {
  readonly netns: Netns;
  readonly socket: Socket | undefined;
  readonly packet: { readonly src: Ip; readonly sport: number; readonly dst: Ip; readonly dport: number };
  readonly visit: Visit;
  /** What a TCP server advertised as its maximum segment size. */
  readonly mss?: number;
}

/** Where a packet ended without an answer. */
export interface End {
  readonly reason: EndReason;
  readonly detail: string;
  readonly visit: Visit;
  readonly rule: MatchedRule | undefined;
  readonly route: Route | undefined;
  /** Of the virtual server that had nobody to send it to. */
  readonly origin: Origin | undefined;
  /** IPVS had taken the packet from its sender: send() had returned. */
  readonly stolen: boolean;
}

/** What the program behind a UDP socket answers to a datagram; undefined: nobody knows, and the answer stays empty. */
export type Serve = (socket: Socket, data: Uint8Array) => Uint8Array | undefined;

/** One run of the emulated kernel: the state, what the run has learnt, and what it has seen. */
export interface Session {
  readonly world: World;
  readonly chooser: Chooser;
  /** 32-bit numbers for ports and ids; never for decisions. */
  readonly random: () => number;
  readonly stacks: Map<string, Stack>;
  readonly queue: (() => void)[];
  readonly clients: Client[];
  readonly accepted: Accepted[];
  readonly ends: End[];
  /** Where link addresses learnt earlier are taken from; undefined: every walk asks anew. */
  readonly warm: Session | undefined;
  /** Every frame that a device shows, where somebody asked for them. */
  readonly capture: SeenFrame[] | undefined;
  /** What programs say to datagrams; undefined: they answer, and what is left open. */
  readonly serve: Serve | undefined;
  /** Whoever takes a request keeps the answer: only the way there is asked for. */
  readonly oneWay: boolean;
  /** Packets that may still be received before the request is called a loop. */
  budget: number;
}

/** Packets received for one request before it is called a loop: far beyond TTL 255 with ARP and VXLAN on each hop. */
export const BUDGET = 20_000;

/**
 * Starts a run. With `warm`, neighbours and FDB entries that an earlier run learnt are known from the start (and
 * what this run learns is shared with it), as on a network that is in use. `capture` is filled with every frame.
 * `serve` gives datagrams their answers. With `oneWay` no request is answered.
 */
export function newSession(
  world: World,
  chooser: Chooser,
  random: () => number,
  warm?: Session,
  capture?: SeenFrame[],
  serve?: Serve,
  oneWay = false,
): Session {
  return {
    world,
    chooser,
    random,
    warm,
    capture,
    serve,
    oneWay,
    stacks: new Map(),
    queue: [],
    clients: [],
    accepted: [],
    ends: [],
    budget: BUDGET,
  };
}

export function stackOf(session: Session, id: string): Stack {
  let stack = session.stacks.get(id);
  if (stack === undefined) {
    const netns = session.world.netns.get(id);
    if (netns === undefined) throw new Error(`no network namespace ${id}`);
    const known = session.warm === undefined ? undefined : stackOf(session.warm, id);
    stack = {
      netns,
      session,
      hooks: undefined,
      conntrack: newConntrack(),
      neighbours: known?.neighbours ?? new Map(),
      fdb: known?.fdb ?? new Map(),
      recent: new Map(),
      ipvs: newIpvsRuntime(),
      changedSets: undefined,
    };
    session.stacks.set(id, stack);
  }
  return stack;
}

/** Opens a visit of a packet that came from somewhere. */
export function enter(netns: Netns, device: string, before: Visit | undefined): Visit {
  return { netns, in: device, out: undefined, before, cause: undefined, lookups: 0, events: [] };
}

/** Opens the first visit of a packet that is made here. */
export function originate(netns: Netns, cause: Visit | undefined, why?: EndReason): Visit {
  return {
    netns,
    in: undefined,
    out: undefined,
    before: undefined,
    cause,
    lookups: 0,
    ...(why === undefined ? {} : { why }),
    events: [],
  };
}

/** Ends a packet, and keeps why. */
export function drop(
  stack: Stack,
  skb: Skb,
  reason: EndReason,
  detail: string,
  because: {
    readonly rule?: MatchedRule;
    readonly route?: Route;
    readonly origin?: Origin;
    readonly device?: string;
  } = {},
): void {
  const { rule, route, origin } = because;
  record(skb, { type: 'drop', reason, detail, ...because });
  const { visit, stolen } = skb;
  stack.session.ends.push({ reason, detail, visit, rule, route, origin, stolen });
}

/** Hands the packet over to a device; its visit here ends. */
export function leave(skb: Skb, device: string, mac?: Mac): void {
  skb.visit.out = device;
  record(skb, { type: 'transmit', device, ...(mac === undefined ? {} : { mac }) });
}

/** Puts work behind what is already under way: receiving never recurses into sending. */
export function later(stack: Stack, task: () => void): void {
  stack.session.queue.push(task);
}

/** Runs until nothing is under way. Neighbours that never answered are given up last. */
export function run(session: Session, giveUp: (stack: Stack) => boolean): void {
  const { queue } = session;
  for (;;) {
    for (let i = 0; i < queue.length; i++) queue[i]?.();
    queue.length = 0;
    let more = false;
    for (const stack of session.stacks.values()) more = giveUp(stack) || more;
    if (!more && queue.length === 0) return;
  }
}

export function linkNamed(stack: Stack, name: string | undefined): Link | undefined {
  return name === undefined ? undefined : stack.netns.links.get(name);
}
