import type { Ip } from '../../addr/index.ts';

/** An address as the hashing schedulers take it: an IPv6 address is folded into 32 bits (addr_fold). */
export function foldAddress(ip: Ip): number {
  if (typeof ip === 'number') return ip;
  return Number(BigInt.asUintN(32, ip ^ (ip >> 32n) ^ (ip >> 64n) ^ (ip >> 96n)));
}

/** GOLDEN_RATIO_32 (include/linux/hash.h). */
const GOLDEN_RATIO = 0x61c88647;

/** hash_32(): the top `bits` bits of a product. */
export function hash32(value: number, bits: number): number {
  return Math.imul(value, GOLDEN_RATIO) >>> (32 - bits);
}

const WORD = 64;

interface SipState {
  v0: bigint;
  v1: bigint;
  v2: bigint;
  v3: bigint;
}

function rotate(word: bigint, bits: number): bigint {
  return BigInt.asUintN(WORD, (word << BigInt(bits)) | (word >> BigInt(WORD - bits)));
}

function round(s: SipState): void {
  s.v0 = BigInt.asUintN(WORD, s.v0 + s.v1);
  s.v1 = rotate(s.v1, 13) ^ s.v0;
  s.v0 = rotate(s.v0, 32);
  s.v2 = BigInt.asUintN(WORD, s.v2 + s.v3);
  s.v3 = rotate(s.v3, 16) ^ s.v2;
  s.v0 = BigInt.asUintN(WORD, s.v0 + s.v3);
  s.v3 = rotate(s.v3, 21) ^ s.v0;
  s.v2 = BigInt.asUintN(WORD, s.v2 + s.v1);
  s.v1 = rotate(s.v1, 17) ^ s.v2;
  s.v2 = rotate(s.v2, 32);
}

/**
 * hsiphash() of one 32-bit word with both words of the key alike, as a 64-bit kernel computes it: SipHash-1-3, cut to
 * 32 bits (lib/siphash.c, hsiphash_1u32).
 */
export function hsiphash(value: number, key: bigint): number {
  const s: SipState = {
    v0: 0x736f6d6570736575n ^ key,
    v1: 0x646f72616e646f6dn ^ key,
    v2: 0x6c7967656e657261n ^ key,
    v3: 0x7465646279746573n ^ key,
  };
  // The length of the input is in the highest byte.
  const block = (4n << 56n) | BigInt(value >>> 0);
  s.v3 ^= block;
  round(s);
  s.v0 ^= block;
  s.v2 ^= 0xffn;
  round(s);
  round(s);
  round(s);
  return Number(BigInt.asUintN(32, s.v0 ^ s.v1 ^ s.v2 ^ s.v3));
}
