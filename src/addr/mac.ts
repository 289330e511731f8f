declare const macBrand: unique symbol;

/** An Ethernet address: a 48-bit integer, exact in a double. */
export type Mac = number & { readonly [macBrand]?: true };

export const BROADCAST_MAC: Mac = 0xffffffffffff;
export const ZERO_MAC: Mac = 0;

/** Parses `aa:bb:cc:00:11:22` (groups of one or two digits, as iproute2 accepts); undefined when malformed. */
export function parseMac(text: string): Mac | undefined {
  const parts = text.split(':');
  if (parts.length !== 6) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^[0-9a-fA-F]{1,2}$/.test(part)) return undefined;
    value = value * 256 + Number.parseInt(part, 16);
  }
  return value;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function formatMac(mac: Mac): string {
  const high = Math.floor(mac / 0x1000000);
  const low = mac % 0x1000000;
  return `${threeBytes(high)}:${threeBytes(low)}`;
}

function threeBytes(bits: number): string {
  return `${HEX[(bits >>> 16) & 255]}:${HEX[(bits >>> 8) & 255]}:${HEX[bits & 255]}`;
}

/** The first byte's lowest bit: group (multicast or broadcast) addresses. */
export function isGroupMac(mac: Mac): boolean {
  return Math.floor(mac / 0x10000000000) % 2 === 1;
}

/** Makes any 48-bit number a unicast, locally administered address, as eth_random_addr() does. */
export function localMac(bits: number): Mac {
  const low = bits % 0x10000000000;
  const first = Math.floor(bits / 0x10000000000) & 0xff;
  return ((first & 0xfe) | 0x02) * 0x10000000000 + low;
}

/** The EUI-64 link-local address fe80::/64 that the kernel derives from a MAC (RFC 4291 appendix A). */
export function linkLocalOf(mac: Mac): bigint {
  const m = BigInt(mac);
  const high = (m >> 24n) ^ (0x02n << 16n);
  return (0xfe80n << 112n) | (high << 40n) | (0xfffen << 24n) | (m & 0xffffffn);
}
