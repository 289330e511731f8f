import type { Ipv4 } from '../addr/index.ts';
import { read16, read32, write16, write32 } from './bytes.ts';
import { internetChecksum } from './checksum.ts';

/*
 * RFC 791 section 3.1, 20 bytes without options:
 *
 *      0                   1                   2                   3
 *     | ver 4 | IHL 5 |      TOS      |         total length          |
 *     |        identification         |0|D|M|    fragment offset      |
 *     |      TTL      |   protocol    |        header checksum        |
 *     |                        source address                         |
 *     |                      destination address                      |
 */
export const IPV4_HEADER = 20;

export interface Ipv4Header {
  readonly src: Ipv4;
  readonly dst: Ipv4;
  readonly ttl: number;
  readonly tos: number;
  readonly id: number;
  readonly df: boolean;
  readonly protocol: number;
}

export function emitIpv4Packet(header: Ipv4Header, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(IPV4_HEADER + payload.length);
  bytes[0] = 0x45;
  bytes[1] = header.tos;
  write16(bytes, 2, bytes.length);
  write16(bytes, 4, header.id);
  write16(bytes, 6, header.df ? 0x4000 : 0);
  bytes[8] = header.ttl;
  bytes[9] = header.protocol;
  write32(bytes, 12, header.src);
  write32(bytes, 16, header.dst);
  write16(bytes, 10, internetChecksum(bytes.subarray(0, IPV4_HEADER)));
  bytes.set(payload, IPV4_HEADER);
  return bytes;
}

export interface Ipv4Bytes {
  readonly header: Ipv4Header;
  readonly payload: Uint8Array;
  /** Whether the packet goes on beyond the bytes given, as one that an ICMP error quotes may. */
  readonly cut: boolean;
}

/**
 * Undefined when the version, the lengths or the header checksum are wrong, with options, and for fragments.
 * Bytes beyond the total length are Ethernet padding.
 */
export function parseIpv4Packet(bytes: Uint8Array): Ipv4Bytes | undefined {
  if (bytes.length < IPV4_HEADER || bytes[0] !== 0x45) return undefined;
  if (internetChecksum(bytes.subarray(0, IPV4_HEADER)) !== 0) return undefined;
  const total = read16(bytes, 2);
  const fragment = read16(bytes, 6);
  if (total < IPV4_HEADER || (fragment & ~0x4000) !== 0) return undefined;
  const header = {
    src: read32(bytes, 12),
    dst: read32(bytes, 16),
    ttl: bytes[8] ?? 0,
    tos: bytes[1] ?? 0,
    id: read16(bytes, 4),
    df: fragment !== 0,
    protocol: bytes[9] ?? 0,
  };
  return { header, payload: bytes.subarray(IPV4_HEADER, total), cut: total > bytes.length };
}
