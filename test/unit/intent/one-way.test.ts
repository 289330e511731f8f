import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildCluster } from '../../../src/cluster/index.ts';
import { cellWalker, matrixEnds, walkDestination, walkSource } from '../../../src/intent/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import { runOutcomes } from '../../../src/trace/index.ts';

const MANIFESTS = fileURLToPath(new URL('../../../docs/manifests/', import.meta.url));

describe('the cells of a walked matrix', () => {
  it('are the same whether or not the answers are walked', () => {
    const sources = ['shop.yaml', 'shop-policies.yaml'].map((file) => ({
      file,
      text: readFileSync(`${MANIFESTS}${file}`, 'utf8'),
    }));
    const { objects } = loadCluster(sources, { set: [] });
    const cluster = buildCluster(objects);
    const cell = cellWalker(cluster);
    const ends = matrixEnds(cluster.objects, []);
    const allowed = { yes: 0, no: 0 };
    for (const from of ends) {
      const source = walkSource(cluster, from);
      for (const to of ends) {
        const destination = walkDestination(cluster, to, { port: 80, protocol: 'TCP' });
        if (source === undefined || destination === undefined || from === to) continue;
        const one = cell(source, destination);
        const [whole] = runOutcomes(cluster, { source, destination }, { all: false });
        expect(one.egress).toBe(whole?.refused.egress === false);
        expect(one.ingress === false).toBe(whole?.refused.ingress);
        expect(one.allowed).toBe(whole?.reason === 'OK' || whole?.reason === 'NO_LISTENER');
        if (!one.allowed) expect(one.reason).toBe(whole?.reason);
        allowed[one.allowed ? 'yes' : 'no']++;
      }
    }
    expect(allowed.yes).toBeGreaterThan(0);
    expect(allowed.no).toBeGreaterThan(0);
  });
});
