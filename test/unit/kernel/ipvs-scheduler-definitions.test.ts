import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIp, ip } from '../../../src/addr/index.ts';
import { KERNEL_ORIGIN, type RealServer, type VirtualServer } from '../../../src/kernel/index.ts';
import type { HashInput } from '../../../src/kernel/ipvs/hashing.ts';
import { newSchedulerState, schedule } from '../../../src/kernel/ipvs/scheduler.ts';

/**
 * The schedulers by their definitions in net/netfilter/ipvs; ipvs-schedulers.test.ts holds them against what Linux 6.1
 * chose.
 */

/** Real servers A, B, C, ... in the order of the kernel's list, which has the newest first (ip_vs_add_dest). */
function service(scheduler: string, weights: readonly number[]): VirtualServer {
  const servers = weights.map(
    (weight, i): RealServer => ({
      ip: ip(`10.244.1.${10 + i}`),
      port: 8080,
      forward: 'masq',
      weight,
      origin: KERNEL_ORIGIN,
    }),
  );
  return {
    protocol: 'tcp',
    ip: ip('10.96.0.10'),
    port: 80,
    scheduler,
    flags: { fallback: false, port: false },
    realServers: servers.toReversed(),
    origin: KERNEL_ORIGIN,
  };
}

function nameOf(server: RealServer): string {
  return String.fromCharCode(65 + Number(formatIp(server.ip).split('.')[3]) - 10);
}

const INPUT: HashInput = { src: ip('10.244.1.9'), sport: 40_000, dst: ip('10.96.0.10') };

function gcdOf(weights: readonly number[]): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  return weights.reduce(gcd, 0);
}

/** The choices of a scheduler from the beginning of its round. */
function round(scheduler: string, weights: readonly number[], count: number): string {
  const one = service(scheduler, weights);
  const state = newSchedulerState();
  // The first server of the largest weight, at that weight.
  const levels = weights.map((weight) =>
    scheduler === 'rr' ? Math.min(weight, 1) : weight / gcdOf(weights),
  );
  const top = Math.max(...levels);
  if (top > 0) state.places = [{ at: levels.indexOf(top), from: top, to: top }];
  const chosen = Array.from({ length: count }, () => {
    const choice = schedule(one, state, INPUT, { chance: () => true });
    if (choice === undefined || choice === 'unknown') return '-';
    return nameOf(choice.server);
  });
  return chosen.join('');
}

describe('rr (ip_vs_rr_schedule)', () => {
  test('goes round the list', () => {
    expect(round('rr', [1, 1, 1], 9)).toBe('ABCABCABC');
  });

  test('knows of a weight only that 0 is passed by', () => {
    expect(round('rr', [5, 0, 1], 6)).toBe('ACACAC');
    expect(round('rr', [0, 0], 2)).toBe('--');
  });
});

describe('wrr (ip_vs_wrr_schedule)', () => {
  test('gives weights 4, 3 and 2 the sequence of its documentation: the current weight falls by the greatest common divisor', () => {
    expect(round('wrr', [4, 3, 2], 18)).toBe('AABABCABCAABABCABC');
  });

  test('takes one after another where weights are alike, and passes 0 by', () => {
    expect(round('wrr', [2, 2, 2], 6)).toBe('ABCABC');
    expect(round('wrr', [2, 0, 4], 6)).toBe('CACCAC');
  });

  test('gives every server its weight in a round', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const length = total / gcdOf(weights);
        const chosen = round('wrr', weights, length);
        const counts = weights.map((_, i) => chosen.split(String.fromCharCode(65 + i)).length - 1);
        expect(counts.map((count) => count * gcdOf(weights))).toEqual(weights);
      }),
      { seed: 7 },
    );
  });
});

/** hash_32 (include/linux/hash.h) by the book: the top 8 bits of the product with GOLDEN_RATIO_32. */
function hash32(value: bigint): number {
  return Number(BigInt.asUintN(32, value * 0x61c88647n) >> 24n);
}

const anyAddress = fc.integer({ min: 1, max: 0xffffffff });

describe('sh (ip_vs_sh_hashkey, ip_vs_sh_reassign)', () => {
  test('has 256 buckets dealt round the list by weight, and takes the one of the hashed source', () => {
    const weights = [1, 3, 2];
    const dealt = 'ABBBCC';
    const one = service('sh', weights);
    fc.assert(
      fc.property(anyAddress, (src) => {
        const choice = schedule(one, newSchedulerState(), { ...INPUT, src }, { chance: () => true });
        if (choice === undefined || choice === 'unknown') throw new Error('no choice');
        expect(nameOf(choice.server)).toBe(dealt[hash32(BigInt(src)) % dealt.length]);
      }),
      { seed: 7 },
    );
  });

  test('adds the source port with sh-port', () => {
    const one = { ...service('sh', [1, 1, 1]), flags: { fallback: false, port: true } };
    fc.assert(
      fc.property(anyAddress, fc.integer({ min: 1, max: 65_535 }), (src, sport) => {
        const choice = schedule(one, newSchedulerState(), { ...INPUT, src, sport }, { chance: () => true });
        if (choice === undefined || choice === 'unknown') throw new Error('no choice');
        expect(nameOf(choice.server)).toBe('ABC'[hash32(BigInt(src) + BigInt(sport)) % 3]);
      }),
      { seed: 7 },
    );
  });
});

describe('mh (ip_vs_mh_populate; Eisenbud et al., Maglev, NSDI 2016, section 3.4)', () => {
  const choose = (one: VirtualServer, src: number): string => {
    const choice = schedule(one, newSchedulerState(), { ...INPUT, src }, { chance: () => true });
    if (choice === undefined || choice === 'unknown') throw new Error('no choice');
    return nameOf(choice.server);
  };

  test('always gives a client the same server, and servers shares like their weights', () => {
    const one = service('mh', [1, 1, 2]);
    const counts = new Map<string, number>();
    for (let i = 0; i < 4000; i++) {
      const src = ip('10.0.0.0') as number;
      const name = choose(one, src + i * 7919);
      expect(choose(one, src + i * 7919)).toBe(name);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect(counts.get('A')).toBeGreaterThan(900);
    expect(counts.get('B')).toBeGreaterThan(900);
    expect(counts.get('C')).toBeGreaterThan(1850);
  });

  test('moves few clients of the servers that stay when one goes', () => {
    const three = service('mh', [1, 1, 1]);
    const two = { ...three, realServers: three.realServers.slice(1) };
    const gone = nameOf(three.realServers[0] as RealServer);
    let moved = 0;
    let stayed = 0;
    for (let i = 0; i < 3000; i++) {
      const src = (ip('10.0.0.0') as number) + i * 104_729;
      const before = choose(three, src);
      if (before === gone) continue;
      if (choose(two, src) === before) stayed++;
      else moved++;
    }
    expect(moved / (moved + stayed)).toBeLessThan(0.2);
  });
});
