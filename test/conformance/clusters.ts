import { readdirSync } from 'node:fs';
import fc, { type Arbitrary } from 'fast-check';
import { buildCluster, type Cluster } from '../../src/cluster/index.ts';
import { loadCluster, readSources } from '../../src/k8s/index.ts';
import {
  buildRandom,
  manifestText,
  type RandomCluster,
  randomCluster,
  randomPolicyCluster,
} from '../support/arbitrary/cluster.ts';
import { GOLDEN_CASES, loadGolden } from '../support/kube-proxy-golden.ts';

/** How much is held against the kernel: what fits into every test run, into CI, or everything. */
export type Extent = 'short' | 'ci' | 'full';

export function extentOf(variable: string | undefined): Extent {
  if (variable === undefined || variable === '') return 'short';
  if (variable === 'ci' || variable === 'full') return variable;
  throw new Error(`PODWALK_CONFORMANCE is "${variable}"; there are ci and full`);
}

/** A cluster that walks and kernel are held against each other in. */
export interface ConformanceCluster {
  readonly kind: string;
  readonly name: string;
  readonly probes: number;
  readonly load: () => Cluster;
  /** The options of `podwalk` that name it; a manifest that no file has is given to `keep`, which names one. */
  readonly options: (keep: (text: string) => string) => string;
}

const TOPOLOGIES = new URL('../../topologies/', import.meta.url);
const POLICIES = 'random, with NetworkPolicies';
/** How many of a kind there are in each extent. */
const SHARES: Readonly<Record<Extent, Readonly<Record<string, number>>>> = {
  short: { topologies: 2, 'cases of kube-proxy': 1, random: 2, [POLICIES]: 1 },
  ci: { topologies: 3, 'cases of kube-proxy': 3, random: 4, [POLICIES]: 2 },
  full: { topologies: 100, 'cases of kube-proxy': 100, random: 24, [POLICIES]: 24 },
};
const PROBES: Readonly<Record<Extent, number>> = { short: 12, ci: 30, full: 36 };
/** The first come first into the smaller extents. */
const FIRST = ['direct-routing', 'hairpin', 'host-port', 'two-nodes', 'loadbalancer-source-ranges'];

/** Every kind of cluster, as many of each as the extent has. */
export function conformanceClusters(extent: Extent): ConformanceCluster[] {
  const share = (kind: string): number => SHARES[extent][kind] ?? 0;
  const probes = PROBES[extent];
  return [
    ...topologies()
      .slice(0, share('topologies'))
      .map((name) => topology(name, probes)),
    ...cases()
      .slice(0, share('cases of kube-proxy'))
      .map((name) => kubeProxyCase(name, probes)),
    ...randoms('random', randomCluster, share('random'), probes),
    ...randoms(POLICIES, randomPolicyCluster, share(POLICIES), probes),
  ];
}

function firstOnes(names: readonly string[]): string[] {
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return [...names].sort((a, b) => rank(a) - rank(b));
}

/** Those that are not broken, and not in IPVS mode: few kernels have it (ipvs/ipvs.test.ts). */
function topologies(): string[] {
  return firstOnes(
    readdirSync(TOPOLOGIES).filter((name) => !name.startsWith('broken-') && !name.startsWith('ipvs-')),
  );
}

function topology(name: string, probes: number): ConformanceCluster {
  const load = (): Cluster => {
    const { sources } = readSources([new URL(`${name}/`, TOPOLOGIES).pathname]);
    return buildCluster(loadCluster(sources, { set: [] }).objects);
  };
  return { kind: 'topologies', name, probes, load, options: () => `-t ${name}` };
}

/** All but those of another family, and the one that is too large for namespaces. */
function cases(): string[] {
  return firstOnes(GOLDEN_CASES.filter((name) => name !== 'large-cluster' && !name.startsWith('dual-stack')));
}

function kubeProxyCase(name: string, probes: number): ConformanceCluster {
  const folder = `test/golden/kube-proxy/${name}`;
  return {
    kind: 'cases of kube-proxy',
    name,
    probes,
    load: () => buildCluster(loadGolden(name)),
    options: () => `-f ${folder}/cluster.yaml -f ${folder}/kube-proxy.yaml`,
  };
}

const SEED = 20_241_121;

function randoms(
  kind: string,
  arbitrary: Arbitrary<RandomCluster>,
  count: number,
  probes: number,
): ConformanceCluster[] {
  if (count === 0) return [];
  return fc.sample(arbitrary, { seed: SEED, numRuns: count }).map((random, i) => ({
    kind,
    name: `${kind} ${i}`,
    probes,
    load: () => buildRandom(random),
    options: (keep) =>
      [`-f ${keep(manifestText(random))}`, ...random.settings.map((one) => `--set ${one}`)].join(' '),
  }));
}
