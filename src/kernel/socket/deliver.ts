import { type IpPacket, NO_DATA, TCP_FLAG, type Tcp } from '../../wire/index.ts';
import { portsOf, tupleOf } from '../conntrack/tuple.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { routeMtu, TCP_IP_HEADERS } from '../ip/mtu.ts';
import { sendPacket } from '../ip/output.ts';
import { resetFor } from '../ip/reject.ts';
import { routeOutput } from '../ip/route-output.ts';
import { hasTunnelAt, vxlanReceive } from '../link/vxlan.ts';
import type { Link, Socket } from '../model.ts';
import { type Client, drop, originate, type Stack } from '../session.ts';
import { newSkb, record, recordAnswer, type Skb } from '../skb.ts';
import { accept, acceptSegment, answerEcho } from './accept.ts';
import { clientFor, handshakeOf, listenerFor } from './lookup.ts';

/** A packet passed INPUT: who takes it? */
export function deliverToSocket(stack: Stack, link: Link, skb: Skb): void {
  const { transport } = skb.packet;
  switch (transport.kind) {
    case 'tcp':
      return deliverTcp(stack, skb, transport.flags);
    case 'udp':
      return deliverUdp(stack, skb);
    case 'sctp':
      return deliverSctp(stack, skb, transport.chunk);
    case 'icmp':
      return transport.type === 8 ? answerEcho(stack, skb) : deliverEchoReply(stack, skb, transport.id);
    case 'icmp-error':
      return deliverError(stack, skb, transport.quote);
    case 'other':
      drop(stack, skb, 'NO_LISTENER', `no protocol ${transport.protocol} on ${link.name}`);
      return sendIcmpError(stack, skb, { type: 3, code: 2 }, 'NO_LISTENER');
  }
}

function toClient(skb: Skb, client: Client, kind: 'answer' | 'reset'): void {
  record(skb, { type: 'deliver', to: `client socket ${client.protocol}/${client.localPort}` });
  client.events.push({ kind, packet: skb.packet, visit: skb.visit });
}

function deliverTcp(stack: Stack, skb: Skb, flags: number): void {
  const { packet } = skb;
  const ports = portsOf(packet.transport);
  const client = clientFor(stack, 'tcp', packet);
  if (client !== undefined) return toClient(skb, client, (flags & TCP_FLAG.RST) !== 0 ? 'reset' : 'answer');
  if (packet.transport.kind === 'tcp' && (flags & (TCP_FLAG.SYN | TCP_FLAG.RST)) === 0) {
    const handshake = handshakeOf(stack, packet);
    if (handshake?.socket !== undefined) return acceptSegment(stack, skb, handshake.socket, packet.transport);
  }
  const opens = (flags & (TCP_FLAG.SYN | TCP_FLAG.ACK | TCP_FLAG.RST)) === TCP_FLAG.SYN;
  const socket = listenerFor(stack, 'tcp', packet.dst, ports?.dport);
  if (socket !== undefined && opens && packet.transport.kind === 'tcp') {
    const answer: Tcp = {
      kind: 'tcp',
      sport: packet.transport.dport,
      dport: packet.transport.sport,
      seq: stack.session.random(),
      ack: (packet.transport.seq + 1) >>> 0,
      flags: TCP_FLAG.SYN | TCP_FLAG.ACK,
      window: 64240,
      data: NO_DATA,
    };
    const route = routeOutput(stack, { dst: packet.src, src: packet.dst, mark: 0 });
    const mss = route.kind === 'route' ? routeMtu(stack, route.route) - TCP_IP_HEADERS : undefined;
    return accept(stack, skb, socket, answer, mss === undefined ? {} : { mss });
  }
  const reason = socket === undefined && opens ? 'NO_LISTENER' : 'NO_SOCKET';
  drop(stack, skb, reason, `nothing listens on tcp/${ports?.dport} for this segment`);
  if ((flags & TCP_FLAG.RST) !== 0) return;
  recordAnswer(skb, 'TCP RST', reason);
  sendPacket(stack, newSkb(resetFor(packet), originate(stack.netns, skb.visit, reason)), 'kernel');
}

