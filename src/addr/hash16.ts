import { hash } from 'node:crypto';

declare module 'crypto' {
  /** In Node since 20.12, in its types since 21.7: without the native object that createHash() leaves to the collector. */
  function hash(algorithm: 'sha256', data: string, outputEncoding: 'latin1'): string;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Two letters for each 10 bits. */
const PAIRS: readonly string[] = Array.from(
  { length: 1024 },
  (_, n) => `${BASE32[n >> 5] ?? ''}${BASE32[n & 31] ?? ''}`,
);

/**
 * The first 16 letters of base32(sha256(text)), that is its first 80 bits: how kube-proxy (portProtoHash,
 * servicePortEndpointChainName) and kube-router (networkPolicyChainName) name their chains.
 */
export function hash16(text: string): string {
  const bytes = hash('sha256', text, 'latin1');
  let out = '';
  for (let i = 0; i < 10; i += 5) {
    const high =
      (bytes.charCodeAt(i) << 12) | (bytes.charCodeAt(i + 1) << 4) | (bytes.charCodeAt(i + 2) >> 4);
    const low =
      ((bytes.charCodeAt(i + 2) & 15) << 16) | (bytes.charCodeAt(i + 3) << 8) | bytes.charCodeAt(i + 4);
    out += `${PAIRS[high >> 10]}${PAIRS[high & 1023]}${PAIRS[low >> 10]}${PAIRS[low & 1023]}`;
  }
  return out;
}
