import { readFileSync } from 'node:fs';
import { buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { loadCluster, type SourceText } from '../../../src/k8s/index.ts';
import { readProbe, walkOutcomes } from '../../../src/lab/index.ts';
import { runTrace } from '../../../src/trace/index.ts';

export type Mode = 'iptables' | 'ipvs';
export const MODES: readonly Mode[] = ['iptables', 'ipvs'];

/** A cluster with kube-proxy in a mode. Throws what is wrong with it. */
export function inMode(mode: Mode, text: string, set: readonly string[] = []): Cluster {
  const sources: SourceText[] = [{ file: 'cluster.yaml', text }];
  const loaded = loadCluster(sources, { set: [...set, `kube-proxy.mode=${mode}`] });
  const cluster = buildCluster(loaded.objects);
  const errors = [...loaded.diagnostics, ...cluster.diagnostics].filter(
    ({ severity }) => severity === 'error',
  );
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return cluster;
}

/** The cluster of the suite. */
export const SUITE: string = readFileSync(new URL('cluster.yaml', import.meta.url), 'utf8');

/** What a client can see of a flow (`SRC DST -p PROTOCOL`), in any order: `web-0 sees 10.244.1.9`, `refused`. */
export function seen(cluster: Cluster, flow: string): string[] {
  const probe = readProbe(cluster, flow, 'default');
  if (typeof probe === 'string') throw new Error(`${flow}: ${probe}`);
  const trace = runTrace(cluster, probe.request, { all: true, seed: 1 });
  return [...walkOutcomes(cluster.world, probe, trace).keys()].map(short).sort();
}

const NAMES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  EPERM: 'denied',
};

function short(outcome: string): string {
  const [, who, sees, from] =
    /^an answer(?: of (?:default\/)?(\S+?))?(?:, which sees (\S+))?(?: from (\S+))?$/.exec(outcome) ?? [];
  if (who === undefined && from !== undefined) return `answered by ${from}`;
  if (who === undefined) return NAMES[outcome] ?? outcome;
  return `${who} sees ${sees}${from === undefined ? '' : `, answers from ${from}`}`;
}
