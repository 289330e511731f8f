import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/index.ts';
import { expectedOf } from '../../src/lab/conform/expected.ts';
import { lastPlace, outcomeText } from '../../src/lab/conform/way.ts';
import {
  conformCluster,
  missingForConform,
  openLab,
  type Probe,
  readProbe,
  renderDifference,
  temporaryPrefix,
} from '../../src/lab/index.ts';
import { runTrace } from '../../src/trace/index.ts';
import { breakOf, manifestCluster } from '../support/lab-cluster.ts';
import { extentOf } from './clusters.ts';
import { FAULTS, type Fault, type FaultedFlow } from './fault-table.ts';
import { titleOf } from './real-tools.ts';

/** Every how many-th fault there is in each extent. */
const STEPS = { short: 36, ci: 9, full: 1 } as const;
const step = STEPS[extentOf(process.env['PODWALK_CONFORMANCE'])];
const faults = FAULTS.filter((_, i) => i % step === 0);

const read = (name: string): string => readFileSync(new URL(`../support/${name}`, import.meta.url), 'utf8');
const PLAIN = read('fault-cluster.yaml');
const POLICY = read('fault-policy.yaml');

function clusterOf({ of, breaks }: Fault, broken: boolean): Cluster {
  return manifestCluster(of === 'policies' ? PLAIN + POLICY : PLAIN, {
    set: of === 'host-gw' ? ['flannel.Backend.Type=host-gw'] : [],
    breaks: broken ? breaks : [],
  });
}

function probeIn(cluster: Cluster, flow: string): Probe {
  const probe = readProbe(cluster, flow, 'default');
  if (typeof probe === 'string') throw new Error(probe);
  return probe;
}

/** What the emulator says of a flow, in the words of the table; the whole path as well, to see that a fault matters. */
function emulated(cluster: Cluster, flow: string): { readonly said: FaultedFlow; readonly way: string } {
  const { request } = probeIn(cluster, flow);
  const { paths } = runTrace(cluster, { ...request, sport: 40_000 }, { all: true, seed: 1 });
  const [path] = paths;
  if (path === undefined || paths.length > 1) throw new Error(`${flow} has ${paths.length} ways`);
  const expected = expectedOf(path, cluster.world);
  const becomes = path.errno === undefined ? path.verdict : `${path.verdict} ${path.errno}`;
  return { said: [flow, becomes, lastPlace(expected) ?? 'nowhere'], way: JSON.stringify(expected) };
}

describe('a fault that --break makes', () => {
  test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    '%s: a flow ends as the table says, and not as it did before',
    (_, fault) => {
      const whole = clusterOf(fault, false);
      const broken = clusterOf(fault, true);
      const after = fault.flows.map(([flow]) => emulated(broken, flow));
      expect(after.map(({ said }) => said)).toEqual(fault.flows);
      const before = fault.flows.map(([flow]) => emulated(whole, flow));
      expect(after.map(({ way }) => way)).not.toEqual(before.map(({ way }) => way));
    },
  );
});

/** What the client's program sees in the kernel, in the words of the table. */
function becomes(text: string): string {
  return text.startsWith('an answer') ? 'answer' : text;
}

/** `delivered` is an answer, `timeout` is silence, everything else its errno. */
function asSeen([, word]: FaultedFlow): string {
  const [verdict = '', errno] = word.split(' ');
  return errno ?? (verdict === 'delivered' ? 'answer' : 'silence');
}

const missing = missingForConform();
const title = titleOf(
  'a fault in the real kernel',
  missing.length === 0 ? undefined : `missing: ${missing.join(', ')}`,
);
const counted = { faults: 0, flows: 0, again: 0, devices: 0, rules: 0 };

describe.skipIf(missing.length > 0)(title, () => {
  test.each(faults.map((fault) => [fault.name, fault] as const))(
    '%s: the same errors, at the same device, by the same rules as with --break',
    { timeout: 120_000 },
    async (_, fault) => {
      const whole = clusterOf(fault, false);
      const broken = clusterOf(fault, true);
      const probes = fault.flows.map(([flow]) => probeIn(broken, flow));
      for (const [flow] of fault.flows) probeIn(whole, flow);
      const commands = fault.breaks
        .map(breakOf)
        .map(({ on, run }) => ({ netns: on.startsWith('pod/') ? on : `node/${on}`, run }));
      const lab = await openLab(whole, temporaryPrefix('faults-'), {
        handiwork: { commands, world: broken.world },
      });
      try {
        const result = await conformCluster(broken, lab, probes);
        const how = { cluster: `-f test/support/fault-cluster.yaml`, verbose: false };
        expect(result.differences.map((one) => renderDifference(one, how)).join('\n')).toBe('');
        expect(result.shown.map((one) => [becomes(outcomeText(one.outcome)), one.last ?? 'nowhere'])).toEqual(
          fault.flows.map((flow) => [asSeen(flow), flow[2]]),
        );
        counted.faults++;
        counted.flows += result.probes;
        counted.again += result.repeated;
        counted.devices += result.devices;
        counted.rules += result.rules;
      } finally {
        await lab.close();
      }
    },
  );

  afterAll(() => {
    const { faults, flows, again, devices, rules } = counted;
    process.stdout.write(
      `${faults} faults in both, ${flows} flows (${again} sent again), ${devices} devices crossed, ${rules} rules matched: equal\n`,
    );
  });
});
