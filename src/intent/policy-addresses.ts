import { contains, type Ip, lastIp } from '../addr/index.ts';
import type { PolicyPeer } from '../k8s/index.ts';
import type { Subject } from './policy-model.ts';

type IpBlock = Extract<PolicyPeer, { kind: 'ipBlock' }>;

/** Finds the ends, by index, that a block holds: each once. */
export type HeldBy = (block: IpBlock) => Iterable<number>;

interface Owned<I extends Ip> {
  readonly ip: I;
  readonly owner: number;
}

/** Sorts all addresses, so that a block costs what it holds: clusters have thousands of blocks and of pods. */
export function addressIndex(subjects: readonly Subject[]): HeldBy {
  const v4: Owned<number>[] = [];
  const v6: Owned<bigint>[] = [];
  for (const [owner, { ips }] of subjects.entries()) {
    for (const ip of ips) {
      if (typeof ip === 'number') v4.push({ ip, owner });
      else v6.push({ ip, owner });
    }
  }
  v4.sort((a, b) => a.ip - b.ip);
  v6.sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0));
  return ({ cidr, except }) => {
    const held = new Set<number>();
    const all: readonly Owned<Ip>[] = typeof cidr.base === 'number' ? v4 : v6;
    const last = lastIp(cidr);
    for (let i = firstFrom(all, cidr.base); i < all.length; i++) {
      const { ip, owner } = all[i] as Owned<Ip>;
      if (ip > last) break;
      if (!except.some((cut) => contains(cut, ip))) held.add(owner);
    }
    return held;
  };
}

/** The index of the first address that is not below. */
function firstFrom(all: readonly Owned<Ip>[], base: Ip): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((all[middle] as Owned<Ip>).ip < base) low = middle + 1;
    else high = middle;
  }
  return low;
}
