import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readProbe, walkOutcomes } from '../../src/lab/index.ts';
import { runSeries, runTrace } from '../../src/trace/index.ts';
import { topologyCluster } from '../support/lab-cluster.ts';
import { differencesTable } from '../support/mode-differences-table.ts';
import { MODE_DIFFERENCES, MODES, type Mode, readMeasured } from '../support/mode-differences.ts';

const CHAPTER = new URL('../../docs/12-ipvs.md', import.meta.url);
const PLACE = /(?<=<!-- measured: modes -->\n)[\s\S]*?(?=<!-- end -->)/;

const measured = readMeasured();
const flows = MODE_DIFFERENCES.flatMap(({ topology, flows: asked }) =>
  asked.flatMap(({ flow, count }) => MODES.map((mode) => ({ topology, flow, count, mode }))),
);

function walked(topology: string, mode: Mode, flow: string): string[] {
  const cluster = topologyCluster(topology, { set: [`kube-proxy.mode=${mode}`] });
  const probe = readProbe(cluster, flow, 'default');
  if (typeof probe === 'string') throw new Error(probe);
  const trace = runTrace(cluster, probe.request, { all: true, seed: 1 });
  return [...walkOutcomes(cluster.world, probe, trace).keys()].sort();
}

describe('a topology that shows a difference of the modes: the walk is what the real kernel did', () => {
  test.each(flows.filter(({ count }) => count === undefined))(
    '$topology, $mode mode: $flow',
    ({ topology, flow, mode }) => {
      const seen = measured[topology]?.[flow]?.[mode];
      expect(seen?.length).toBeGreaterThan(0);
      expect(walked(topology, mode, flow)).toEqual(seen);
    },
  );

  test.each(MODES)('ipvs-round-robin, %s mode: the same pods answer', (mode) => {
    for (const { flow, count } of MODE_DIFFERENCES.flatMap((one) => one.flows)) {
      if (count === undefined) continue;
      const seen = measured['ipvs-round-robin']?.[flow]?.[mode] ?? [];
      expect(seen).toHaveLength(count);
      for (const answer of seen) expect(walked('ipvs-round-robin', mode, flow)).toContain(answer);
    }
  });

  test('ipvs-round-robin, ipvs mode: in the order of the kernel, from wherever it stands', () => {
    const flow = 'pod/client 10.96.0.10:80 -p tcp';
    const seen = measured['ipvs-round-robin']?.[flow]?.ipvs ?? [];
    const real = seen.map((answer) => /web-\d/.exec(answer)?.[0]);
    const cluster = topologyCluster('ipvs-round-robin');
    const question = { source: 'pod/client', destination: '10.96.0.10:80', namespace: 'default' };
    const found = runSeries(cluster, question, real.length);
    if (!found.ok) throw new Error('not found');
    const own = found.value.summary.connections.map(({ endpoint }) => endpoint?.pod);
    expect(new Set(own).size).toBe(3);
    expect([...own, ...own].join(' ')).toContain(real.join(' '));
  });
});

test('the chapter on IPVS shows what was measured (UPDATE=1 writes the table anew)', () => {
  const text = readFileSync(CHAPTER, 'utf8');
  const table = `${differencesTable(measured)}\n`;
  if (process.env['UPDATE'] === '1') writeFileSync(CHAPTER, text.replace(PLACE, () => table));
  else expect(PLACE.exec(text)?.[0]).toBe(table);
});
