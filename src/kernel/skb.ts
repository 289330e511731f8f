import type { Mac } from '../addr/index.ts';
import type { Arp, IpPacket } from '../wire/index.ts';
import type { Connection, Direction } from './conntrack/connection.ts';
import type { EndReason, KernelEvent, Visit } from './event.ts';
import type { Route } from './model.ts';

/** How conntrack sees a packet. UNTRACKED by `-j CT --notrack`, INVALID when it fits no connection. */
export type CtInfo = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED';

/** A packet inside a namespace: what struct sk_buff carries, as far as a decision depends on it. */
export interface Skb {
  packet: IpPacket;
  sourceMac: Mac;
  destinationMac: Mac;
  mark: number;
  ct: Connection | undefined;
  ctDirection: Direction;
  ctInfo: CtInfo | undefined;
  /** The zone that `-j CT` put the packet in; undefined: none did, which is zone 0. */
  ctZone: number | undefined;
  /** Set while the packet passes a bridge with iptables on: the port it came in by (and leaves by). */
  physIn: string | undefined;
  physOut: string | undefined;
  /** IPVS has dealt with it (ipvs_property): its hooks let it pass from here on, in this namespace. */
  ipvs: boolean;
  /** IPVS took it out of its hook and sent it on: what becomes of it is no longer the result of a send(). */
  stolen: boolean;
  /** PREROUTING already ran inside the bridge (ip_sabotage_in skips the second pass). */
  prerouted: boolean;
  /** Length of the largest piece that it travels in, once it was fragmented; undefined: it travels whole. */
  fragmentSize: number | undefined;
  /** The same for the packet inside a tunnel's outer packet. */
  innerFragmentSize: number | undefined;
  /** Its own host may fragment it in spite of DF: the socket did not insist (IP_PMTUDISC_WANT). */
  ignoreDf: boolean;
  /** The route it is on; local delivery of looped-back packets keeps it. */
  route: Route | undefined;
  visit: Visit;
}

/** An ARP message on its way; it has no connection, mark or hooks. */
export interface ArpSkb {
  readonly arp: Arp;
  readonly sourceMac: Mac;
  readonly destinationMac: Mac;
}

export function newSkb(packet: IpPacket, visit: Visit): Skb {
  return {
    packet,
    sourceMac: 0,
    destinationMac: 0,
    mark: 0,
    ct: undefined,
    ctDirection: 'original',
    ctInfo: undefined,
    ctZone: undefined,
    physIn: undefined,
    physOut: undefined,
    ipvs: false,
    stolen: false,
    prerouted: false,
    fragmentSize: undefined,
    ignoreDf: false,
    innerFragmentSize: undefined,
    route: undefined,
    visit,
  };
}

/** Forgets what does not survive a change of namespace (skb_scrub_packet). */
export function scrub(skb: Skb, crossesNetns: boolean): void {
  skb.ct = undefined;
  skb.ctInfo = undefined;
  skb.ctZone = undefined;
  skb.physIn = undefined;
  skb.physOut = undefined;
  skb.prerouted = false;
  skb.ignoreDf = false;
  skb.route = undefined;
  if (!crossesNetns) return;
  skb.mark = 0;
  skb.ipvs = false;
}

/** Tells that the packet was answered with an error; its end stays the last event. */
export function recordAnswer(skb: Skb, what: string, reason: EndReason): void {
  const { events } = skb.visit;
  const last = events[events.length - 1];
  events.splice(last?.type === 'drop' ? events.length - 1 : events.length, 0, {
    type: 'answer',
    what,
    reason,
  });
}

/** Tells whoever watches what happened to the packet. */
export function record(skb: Skb, event: KernelEvent): void {
  skb.visit.events.push(event);
}
