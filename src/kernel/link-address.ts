import type { Mac } from '../addr/index.ts';
import { Refusal } from './commit-context.ts';

/** Refuses a link address that no Ethernet device may have (is_valid_ether_addr): zero, and those of groups. */
export function refuseMac(mac: Mac): void {
  const isGroup = Math.floor(mac / 2 ** 40) % 2 === 1;
  if (mac === 0 || isGroup) throw new Refusal('RTNETLINK answers: Cannot assign requested address');
}
