import type { Ip } from '../../addr/index.ts';
import type { IpPacket } from '../../wire/index.ts';
import { portsOf } from '../conntrack/tuple.ts';
import { ANY_PORT, type Socket, type TransportName } from '../model.ts';
import type { Accepted, Client, Stack } from '../session.ts';

/**
 * The connected socket of a packet: its four addresses are the client's own, seen from the other side. Of two
 * walks with the same addresses the earlier one's socket is closed.
 */
export function clientFor(stack: Stack, protocol: Client['protocol'], packet: IpPacket): Client | undefined {
  const ports = portsOf(packet.transport);
  return stack.session.clients.findLast(
    (c) =>
      c.netns === stack.netns &&
      c.protocol === protocol &&
      c.local === packet.dst &&
      c.remote === packet.src &&
      c.localPort === ports?.dport &&
      c.remotePort === ports.sport,
  );
}

/**
 * The listening socket of a packet: one bound to the address before one bound to all. Those of VXLAN devices are
 * there while the device is (hasTunnelAt), whatever the list says.
 */
export function listenerFor(
  stack: Stack,
  protocol: TransportName,
  dst: Ip,
  port: number | undefined,
): Socket | undefined {
  let any: Socket | undefined;
  let unknown: Socket | undefined;
  for (const socket of stack.netns.sockets) {
    if (socket.protocol !== protocol || socket.owner.kind === 'vxlan') continue;
    if (socket.port === ANY_PORT) unknown ??= socket;
    if (socket.port !== port) continue;
    if (socket.ip === dst) return socket;
    if (socket.ip === undefined) any ??= socket;
  }
  return any ?? unknown;
}

/** The connection that an earlier SYN opened here, if this segment is of it. */
export function handshakeOf(stack: Stack, packet: IpPacket): Accepted | undefined {
  const ports = portsOf(packet.transport);
  return stack.session.accepted.find(
    (a) =>
      a.netns === stack.netns &&
      a.socket?.protocol === 'tcp' &&
      a.packet.src === packet.src &&
      a.packet.dst === packet.dst &&
      a.packet.sport === ports?.sport &&
      a.packet.dport === ports.dport,
  );
}
