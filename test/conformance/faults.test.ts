import { afterAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/index.ts';
import { expectedOf } from '../../src/lab/conform/expected.ts';
import { lastPlace, outcomeText } from '../../src/lab/conform/way.ts';
import { missingForConform } from '../../src/lab/index.ts';
import { runTrace } from '../../src/trace/index.ts';
import { faultCluster, inFaultedLab, probeIn } from '../support/faulted-lab.ts';
import { extentOf } from './clusters.ts';
import { FAULTS, type FaultedFlow } from './fault-table.ts';
import { titleOf } from './real-tools.ts';

/** Every how many-th fault there is in each extent. */
const STEPS = { short: 36, ci: 12, full: 1 } as const;
const step = STEPS[extentOf(process.env['PODWALK_CONFORMANCE'])];
const faults = FAULTS.filter((_, i) => i % step === 0);

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
      const whole = faultCluster({ of: fault.of });
      const broken = faultCluster(fault);
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
      const flows = fault.flows.map(([flow]) => flow);
      const { differences, shown, repeated, devices, rules } = await inFaultedLab('faults', fault, flows);
      expect(differences).toBe('');
      expect(shown.map((one) => [becomes(outcomeText(one.outcome)), one.last ?? 'nowhere'])).toEqual(
        fault.flows.map((flow) => [asSeen(flow), flow[2]]),
      );
      counted.faults++;
      counted.flows += flows.length;
      counted.again += repeated;
      counted.devices += devices;
      counted.rules += rules;
    },
  );

  afterAll(() => {
    const { faults, flows, again, devices, rules } = counted;
    process.stdout.write(
      `${faults} faults in both, ${flows} flows (${again} sent again), ${devices} devices crossed, ${rules} rules matched: equal\n`,
    );
  });
});
