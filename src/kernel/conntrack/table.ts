import { type IpPacket, TCP_FLAG } from '../../wire/index.ts';
import { type CtInfo, record, type Skb } from '../skb.ts';
import { type Connection, type Direction, other } from './connection.ts';
import {
  initialState,
  nextSctpState,
  nextTcpState,
  type SctpState,
  type TcpState,
} from './protocol-state.ts';
import { invert, sameTuple, type Tuple, tupleKey, tupleOf } from './tuple.ts';

/** The connections of one namespace, by the key of each of their two tuples. */
export interface Conntrack {
  readonly byTuple: Map<string, { readonly ct: Connection; readonly direction: Direction }>;
  /** Confirmed connections in the order of their first packet. */
  readonly connections: Connection[];
}

export function newConntrack(): Conntrack {
  return { byTuple: new Map(), connections: [] };
}

/**
 * nf_conntrack_in: finds or makes the connection of a packet. A packet that already has one (looped back, or an
 * error that the kernel made for a tracked packet) keeps it.
 */
export function track(table: Conntrack, skb: Skb): void {
  if (skb.ct !== undefined || skb.ctInfo === 'UNTRACKED') return;
  const { packet } = skb;
  if (packet.transport.kind === 'icmp-error') return trackError(table, skb, packet.transport.quote);
  const tuple = tupleOf(packet);
  if (tuple === undefined) return setInfo(skb, undefined, 'original', 'INVALID');
  const zone = skb.ctZone ?? 0;
  const known = table.byTuple.get(tupleKey(tuple, zone));
  if (known !== undefined) {
    const { ct, direction } = known;
    if (!advance(table, ct, direction, packet)) return setInfo(skb, undefined, 'original', 'INVALID');
    if (direction === 'reply') ct.seenReply = true;
    return setInfo(skb, ct, direction, ct.seenReply ? 'ESTABLISHED' : 'NEW');
  }
  if (!mayBegin(packet)) return setInfo(skb, undefined, 'original', 'INVALID');
  const ct: Connection = {
    original: tuple,
    reply: invert(tuple),
    seenReply: false,
    confirmed: false,
    done: { src: false, dst: false },
    nat: { src: false, dst: false },
    mark: 0,
    zone,
    state: initialState(packet),
    assured: false,
  };
  advance(table, ct, 'original', packet);
  setInfo(skb, ct, 'original', 'NEW');
}

/**
 * Takes a connection to its next state (nf_conntrack_handle_packet). False when the packet does not fit. A RST as
 * the first answer ends the connection: what it belongs to was never established.
 */
function advance(table: Conntrack, ct: Connection, direction: Direction, packet: IpPacket): boolean {
  const { transport } = packet;
  if (transport.kind === 'tcp') {
    const before = ct.state as TcpState;
    const state = nextTcpState(before, direction, transport.flags);
    if (state === undefined) return false;
    ct.state = state;
    if (!ct.seenReply && (transport.flags & TCP_FLAG.RST) !== 0) forget(table, ct);
    else if (state === 'ESTABLISHED' && (before === 'SYN_RECV' || before === 'ESTABLISHED'))
      ct.assured = true;
  } else if (transport.kind === 'sctp') {
    const before = ct.state as SctpState;
    ct.state = nextSctpState(before, direction, transport.chunk);
    if (direction === 'reply' && before !== ct.state && ct.state === 'ESTABLISHED') ct.assured = true;
  }
  return true;
}

/** nf_ct_kill: packets that are under way keep the connection, but it is found no more. */
function forget(table: Conntrack, ct: Connection): void {
  table.byTuple.delete(tupleKey(ct.original, ct.zone));
  table.byTuple.delete(tupleKey(ct.reply, ct.zone));
  const at = table.connections.indexOf(ct);
  if (at >= 0) table.connections.splice(at, 1);
}

function setInfo(skb: Skb, ct: Connection | undefined, direction: Direction, info: CtInfo): void {
  skb.ct = ct;
  skb.ctDirection = direction;
  skb.ctInfo = info;
  record(skb, { type: 'conntrack', state: info });
}

/**
 * Whether a packet may open a connection: an echo reply may not, and of TCP a SYN, or a plain ACK in the middle
 * of a stream (nf_conntrack_tcp_loose), but no SYN/ACK, RST or FIN (the NONE column of tcp_conntracks).
 */
function mayBegin(packet: IpPacket): boolean {
  const { transport } = packet;
  switch (transport.kind) {
    case 'tcp': {
      const { flags } = transport;
      if ((flags & (TCP_FLAG.RST | TCP_FLAG.FIN)) !== 0) return false;
      return (flags & TCP_FLAG.SYN) === 0 || (flags & TCP_FLAG.ACK) === 0;
    }
    case 'icmp':
      return transport.type === 8;
    case 'sctp':
      return transport.chunk === 1;
    default:
      return true;
  }
}

/** An ICMP error belongs to the connection of the packet that it quotes (nf_conntrack_inet_error). */
function trackError(table: Conntrack, skb: Skb, quote: IpPacket): void {
  const inner = tupleOf(quote);
  const known = inner === undefined ? undefined : table.byTuple.get(tupleKey(invert(inner), skb.ctZone ?? 0));
  if (known === undefined) return setInfo(skb, undefined, 'original', 'INVALID');
  // The error travels against the quoted packet: it has the direction of the inverted inner tuple.
  setInfo(skb, known.ct, known.direction, 'RELATED');
}

/** Gives a packet that the kernel makes in answer to a tracked one the same connection (nf_conntrack_attach). */
export function attach(answer: Skb, to: Skb): void {
  if (to.ct === undefined) return;
  answer.ct = to.ct;
  answer.ctDirection = other(to.ctDirection);
  answer.ctInfo = 'RELATED';
}

/** nf_conntrack_confirm: the first packet got through, from now on the connection is found. */
export function confirm(table: Conntrack, skb: Skb): void {
  const { ct } = skb;
  // An answer of the kernel's own to a packet that is not in yet (RST, ICMP error) does not let it in.
  if (ct === undefined || ct.confirmed || skb.ctDirection !== 'original') return;
  ct.confirmed = true;
  table.connections.push(ct);
  table.byTuple.set(tupleKey(ct.original, ct.zone), { ct, direction: 'original' });
  table.byTuple.set(tupleKey(ct.reply, ct.zone), { ct, direction: 'reply' });
}

/** Whether another connection already receives replies with this tuple (nf_nat_used_tuple). */
export function replyTaken(table: Conntrack, reply: Tuple, own: Connection): boolean {
  const known = table.byTuple.get(tupleKey(reply, own.zone));
  return (
    known !== undefined &&
    known.ct !== own &&
    sameTuple(known.direction === 'reply' ? known.ct.reply : known.ct.original, reply)
  );
}
