import { read32, write32 } from './bytes.ts';

/*
 * RFC 7348 section 5, 8 bytes and then the inner Ethernet frame:
 *
 *      0                   1                   2                   3
 *     |R|R|R|R|I|R|R|R|                  reserved                     |
 *     |          VXLAN network identifier             |   reserved    |
 */
export const VXLAN_HEADER = 8;

/** The port of Linux and flannel; IANA's is 4789. */
export const VXLAN_PORT = 8472;

const VALID_VNI = 0x08000000;

/** The header around an inner frame that is already bytes. */
export function emitVxlan(vni: number, frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(VXLAN_HEADER + frame.length);
  write32(bytes, 0, VALID_VNI);
  write32(bytes, 4, vni * 0x100);
  bytes.set(frame, VXLAN_HEADER);
  return bytes;
}

/** Undefined when the I flag is missing or a reserved bit is set, as drivers/net/vxlan drops such packets. */
export function parseVxlan(
  bytes: Uint8Array,
): { readonly vni: number; readonly frame: Uint8Array } | undefined {
  if (bytes.length < VXLAN_HEADER || read32(bytes, 0) !== VALID_VNI || bytes[7] !== 0) return undefined;
  return { vni: read32(bytes, 4) / 0x100, frame: bytes.subarray(VXLAN_HEADER) };
}
