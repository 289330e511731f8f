import { createHash } from 'node:crypto';
import { localMac, type Mac } from './mac.ts';

/**
 * Stand-ins for what real programs draw at random (MAC addresses, veth names, container ids): digests of what
 * the thing is for, so that the same input always gives the same bytes.
 */

/** The first `digits` (at most 64) hex digits of the SHA-256 of `seed`. */
export function stableHex(seed: string, digits: number): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, digits);
}

/** A unicast, locally administered MAC that depends on `seed` alone. */
export function stableMac(seed: string): Mac {
  return localMac(Number.parseInt(stableHex(seed, 12), 16));
}
