import type { Ip } from '../addr/index.ts';
import { read16, write16 } from './bytes.ts';
import { internetChecksum, pseudoHeader } from './checksum.ts';
import type { Udp } from './packet.ts';

/*
 * RFC 768, 8 bytes:
 *
 *      0                   1                   2                   3
 *     |          source port          |       destination port        |
 *     |            length             |           checksum            |
 *     |                            data ...                           |
 *
 * A computed checksum of 0 is sent as 0xffff; over IPv4 a 0 says that there is none (RFC 8200 section 8.1
 * forbids it for IPv6).
 */
export const UDP_HEADER = 8;
export const UDP_PROTOCOL = 17;

/** The datagram around a payload that is already bytes. */
export function emitUdp(ports: Pick<Udp, 'sport' | 'dport'>, data: Uint8Array, src: Ip, dst: Ip): Uint8Array {
  const bytes = new Uint8Array(UDP_HEADER + data.length);
  write16(bytes, 0, ports.sport);
  write16(bytes, 2, ports.dport);
  write16(bytes, 4, bytes.length);
  bytes.set(data, UDP_HEADER);
  const checksum = internetChecksum(pseudoHeader(src, dst, UDP_PROTOCOL, bytes.length), bytes);
  write16(bytes, 6, checksum === 0 ? 0xffff : checksum);
  return bytes;
}

export interface UdpBytes {
  readonly sport: number;
  readonly dport: number;
  readonly data: Uint8Array;
}

/** The ports and the bytes that follow, however many of them there are (an ICMP error quotes but some). */
export function readUdp(bytes: Uint8Array): UdpBytes | undefined {
  if (bytes.length < UDP_HEADER) return undefined;
  return { sport: read16(bytes, 0), dport: read16(bytes, 2), data: bytes.slice(UDP_HEADER) };
}

/** Undefined when the length or the checksum is wrong. */
export function parseUdp(bytes: Uint8Array, src: Ip, dst: Ip): UdpBytes | undefined {
  if (bytes.length < UDP_HEADER || read16(bytes, 4) !== bytes.length) return undefined;
  if (read16(bytes, 6) === 0) return typeof src === 'number' ? readUdp(bytes) : undefined;
  if (internetChecksum(pseudoHeader(src, dst, UDP_PROTOCOL, bytes.length), bytes) !== 0) return undefined;
  return readUdp(bytes);
}
