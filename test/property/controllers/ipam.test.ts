import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cidr, cidrOf, containsCidr, formatCidr, overlaps } from '../../../src/addr/index.ts';
import { completeNodes, completePods } from '../../../src/controllers/ipam/index.ts';
import { node, objects, pod, VXLAN } from '../../unit/controllers/objects.ts';

const SEED = { seed: 20_240_401, numRuns: 200 };

/** A pod network, a subnet length that fits it at least four times, and which nodes have a CIDR already. */
const clusters = fc
  .record({
    address: fc.nat(0xffffffff),
    length: fc.integer({ min: 8, max: 24 }),
    more: fc.integer({ min: 2, max: 6 }),
    given: fc.array(fc.option(fc.nat(1000), { nil: undefined }), { minLength: 1, maxLength: 12 }),
  })
  .map(({ address, length, more, given }) => {
    const network = cidrOf(address, length);
    const subnetLen = length + more;
    const count = 2 ** more;
    const used = new Set<number>();
    const nodes = given.map((slot, i) => {
      const nth = slot === undefined ? undefined : slot % count;
      if (nth === undefined || used.has(nth)) return node(`n${i}`);
      used.add(nth);
      const base = Number(network.base) + nth * 2 ** (32 - subnetLen);
      return node(`n${i}`, [], [formatCidr({ base, length: subnetLen })]);
    });
    return { network, subnetLen, nodes };
  });

describe('pod CIDRs', () => {
  it('that are handed out lie in the network, have its subnet length and overlap no other', () => {
    fc.assert(
      fc.property(clusters, ({ network, subnetLen, nodes }) => {
        const flannel = { ...VXLAN, network, subnetLen, source: { file: 'f', document: 0, path: [] } };
        const done = completeNodes(objects({ nodes, flannel }));
        const all: Cidr[] = done.objects.nodes.flatMap((n) => n.podCIDRs);
        for (const [i, c] of all.entries()) {
          expect(c.length).toBe(subnetLen);
          expect(containsCidr(network, c)).toBe(true);
          expect(all.slice(i + 1).some((other) => overlaps(c, other))).toBe(false);
        }
        // A node stays without only when every subnet but the first, which is never handed out, is taken.
        const without = done.objects.nodes.filter((n) => n.podCIDRs.length === 0).length;
        const first = all.some((c) => c.base === network.base) ? 1 : 0;
        if (without > 0) expect(all.length - first).toBe(2 ** (subnetLen - network.length) - 1);
        expect(done.diagnostics.filter((d) => d.code === 'PW406')).toHaveLength(without);
      }),
      SEED,
    );
  });
});

describe('pod addresses', () => {
  it('that are handed out differ, lie in the CIDR of their node and are neither its ends nor its gateway', () => {
    const pods = fc.array(fc.record({ at: fc.nat(1), given: fc.option(fc.integer({ min: 2, max: 14 })) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(pods, (wanted) => {
        const nodes = ['10.9.1.0/28', '10.9.2.0/28'].map((c, i) =>
          node(`n${i}`, [`192.168.56.1${i + 1}`], [c]),
        );
        const used = new Set<string>();
        const list = wanted.map(({ at, given }, i) => {
          const address = `10.9.${at + 1}.${given}`;
          if (given === null || used.has(address)) return pod(`p${i}`, `n${at}`);
          used.add(address);
          return pod(`p${i}`, `n${at}`, [address]);
        });
        const done = completePods(completeNodes(objects({ nodes, pods: list })).objects);
        const addresses = done.objects.pods.flatMap((p) => p.podIPs.map(Number));
        expect(new Set(addresses).size).toBe(addresses.length);
        for (const a of addresses) expect(a & 15).toSatisfy((low: number) => low >= 2 && low <= 14);
        for (const name of ['n0', 'n1']) {
          const here = done.objects.pods.filter((p) => p.nodeName === name);
          const filled = here.filter((p) => p.podIPs.length > 0).length;
          expect(filled).toBe(Math.min(13, here.length));
        }
      }),
      SEED,
    );
  });
});
