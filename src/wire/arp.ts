import { read16, read32, read48, write16, write32, write48 } from './bytes.ts';
import type { Arp } from './packet.ts';

/*
 * RFC 826 for IPv4 over Ethernet, 28 bytes:
 *
 *      0                   1                   2                   3
 *     |        hardware type 1        |     protocol type 0x0800      |
 *     | hw length 6   | proto len 4   | operation: 1 request, 2 reply |
 *     |                      sender MAC (6 bytes) ...                 |
 *     |  ... sender MAC               |    sender IP ...              |
 *     |  ... sender IP                |    target MAC ...             |
 *     |                      ... target MAC                           |
 *     |                          target IP                            |
 */
export const ARP_LENGTH = 28;

export function emitArp(arp: Arp): Uint8Array {
  const bytes = new Uint8Array(ARP_LENGTH);
  write16(bytes, 0, 1);
  write16(bytes, 2, 0x0800);
  bytes[4] = 6;
  bytes[5] = 4;
  write16(bytes, 6, arp.operation === 'request' ? 1 : 2);
  write48(bytes, 8, arp.senderMac);
  write32(bytes, 14, arp.senderIp);
  write48(bytes, 18, arp.targetMac);
  write32(bytes, 24, arp.targetIp);
  return bytes;
}

/** Undefined for other hardware, protocols and operations. Bytes beyond the message are Ethernet padding. */
export function parseArp(bytes: Uint8Array): Arp | undefined {
  if (bytes.length < ARP_LENGTH) return undefined;
  if (read16(bytes, 0) !== 1 || read16(bytes, 2) !== 0x0800 || read16(bytes, 4) !== 0x0604) return undefined;
  const operation = read16(bytes, 6);
  if (operation !== 1 && operation !== 2) return undefined;
  return {
    kind: 'arp',
    operation: operation === 1 ? 'request' : 'reply',
    senderMac: read48(bytes, 8),
    senderIp: read32(bytes, 14),
    targetMac: read48(bytes, 18),
    targetIp: read32(bytes, 24),
  };
}
