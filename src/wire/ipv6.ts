import type { Ipv6 } from '../addr/index.ts';
import { read16, read32, read128, write16, write32, write128 } from './bytes.ts';

/*
 * RFC 8200 section 3, 40 bytes:
 *
 *      0                   1                   2                   3
 *     | ver 6 | traffic class |           flow label 0                |
 *     |        payload length         |  next header  |   hop limit   |
 *     |                    source address (16 bytes)                  |
 *     |                  destination address (16 bytes)               |
 */
export const IPV6_HEADER = 40;

export interface Ipv6Header {
  readonly src: Ipv6;
  readonly dst: Ipv6;
  readonly ttl: number;
  readonly tos: number;
  readonly protocol: number;
}

export function emitIpv6Packet(header: Ipv6Header, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(IPV6_HEADER + payload.length);
  write32(bytes, 0, 0x60000000 + header.tos * 0x100000);
  write16(bytes, 4, payload.length);
  bytes[6] = header.protocol;
  bytes[7] = header.ttl;
  write128(bytes, 8, header.src);
  write128(bytes, 24, header.dst);
  bytes.set(payload, IPV6_HEADER);
  return bytes;
}

export interface Ipv6Bytes {
  readonly header: Ipv6Header;
  readonly payload: Uint8Array;
}

/** Undefined when the version or the lengths are wrong, and with a flow label or extension headers. */
export function parseIpv6Packet(bytes: Uint8Array): Ipv6Bytes | undefined {
  if (bytes.length < IPV6_HEADER) return undefined;
  const first = read32(bytes, 0);
  const length = read16(bytes, 4);
  const protocol = bytes[6] ?? 0;
  if (first >>> 28 !== 6 || (first & 0xfffff) !== 0 || IPV6_HEADER + length > bytes.length) return undefined;
  if (EXTENSION_HEADERS.has(protocol)) return undefined;
  const header = {
    src: read128(bytes, 8),
    dst: read128(bytes, 24),
    ttl: bytes[7] ?? 0,
    tos: (first >>> 20) & 0xff,
    protocol,
  };
  return { header, payload: bytes.subarray(IPV6_HEADER, IPV6_HEADER + length) };
}

/** Hop-by-hop, routing, fragment, destination options (RFC 8200 section 4.1). */
const EXTENSION_HEADERS: ReadonlySet<number> = new Set([0, 43, 44, 60]);
