/**
 * Network byte order on plain byte arrays. Readers are called only after the caller has checked the length.
 */

export function read16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function read32(bytes: Uint8Array, at: number): number {
  return read16(bytes, at) * 0x10000 + read16(bytes, at + 2);
}

export function read48(bytes: Uint8Array, at: number): number {
  return read16(bytes, at) * 0x100000000 + read32(bytes, at + 2);
}

export function read128(bytes: Uint8Array, at: number): bigint {
  let value = 0n;
  for (let n = 0; n < 16; n += 4) value = (value << 32n) | BigInt(read32(bytes, at + n));
  return value;
}

export function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function write32(bytes: Uint8Array, at: number, value: number): void {
  write16(bytes, at, value >>> 16);
  write16(bytes, at + 2, value & 0xffff);
}

export function write48(bytes: Uint8Array, at: number, value: number): void {
  write16(bytes, at, Math.floor(value / 0x100000000));
  write32(bytes, at + 2, value % 0x100000000);
}

export function write128(bytes: Uint8Array, at: number, value: bigint): void {
  for (let n = 0; n < 16; n += 4) write32(bytes, at + n, Number((value >> BigInt(96 - n * 8)) & 0xffffffffn));
}
