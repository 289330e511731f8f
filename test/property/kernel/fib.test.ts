import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cidr, cidrOf, contains, sameCidr } from '../../../src/addr/index.ts';
import { addNetns, commit, createWorld, lookupRoute, type Operation } from '../../../src/kernel/index.ts';

const prefix: fc.Arbitrary<Cidr> = fc
  .tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 32 }))
  .map(([ip, length]) => cidrOf(ip, length));

describe('route lookup', () => {
  it('finds the longest prefix with the lowest metric, as brute force does', () => {
    const routes = fc.array(fc.record({ dst: prefix, metric: fc.integer({ min: 0, max: 3 }) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(
        routes,
        fc.integer({ min: 0x01000000, max: 0xdfffffff }),
        fc.integer(),
        (list, random, pick) => {
          const world = createWorld();
          const netns = addNetns(world, { id: 'n', kind: 'node', label: 'n', name: 'n' });
          const operations: Operation[] = list.map(({ dst, metric }, i) => ({
            op: 'route-replace',
            netns: 'n',
            route: { dst, metric, device: 'lo', mtu: 1000 + i },
            origin: { program: 'user' },
          }));
          expect(commit(world, operations)).toBeUndefined();
          // Half of the time an address inside one of the prefixes, so that lookups hit.
          const inside = list[Math.abs(pick) % Math.max(1, list.length)]?.dst.base;
          const dst = typeof inside === 'number' && pick % 2 === 0 ? inside : random;
          const last = list.filter(
            (r, i) => list.findLastIndex((s) => sameCidr(s.dst, r.dst) && s.metric === r.metric) === i,
          );
          const best = last
            .filter((r) => contains(r.dst, dst))
            .sort((a, b) => b.dst.length - a.dst.length || a.metric - b.metric)[0];
          const found = lookupRoute(netns, { dst, mark: 0 });
          if (dst >>> 24 === 127) return;
          expect(found === undefined ? undefined : { dst: found.dst, metric: found.metric }).toEqual(
            best === undefined ? undefined : { dst: best.dst, metric: best.metric },
          );
        },
      ),
      { numRuns: 400, seed: 7 },
    );
  });
});
