import type { Ip } from '../../addr/index.ts';
import { type IpPacket, NO_DATA, TCP_FLAG } from '../../wire/index.ts';
import { portsOf, tupleOf } from '../conntrack/tuple.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { sendPacket } from '../ip/output.ts';
import { resetFor } from '../ip/reject.ts';
import { vxlanReceive } from '../link/vxlan.ts';
import type { Link, Socket, TransportName } from '../model.ts';
import { type Client, drop, originate, type Stack } from '../session.ts';
import { newSkb, record, recordAnswer, type Skb } from '../skb.ts';

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

/** The connected socket of a packet: its four addresses are the client's own, seen from the other side. */
function clientFor(stack: Stack, protocol: Client['protocol'], packet: IpPacket): Client | undefined {
  const ports = portsOf(packet.transport);
  return stack.session.clients.find(
    (c) =>
      c.netns === stack.netns &&
      c.protocol === protocol &&
      c.local === packet.dst &&
      c.remote === packet.src &&
      c.localPort === ports?.dport &&
      c.remotePort === ports.sport,
  );
}

/** The listening socket of a packet: one bound to the address before one bound to all. */
function listenerFor(
  stack: Stack,
  protocol: TransportName,
  dst: Ip,
  port: number | undefined,
): Socket | undefined {
  let any: Socket | undefined;
  for (const socket of stack.netns.sockets) {
    if (socket.protocol !== protocol || socket.port !== port) continue;
    if (socket.ip === dst) return socket;
    if (socket.ip === undefined) any ??= socket;
  }
  return any;
}

function ownerText(socket: Socket): string {
  const { owner, protocol, port } = socket;
  switch (owner.kind) {
    case 'pod':
      return `pod ${owner.namespace}/${owner.name} ${protocol}/${port}`;
    case 'node':
      return `${owner.what} of node ${owner.node} ${protocol}/${port}`;
    case 'host':
      return `host ${owner.name} ${protocol}/${port}`;
    case 'vxlan':
      return `VXLAN socket of ${owner.device} ${protocol}/${port}`;
  }
}

/** A server took the request; its answer goes back from the address that was asked. */
function accept(stack: Stack, skb: Skb, socket: Socket, answer: IpPacket['transport']): void {
  const ports = portsOf(skb.packet.transport);
  record(skb, { type: 'deliver', to: ownerText(socket), origin: socket.origin });
  stack.session.accepted.push({
    netns: stack.netns,
    socket,
    packet: { src: skb.packet.src, sport: ports?.sport ?? 0, dst: skb.packet.dst, dport: ports?.dport ?? 0 },
    visit: skb.visit,
  });
  reply(stack, skb, answer);
}

function reply(stack: Stack, skb: Skb, transport: IpPacket['transport']): void {
  const { src, dst } = skb.packet;
  const packet: IpPacket = {
    src: dst,
    dst: src,
    ttl: 64,
    tos: 0,
    id: stack.session.random() & 0xffff,
    df: true,
    transport,
  };
  sendPacket(stack, newSkb(packet, originate(stack.netns, skb.visit)), 'socket');
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
  const opens = (flags & (TCP_FLAG.SYN | TCP_FLAG.ACK | TCP_FLAG.RST)) === TCP_FLAG.SYN;
  const socket = listenerFor(stack, 'tcp', packet.dst, ports?.dport);
  if (socket !== undefined && opens && packet.transport.kind === 'tcp') {
    return accept(stack, skb, socket, {
      kind: 'tcp',
      sport: packet.transport.dport,
      dport: packet.transport.sport,
      seq: stack.session.random(),
      ack: (packet.transport.seq + 1) >>> 0,
      flags: TCP_FLAG.SYN | TCP_FLAG.ACK,
      window: 64240,
      data: NO_DATA,
    });
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
  const socket = listenerFor(stack, 'udp', packet.dst, transport.dport);
  if (socket === undefined) {
    drop(stack, skb, 'NO_LISTENER', `nothing listens on udp/${transport.dport} for this datagram`);
    return sendIcmpError(stack, skb, { type: 3, code: 3 }, 'NO_LISTENER');
  }
  if (socket.owner.kind === 'vxlan') {
    if (transport.data instanceof Uint8Array) return drop(stack, skb, 'UNSUPPORTED', 'not a VXLAN packet');
    return vxlanReceive(stack, socket.owner.device, transport.data, skb);
  }
  accept(stack, skb, socket, {
    kind: 'udp',
    sport: transport.dport,
    dport: transport.sport,
    data: transport.data instanceof Uint8Array ? transport.data : NO_DATA,
  });
}

const SCTP = { INIT: 1, INIT_ACK: 2, ABORT: 6 } as const;

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

/** icmp_echo: the kernel itself answers. */
function answerEcho(stack: Stack, skb: Skb): void {
  const { transport, src, dst } = skb.packet;
  if (transport.kind !== 'icmp') return;
  record(skb, { type: 'deliver', to: 'the kernel (ICMP echo)' });
  stack.session.accepted.push({
    netns: stack.netns,
    socket: undefined,
    packet: { src, sport: 0, dst, dport: 0 },
    visit: skb.visit,
  });
  reply(stack, skb, { ...transport, type: 0 });
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
    from: skb.packet.src,
    visit: skb.visit,
  });
}

const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;
