import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { buildCluster, type Cluster, loadCluster, type Path, type TraceProtocol } from '../../src/index.ts';

/**
 * What a real kernel answered to connections and pings on clusters realised in network namespaces, and the rule
 * by which a walk agrees with it. test/golden/kernel/README.md says how the answers were obtained.
 */

const PROBES = new URL('../golden/kernel/', import.meta.url);
const CLUSTERS = new URL('../golden/kube-proxy/', import.meta.url);

export interface Probe {
  /** SRC and DST of a trace. */
  readonly from: string;
  readonly to: string;
  readonly protocol: TraceProtocol;
  /** What the destination is: `clusterIP`, `closed-port`, `ping-node` ... */
  readonly what: string;
  /** What the client saw, with how often. */
  readonly results: Readonly<Record<string, number>>;
}

export interface ProbeFile {
  /** The mode of kube-proxy; absent: iptables. */
  readonly rules?: 'iptables' | 'ipvs';
  readonly backend: 'vxlan' | 'host-gw';
  readonly kernel: string;
  readonly probes: readonly Probe[];
}

/** `clusterip/kernel.json` and so on: each is one set-up of one cluster. */
export const PROBE_FILES: readonly string[] = readdirSync(PROBES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .sort();

export function readProbes(file: string): ProbeFile {
  return JSON.parse(readFileSync(new URL(file, PROBES), 'utf8')) as ProbeFile;
}

export interface RealisedCluster {
  readonly cluster: Cluster;
  /** Some Service keeps a client on one endpoint, so that several tries say nothing about odds. */
  readonly affinity: boolean;
}

/** The cluster that a file's probes were sent in. */
export function clusterOfProbes(
  file: string,
  { backend, rules = 'iptables' }: Pick<ProbeFile, 'backend' | 'rules'>,
): RealisedCluster {
  const folder = new URL(`${file.split('/')[0]}/`, CLUSTERS);
  const sources = ['cluster.yaml', 'kube-proxy.yaml']
    .filter((name) => existsSync(new URL(name, folder)))
    .map((name) => ({ file: name, text: readFileSync(new URL(name, folder), 'utf8') }));
  const loaded = loadCluster(sources, {
    set: [`flannel.Backend.Type=${backend}`, `kube-proxy.mode=${rules}`],
  });
  const cluster = buildCluster(loaded.objects);
  const errors = [...loaded.diagnostics, ...cluster.diagnostics].filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return { cluster, affinity: sources.some(({ text }) => text.includes('sessionAffinity: ClientIP')) };
}

/** Outcomes as keys `delivered|NS/POD|SOURCE`, `delivered` (a ping was answered), or a verdict; how much of each. */
export type Outcomes = ReadonlyMap<string, number>;

/** What the kernel showed, by count. */
export function shownBy(probe: Probe): Outcomes {
  const shown = new Map<string, number>();
  for (const [result, count] of Object.entries(probe.results)) {
    const outcome = result === 'answered' ? 'delivered' : result.includes('EPERM') ? 'denied' : result;
    shown.set(outcome, (shown.get(outcome) ?? 0) + count);
  }
  return shown;
}

/** What the walk says, by probability. */
export function saidBy(paths: readonly Path[], protocol: TraceProtocol): Outcomes {
  const said = new Map<string, number>();
  for (const { verdict, endpoint, observedSource, probability } of paths) {
    const outcome =
      verdict === 'delivered' && protocol !== 'icmp'
        ? `delivered|${endpoint?.namespace}/${endpoint?.pod}|${observedSource?.ip}`
        : verdict;
    said.set(outcome, (said.get(outcome) ?? 0) + probability);
  }
  return said;
}

/** Less likely than this, and a count is no accident. */
const ACCIDENT = 1e-6;
/** With session affinity: as little as a path must have to be called one. */
const SOME = 0.001;

/**
 * Whether what was shown can be what is said. Probabilities must sum to 1. After one try there is one outcome.
 * After several, every outcome shown has a probability under which its count is no accident, and none that is as
 * likely as not is missing; with affinity all tries go where the first went, so only the verdicts must be the same.
 */
export function agrees(shown: Outcomes, said: Outcomes, affinity: boolean): boolean {
  const tries = sum(shown);
  if (Math.abs(sum(said) - 1) > ACCIDENT) return false;
  if (tries === 1) return sameKeys(new Set(shown.keys()), new Set(said.keys()));
  if (affinity) {
    const known = [...shown.keys()].every((outcome) => (said.get(outcome) ?? 0) >= SOME);
    return known && sameKeys(verdicts(shown), verdicts(said));
  }
  const plausible = [...shown].every(
    ([outcome, count]) => atLeast(count, tries, said.get(outcome) ?? 0) >= ACCIDENT,
  );
  return plausible && [...said].every(([outcome, odds]) => odds < 0.5 || shown.has(outcome));
}

function sum(outcomes: Outcomes): number {
  return [...outcomes.values()].reduce((total, each) => total + each, 0);
}

function verdicts(outcomes: Outcomes): Set<string> {
  return new Set([...outcomes.keys()].map((outcome) => outcome.split('|')[0] ?? ''));
}

function sameKeys(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((key) => b.has(key));
}

/** The probability of `count` or more successes in `tries`, each of probability `p` (binomial tail). */
function atLeast(count: number, tries: number, p: number): number {
  let total = 0;
  let ways = 1;
  for (let k = 0; k <= tries; k++) {
    if (k >= count) total += ways * p ** k * (1 - p) ** (tries - k);
    ways = (ways * (tries - k)) / (k + 1);
  }
  return total;
}
