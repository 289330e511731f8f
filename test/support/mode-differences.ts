import { readFileSync } from 'node:fs';

/**
 * Where kube-proxy's modes differ: a topology of `topologies/` and flows in it, with what clients saw in each mode on the
 * real kernel (`test/golden/ipvs/differences.json`). `UPDATE=1 npm run conformance:ipvs` measures IPVS mode anew, and
 * `UPDATE=1 npx vitest run test/conformance/mode-differences.test.ts` iptables mode, on the kernel of the machine.
 */
export interface MeasuredFlow {
  /** As `podwalk conform --probe` takes it. */
  readonly flow: string;
  /** Connections one after another, whose order is kept; else what was seen, in any order. */
  readonly count?: number;
}

export interface ModeDifference {
  readonly topology: string;
  readonly flows: readonly MeasuredFlow[];
}

export const MODE_DIFFERENCES: readonly ModeDifference[] = [
  {
    topology: 'ipvs-ping',
    flows: [
      { flow: 'pod/client 10.96.0.10 -p icmp' },
      { flow: 'node/node1 10.96.0.10 -p icmp' },
      { flow: 'pod/client 10.96.0.10:81 -p tcp' },
      { flow: 'node/node1 10.96.0.10:81 -p tcp' },
      { flow: 'pod/client 10.96.0.10:81 -p udp' },
      { flow: 'pod/client 10.96.0.10:80 -p udp' },
    ],
  },
  {
    topology: 'ipvs-localhost-nodeport',
    flows: [{ flow: 'node/node1 127.0.0.1:30080 -p tcp' }, { flow: 'external 192.168.56.11:30080 -p tcp' }],
  },
  {
    topology: 'ipvs-internal-local',
    flows: [{ flow: 'pod/client 10.96.0.10:80 -p tcp' }, { flow: 'node/node2 10.96.0.10:80 -p tcp' }],
  },
  {
    topology: 'ipvs-external-local',
    flows: [{ flow: 'external 192.168.56.11:30080 -p tcp' }, { flow: 'external 192.168.56.12:30080 -p tcp' }],
  },
  {
    topology: 'ipvs-no-endpoints',
    flows: [
      { flow: 'node/node1 10.96.0.10:514 -p udp' },
      { flow: 'pod/client 10.96.0.10:514 -p udp' },
      { flow: 'external 10.96.0.10:514 -p udp' },
    ],
  },
  { topology: 'ipvs-round-robin', flows: [{ flow: 'pod/client 10.96.0.10:80 -p tcp', count: 9 }] },
];

export type Mode = 'iptables' | 'ipvs';
export const MODES: readonly Mode[] = ['iptables', 'ipvs'];

/** By topology, flow and mode. */
export type Measured = Record<string, Record<string, Record<Mode, readonly string[]>>>;

export const MEASURED_FILE: URL = new URL('../golden/ipvs/differences.json', import.meta.url);

export function readMeasured(): Measured {
  return JSON.parse(readFileSync(MEASURED_FILE, 'utf8')) as Measured;
}

/** Puts in what was measured in one mode. */
export function withMeasured(
  before: Measured,
  topology: string,
  mode: Mode,
  seen: Readonly<Record<string, readonly string[]>>,
): Measured {
  const flows: Measured[string] = { ...before[topology] };
  for (const [flow, answers] of Object.entries(seen)) {
    flows[flow] = { iptables: [], ipvs: [], ...flows[flow], [mode]: answers };
  }
  return { ...before, [topology]: flows };
}
