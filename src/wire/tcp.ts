import type { Ip } from '../addr/index.ts';
import { read16, read32, write16, write32 } from './bytes.ts';
import { internetChecksum, pseudoHeader } from './checksum.ts';
import type { Tcp } from './packet.ts';

/*
 * RFC 9293 section 3.1, 20 bytes without options:
 *
 *      0                   1                   2                   3
 *     |          source port          |       destination port        |
 *     |                        sequence number                        |
 *     |                    acknowledgment number                      |
 *     |offset |  rsv  |     flags     |            window             |
 *     |           checksum            |        urgent pointer         |
 *     |                            data ...                           |
 */
export const TCP_HEADER = 20;
export const TCP_PROTOCOL = 6;

export function emitTcp(tcp: Tcp, src: Ip, dst: Ip): Uint8Array {
  const bytes = new Uint8Array(TCP_HEADER + tcp.data.length);
  write16(bytes, 0, tcp.sport);
  write16(bytes, 2, tcp.dport);
  write32(bytes, 4, tcp.seq);
  write32(bytes, 8, tcp.ack);
  bytes[12] = (TCP_HEADER / 4) << 4;
  bytes[13] = tcp.flags;
  write16(bytes, 14, tcp.window);
  bytes.set(tcp.data, TCP_HEADER);
  write16(bytes, 16, internetChecksum(pseudoHeader(src, dst, TCP_PROTOCOL, bytes.length), bytes));
  return bytes;
}

/** Undefined when malformed, or with options or urgent data, which the value cannot say. */
export function readTcp(bytes: Uint8Array): Tcp | undefined {
  if (bytes.length < TCP_HEADER || bytes[12] !== (TCP_HEADER / 4) << 4 || read16(bytes, 18) !== 0) {
    return undefined;
  }
  return {
    kind: 'tcp',
    sport: read16(bytes, 0),
    dport: read16(bytes, 2),
    seq: read32(bytes, 4),
    ack: read32(bytes, 8),
    flags: bytes[13] ?? 0,
    window: read16(bytes, 14),
    data: bytes.slice(TCP_HEADER),
  };
}

/** As `readTcp`; also undefined when the checksum is wrong. */
export function parseTcp(bytes: Uint8Array, src: Ip, dst: Ip): Tcp | undefined {
  if (internetChecksum(pseudoHeader(src, dst, TCP_PROTOCOL, bytes.length), bytes) !== 0) return undefined;
  return readTcp(bytes);
}
