import { read16, write16 } from './bytes.ts';
import { internetChecksum } from './checksum.ts';
import { ICMP_QUOTE_LIMIT, type IcmpEcho, type IcmpError } from './packet.ts';

/*
 * RFC 792, 8 bytes; the rest of the header is an echo's id and sequence number, or (RFC 1191) a next-hop MTU:
 *
 *      0                   1                   2                   3
 *     |     type      |     code      |           checksum            |
 *     |   identifier, or unused 0     | sequence number, or MTU       |
 *     |          echo data, or the start of the packet quoted ...     |
 */
export const ICMP_HEADER = 8;
export const ICMP_PROTOCOL = 1;

/** Fragmentation needed and DF set: the one error that carries an MTU. */
const FRAGMENTATION_NEEDED = 4;

export function emitIcmpEcho(echo: IcmpEcho): Uint8Array {
  return emitIcmp(echo.type, echo.code, echo.id, echo.sequence, echo.data);
}

/** The error around the quoted packet's bytes, of which it takes what fits. */
export function emitIcmpError(error: IcmpError, quote: Uint8Array): Uint8Array {
  return emitIcmp(error.type, error.code, 0, error.mtu, quote.subarray(0, ICMP_QUOTE_LIMIT));
}

function emitIcmp(type: number, code: number, high: number, low: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ICMP_HEADER + data.length);
  bytes[0] = type;
  bytes[1] = code;
  write16(bytes, 4, high);
  write16(bytes, 6, low);
  bytes.set(data, ICMP_HEADER);
  write16(bytes, 2, internetChecksum(bytes));
  return bytes;
}

/** An ICMP message whose quoted packet is still bytes. */
export type IcmpBytes = IcmpEcho | (Omit<IcmpError, 'quote'> & { readonly quote: Uint8Array });

/** Undefined when the checksum is wrong, and for messages that are neither echo nor a modelled error. */
export function parseIcmp(bytes: Uint8Array): IcmpBytes | undefined {
  return internetChecksum(bytes) === 0 ? readIcmp(bytes) : undefined;
}

/** As `parseIcmp`, the checksum unseen: a packet that an error quotes may be cut. */
export function readIcmp(bytes: Uint8Array): IcmpBytes | undefined {
  if (bytes.length < ICMP_HEADER) return undefined;
  const type = bytes[0];
  const code = bytes[1] ?? 0;
  const high = read16(bytes, 4);
  const low = read16(bytes, 6);
  const rest = bytes.slice(ICMP_HEADER);
  if (type === 0 || type === 8) {
    return code === 0 ? { kind: 'icmp', type, code, id: high, sequence: low, data: rest } : undefined;
  }
  if (type !== 3 && type !== 11) return undefined;
  if (high !== 0 || (low !== 0 && (type !== 3 || code !== FRAGMENTATION_NEEDED))) return undefined;
  return { kind: 'icmp-error', type, code, mtu: low, quote: rest };
}
