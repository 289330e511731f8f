import { formatIp, type Ip } from '../../addr/index.ts';
import { type IpPacket, NO_DATA, TCP_FLAG, type Tcp } from '../../wire/index.ts';
import { portsOf } from '../conntrack/tuple.ts';
import { type Remark, sendPacket } from '../ip/output.ts';
import { routeOutput } from '../ip/route-output.ts';
import type { Socket } from '../model.ts';
import { originate, type Stack } from '../session.ts';
import { newSkb, record, type Skb } from '../skb.ts';
import { sysctlNumber } from '../sysctl.ts';

function ownerText(socket: Socket, port = socket.port): string {
  const { owner, protocol } = socket;
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

/**
 * A server took the request and answers. TCP and SCTP answer from the address that was asked, and so does a UDP
 * socket that is bound to it. One that is bound to every address answers from the address that routing picks,
 * unless the program takes care (IP_PKTINFO); most do not.
 */
export function accept(
  stack: Stack,
  skb: Skb,
  socket: Socket,
  answer: IpPacket['transport'],
  more: { readonly mss?: number } = {},
): void {
  const ports = portsOf(skb.packet.transport);
  record(skb, { type: 'deliver', to: ownerText(socket, ports?.dport), origin: socket.origin });
  stack.session.accepted.push({
    netns: stack.netns,
    socket,
    packet: { src: skb.packet.src, sport: ports?.sport ?? 0, dst: skb.packet.dst, dport: ports?.dport ?? 0 },
    visit: skb.visit,
    ...more,
  });
  const { src: client, dst: asked } = skb.packet;
  if (answer.kind !== 'udp' || socket.ip !== undefined) return reply(stack, skb, asked, true, answer);
  const route = routeOutput(stack, { dst: client, mark: 0 });
  const own = route.kind === 'route' ? route.source : asked;
  if (own === asked) return reply(stack, skb, asked, true, answer);
  reply(stack, skb, own, true, answer, {
    code: 'SOURCE_BY_ROUTE',
    text: `the socket is bound to every address, so the route picks ${formatIp(own)}, not ${formatIp(asked)}, as the source`,
  });
}

function reply(
  stack: Stack,
  skb: Skb,
  src: Ip,
  df: boolean,
  transport: IpPacket['transport'],
  remark?: Remark,
): void {
  if (stack.session.oneWay) return;
  const dst = skb.packet.src;
  const id = stack.session.random() & 0xffff;
  const ttl = sysctlNumber(stack.netns, 'net.ipv4.ip_default_ttl');
  const packet: IpPacket = { src, dst, ttl, tos: 0, id, df, transport };
  sendPacket(stack, newSkb(packet, originate(stack.netns, skb.visit)), 'socket', remark);
}

/** A segment of an open connection: its data is acknowledged. */
export function acceptSegment(
  stack: Stack,
  skb: Skb,
  socket: Socket,
  { sport, dport, seq, ack, data }: Tcp,
): void {
  if (data.length === 0)
    return record(skb, { type: 'deliver', to: ownerText(socket, dport), origin: socket.origin });
  accept(stack, skb, socket, {
    kind: 'tcp',
    sport: dport,
    dport: sport,
    seq: ack,
    ack: (seq + data.length) >>> 0,
    flags: TCP_FLAG.ACK,
    window: 64240,
    data: NO_DATA,
  });
}

/** icmp_echo: the kernel itself answers. */
export function answerEcho(stack: Stack, skb: Skb): void {
  const { transport, src, dst } = skb.packet;
  if (transport.kind !== 'icmp') return;
  record(skb, { type: 'deliver', to: 'the kernel (ICMP echo)' });
  stack.session.accepted.push({
    netns: stack.netns,
    socket: undefined,
    packet: { src, sport: 0, dst, dport: 0 },
    visit: skb.visit,
  });
  // The kernel's ICMP socket never asks for path MTU discovery (icmp_sk_init).
  reply(stack, skb, dst, false, { ...transport, type: 0 });
}