function deliverUdp(stack: Stack, skb: Skb): void {
  const { packet } = skb;
  const { transport } = packet;
  if (transport.kind !== 'udp') return;
  const client = clientFor(stack, 'udp', packet);
  if (client !== undefined) return toClient(skb, client, 'answer');
  if (hasTunnelAt(stack, transport.dport)) {
    if (transport.data instanceof Uint8Array) return drop(stack, skb, 'UNSUPPORTED', 'not a VXLAN packet');
    return vxlanReceive(stack, transport.dport, transport.data, skb);
  }
  const socket = listenerFor(stack, 'udp', packet.dst, transport.dport);
  if (socket === undefined) {
    drop(stack, skb, 'NO_LISTENER', `nothing listens on udp/${transport.dport} for this datagram`);
    return sendIcmpError(stack, skb, { type: 3, code: 3 }, 'NO_LISTENER');
  }
  accept(stack, skb, socket, {
    kind: 'udp',
    sport: transport.dport,
    dport: transport.sport,
    // Short, whatever was asked, unless somebody knows what the program says.
    data: transport.data instanceof Uint8Array ? said(stack, socket, transport.data) : NO_DATA,
  });
}

function said({ session }: Stack, socket: Socket, data: Uint8Array): Uint8Array {
  return session.serve?.(socket, data) ?? NO_DATA;
}

const SCTP = { INIT: 1, INIT_ACK: 2, ABORT: 6, COOKIE_ECHO: 10, COOKIE_ACK: 11 } as const;

function deliverSctp(stack: Stack, skb: Skb, chunk: number): void {
  const { packet } = skb;
  const { transport } = packet;
  if (transport.kind !== 'sctp') return;
  const client = clientFor(stack, 'sctp', packet);
  if (client !== undefined) return toClient(skb, client, chunk === SCTP.ABORT ? 'reset' : 'answer');
  const base = {
    kind: 'sctp',
    sport: transport.dport,
    dport: transport.sport,
    verificationTag: 0,
    data: NO_DATA,
  } as const;
  const socket = listenerFor(stack, 'sctp', packet.dst, transport.dport);
  if (socket !== undefined && chunk === SCTP.INIT)
    return accept(stack, skb, socket, { ...base, chunk: SCTP.INIT_ACK });
  if (socket !== undefined && chunk === SCTP.COOKIE_ECHO)
    return accept(stack, skb, socket, { ...base, chunk: SCTP.COOKIE_ACK });
  drop(stack, skb, 'NO_LISTENER', `nothing listens on sctp/${transport.dport} for this packet`);
  if (chunk === SCTP.ABORT) return;
  recordAnswer(skb, 'SCTP ABORT', 'NO_LISTENER');
  const { src, dst } = packet;
  const abort: IpPacket = {
    src: dst,
    dst: src,
    ttl: 64,
    tos: 0,
    id: 0,
    df: true,
    transport: { ...base, chunk: SCTP.ABORT },
  };
  sendPacket(stack, newSkb(abort, originate(stack.netns, skb.visit, 'NO_LISTENER')), 'kernel');
}

/** A raw socket takes every echo reply with its id, whoever sends it. */
function deliverEchoReply(stack: Stack, skb: Skb, id: number): void {
  const client = stack.session.clients.find(
    (c) => c.netns === stack.netns && c.protocol === 'icmp' && c.localPort === id,
  );
  if (client === undefined) return drop(stack, skb, 'NO_SOCKET', 'no socket waits for this echo reply');
  toClient(skb, client, 'answer');
}

/** icmp_err: the quoted packet names the socket. */
function deliverError(stack: Stack, skb: Skb, quote: IpPacket): void {
  const inner = tupleOf(quote);
  const { transport } = skb.packet;
  const client =
    inner === undefined
      ? undefined
      : stack.session.clients.find(
          (c) =>
            c.netns === stack.netns &&
            c.local === inner.src &&
            c.remote === inner.dst &&
            c.localPort === inner.sport &&
            (c.protocol === 'icmp'
              ? inner.protocol === 1
              : c.remotePort === inner.dport && PROTOCOLS[c.protocol] === inner.protocol),
        );
  if (client === undefined || transport.kind !== 'icmp-error') {
    return drop(stack, skb, 'NO_SOCKET', 'the quoted packet belongs to no socket here');
  }
  record(skb, { type: 'deliver', to: `client socket ${client.protocol}/${client.localPort}` });
  client.events.push({
    kind: 'icmp',
    type: transport.type,
    code: transport.code,
    mtu: transport.mtu,
    from: skb.packet.src,
    visit: skb.visit,
  });
}

const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;
