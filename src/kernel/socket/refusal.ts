import { formatIp } from '../../addr/index.ts';
import { type IpPacket, packetLength } from '../../wire/index.ts';
import type { EndReason } from '../event.ts';
import { addressType } from '../fib.ts';
import { mtuText, routeMtu } from '../ip/mtu.ts';
import type { Route } from '../model.ts';
import type { Stack } from '../session.ts';

/** Why a socket does not even make a packet. */
export interface Refusal {
  readonly errno: 'ENETUNREACH' | 'EACCES' | 'EMSGSIZE';
  readonly reason: EndReason;
  readonly detail: string;
}

/** The longest IPv4 packet, header included. */
const MAX_PACKET = 65535;

/** What connect() or send() refuse before any hook sees a packet (tcp_v4_connect, udp_sendmsg, __ip_append_data). */
export function refusal(
  stack: Stack,
  packet: IpPacket,
  df: boolean | undefined,
  route: Route,
): Refusal | undefined {
  const { transport, dst } = packet;
  const streams = transport.kind === 'tcp' || transport.kind === 'sctp';
  const type = addressType(stack.netns, dst);
  if (streams && (type === 'broadcast' || type === 'multicast')) {
    const detail = `connections need one host, and ${formatIp(dst)} is a ${type} address (ENETUNREACH)`;
    return { errno: 'ENETUNREACH', reason: 'MARTIAN_DESTINATION', detail };
  }
  if (type === 'broadcast') {
    const detail = `${formatIp(dst)} is a broadcast address, and the socket did not ask for SO_BROADCAST (EACCES)`;
    return { errno: 'EACCES', reason: 'MARTIAN_DESTINATION', detail };
  }
  const length = packetLength(packet);
  if (length > MAX_PACKET) {
    const detail = `${length} bytes: an IPv4 packet holds at most ${MAX_PACKET} (EMSGSIZE)`;
    return { errno: 'EMSGSIZE', reason: 'FRAG_NEEDED', detail };
  }
  if (transport.kind === 'tcp' || df !== true || length <= routeMtu(stack, route)) return undefined;
  const detail = `${length} bytes do not fit the ${mtuText(stack, route)} and must not be fragmented (EMSGSIZE)`;
  return { errno: 'EMSGSIZE', reason: 'FRAG_NEEDED', detail };
}
