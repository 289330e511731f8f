import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import {
  missingForConform,
  openLab,
  readProbe,
  seeOutcomes,
  seeSeries,
  temporaryPrefix,
} from '../../src/lab/index.ts';
import { topologyCluster } from '../support/lab-cluster.ts';
import { MEASURED_FILE, MODE_DIFFERENCES, readMeasured, withMeasured } from '../support/mode-differences.ts';
import { titleOf } from './real-tools.ts';

const missing = missingForConform();
const title = titleOf(
  'where the modes of kube-proxy differ, in iptables mode',
  missing.length === 0 ? undefined : `missing: ${missing.join(', ')}`,
);
const UPDATE = process.env['UPDATE'] === '1';

describe.skipIf(missing.length > 0)(title, () => {
  let measured = readMeasured();

  test.each(MODE_DIFFERENCES)(
    '$topology: the kernel answers as it was measured',
    async ({ topology, flows }) => {
      const cluster = topologyCluster(topology, { set: ['kube-proxy.mode=iptables'] });
      const probes = flows.map(({ flow }) => {
        const probe = readProbe(cluster, flow, 'default');
        if (typeof probe === 'string') throw new Error(probe);
        return probe;
      });
      const lab = await openLab(cluster, temporaryPrefix('modes-'), { watch: false });
      const seen: Record<string, readonly string[]> = {};
      try {
        const outcomes = await seeOutcomes(cluster, lab, probes);
        for (const [i, { flow, count }] of flows.entries()) {
          const probe = probes[i];
          if (probe === undefined) throw new Error(flow);
          seen[flow] =
            count === undefined
              ? [...(outcomes[i]?.counts.keys() ?? [])].sort()
              : await seeSeries(lab, probe, count);
        }
      } finally {
        await lab.close();
      }
      if (UPDATE) measured = withMeasured(measured, topology, 'iptables', seen);
      for (const { flow, count } of flows) {
        const wanted = measured[topology]?.[flow]?.iptables ?? [];
        // Whom chance chooses differs from time to time.
        if (count === undefined) expect([flow, seen[flow]]).toEqual([flow, wanted]);
        else for (const answer of seen[flow] ?? []) expect(answer).toMatch(/^an answer of default\/web-\d/);
      }
    },
  );

  afterAll(() => {
    if (UPDATE) writeFileSync(MEASURED_FILE, `${JSON.stringify(measured, null, 2)}\n`);
  });
});
