import { readFileSync } from 'node:fs';
import type { Cluster } from '../../src/cluster/index.ts';
import {
  conformCluster,
  type Lab,
  openLab,
  type Probe,
  readProbe,
  renderDifference,
  type Shown,
  temporaryPrefix,
} from '../../src/lab/index.ts';
import { breakOf, manifestCluster } from './lab-cluster.ts';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const PLAIN = read('fault-cluster.yaml');
const POLICY = read('fault-policy.yaml');

/** The cluster of fault-cluster.yaml, as a test wants it. */
export interface FaultCluster {
  /** With a NetworkPolicy as well, or with routes instead of tunnels. */
  readonly of?: 'policies' | 'host-gw' | undefined;
  readonly breaks?: readonly string[];
}

export function faultCluster({ of, breaks = [] }: FaultCluster): Cluster {
  return manifestCluster(of === 'policies' ? PLAIN + POLICY : PLAIN, {
    set: of === 'host-gw' ? ['flannel.Backend.Type=host-gw'] : [],
    breaks,
  });
}

export function probeIn(cluster: Cluster, flow: string): Probe {
  const probe = readProbe(cluster, flow, 'default');
  if (typeof probe === 'string') throw new Error(probe);
  return probe;
}

export interface HeldAgainst {
  /** Where walk and kernel differ, in words; empty when nowhere. */
  readonly differences: string;
  readonly shown: readonly Shown[];
  readonly repeated: number;
  readonly devices: number;
  readonly rules: number;
}

/**
 * Builds the cluster whole, has the real tools break it, and sends the flows; the walks that they are held against are
 * those of the emulator with `--break`.
 *
 * @param more what else is done in the lab, while it stands
 */
export async function inFaultedLab(
  name: string,
  cluster: FaultCluster,
  flows: readonly string[],
  more: (lab: Lab) => Promise<void> = () => Promise.resolve(),
): Promise<HeldAgainst> {
  const { breaks = [] } = cluster;
  const whole = faultCluster({ ...cluster, breaks: [] });
  const broken = faultCluster(cluster);
  const probes = flows.map((flow) => probeIn(broken, flow));
  // The outside world that a flow needs is kept in the cluster.
  for (const flow of flows) probeIn(whole, flow);
  const commands = breaks
    .map(breakOf)
    .map(({ on, run }) => ({ netns: on.startsWith('pod/') ? on : `node/${on}`, run }));
  const lab = await openLab(whole, temporaryPrefix(`${name}-`), {
    handiwork: { commands, world: broken.world },
  });
  try {
    const { differences, shown, repeated, devices, rules } = await conformCluster(broken, lab, probes);
    await more(lab);
    const how = { cluster: '-f test/support/fault-cluster.yaml', verbose: false };
    return {
      differences: differences.map((one) => renderDifference(one, how)).join('\n'),
      shown,
      repeated,
      devices,
      rules,
    };
  } finally {
    await lab.close();
  }
}
