import { read16, read32, write16, write32 } from './bytes.ts';
import { crc32c } from './checksum.ts';
import type { Sctp } from './packet.ts';

/*
 * RFC 9260 section 3, a common header of 12 bytes and one chunk, padded to 4 bytes:
 *
 *      0                   1                   2                   3
 *     |          source port          |       destination port        |
 *     |                       verification tag                        |
 *     |                    CRC32c, low byte first                     |
 *     |  chunk type   |    flags 0    |         chunk length          |
 *     |                         chunk value ...                       |
 */
export const SCTP_HEADER = 12;
export const SCTP_CHUNK_HEADER = 4;
export const SCTP_PROTOCOL = 132;

export function emitSctp(sctp: Sctp): Uint8Array {
  const chunkLength = SCTP_CHUNK_HEADER + sctp.data.length;
  const bytes = new Uint8Array(SCTP_HEADER + Math.ceil(chunkLength / 4) * 4);
  write16(bytes, 0, sctp.sport);
  write16(bytes, 2, sctp.dport);
  write32(bytes, 4, sctp.verificationTag);
  bytes[12] = sctp.chunk;
  write16(bytes, 14, chunkLength);
  bytes.set(sctp.data, SCTP_HEADER + SCTP_CHUNK_HEADER);
  writeChecksum(bytes, crc32c(bytes));
  return bytes;
}

/** The CRC travels with its low byte first, unlike every other field (RFC 9260 appendix A). */
function writeChecksum(bytes: Uint8Array, crc: number): void {
  for (let n = 0; n < 4; n++) bytes[8 + n] = crc >>> (8 * n);
}

/** Undefined when malformed, or with chunk flags or more chunks than one, which the value cannot say. */
export function readSctp(bytes: Uint8Array): Sctp | undefined {
  if (bytes.length < SCTP_HEADER + SCTP_CHUNK_HEADER || bytes[13] !== 0) return undefined;
  const chunkLength = read16(bytes, 14);
  if (chunkLength < SCTP_CHUNK_HEADER || SCTP_HEADER + Math.ceil(chunkLength / 4) * 4 !== bytes.length) {
    return undefined;
  }
  const end = SCTP_HEADER + chunkLength;
  if (bytes.subarray(end).some((byte) => byte !== 0)) return undefined;
  return {
    kind: 'sctp',
    sport: read16(bytes, 0),
    dport: read16(bytes, 2),
    verificationTag: read32(bytes, 4),
    chunk: bytes[12] ?? 0,
    data: bytes.slice(SCTP_HEADER + SCTP_CHUNK_HEADER, end),
  };
}

/** As `readSctp`; also undefined when the CRC is wrong. */
export function parseSctp(bytes: Uint8Array): Sctp | undefined {
  if (bytes.length < SCTP_HEADER) return undefined;
  const covered = bytes.slice();
  writeChecksum(covered, 0);
  writeChecksum(covered, crc32c(covered));
  for (let at = 8; at < SCTP_HEADER; at++) if (covered[at] !== bytes[at]) return undefined;
  return readSctp(bytes);
}
