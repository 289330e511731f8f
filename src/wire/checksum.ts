import type { Ip } from '../addr/index.ts';
import { read16, write16, write32, write128 } from './bytes.ts';

/**
 * The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit words, an odd
 * last byte padded with zero. Over bytes that hold a correct checksum it is 0.
 */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const bytes of parts) {
    const even = bytes.length & ~1;
    for (let at = 0; at < even; at += 2) sum += read16(bytes, at);
    if (even < bytes.length) sum += (bytes[even] ?? 0) << 8;
  }
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/**
 * What TCP and UDP checksums cover before the segment: IPv4 (RFC 9293 section 3.1)
 *
 *     source address (4) | destination address (4) | zero (1) | protocol (1) | length (2)
 *
 * and IPv6 (RFC 8200 section 8.1)
 *
 *     source address (16) | destination address (16) | length (4) | zero (3) | next header (1)
 */
export function pseudoHeader(src: Ip, dst: Ip, protocol: number, length: number): Uint8Array {
  if (typeof src === 'number' && typeof dst === 'number') {
    const bytes = new Uint8Array(12);
    write32(bytes, 0, src);
    write32(bytes, 4, dst);
    bytes[9] = protocol;
    write16(bytes, 10, length);
    return bytes;
  }
  const bytes = new Uint8Array(40);
  write128(bytes, 0, BigInt(src));
  write128(bytes, 16, BigInt(dst));
  write32(bytes, 32, length);
  bytes[39] = protocol;
  return bytes;
}

/** CRC32c (RFC 9260 appendix A): reflected polynomial 0x82f63b78, as a 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});
