import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answer,
  type Cluster,
  checkTrace,
  type Netns,
  type Path,
  PLAIN,
  printBridgeFdb,
  printBridgeLink,
  printIpAddr,
  printIpLink,
  printIpNeigh,
  printIpRoute,
  printIpRule,
  printIptablesSave,
  printSysctl,
  type Question,
  renderJson,
  renderText,
  rulesetOf,
  type Trace,
  type World,
} from '../../../src/index.ts';
import { add, type Fraction, fraction, type Origin } from '../../../src/kernel/index.ts';
import { buildRandom, randomCluster } from '../../support/arbitrary/cluster.ts';
import { flowsOf } from '../../support/arbitrary/flows.ts';

const SEED = { seed: 20_240_402, numRuns: 100 };

/** A random cluster, and numbers that pick some of its flows. */
const clusters = [randomCluster, fc.array(fc.nat(), { minLength: 8, maxLength: 8 })] as const;

function picked(cluster: Cluster, picks: readonly number[]): Question[] {
  const { toServices, toOthers } = flowsOf(cluster.objects);
  return picks.flatMap((pick, i) => {
    const flows = i % 4 === 3 || toServices.length === 0 ? toOthers : toServices;
    return flows[pick % flows.length] ?? [];
  });
}

/** The walk of a question that can be asked: every name in it exists, so an error is one of the test. */
function walk(cluster: Cluster, question: Question, options: { all: boolean; seed?: number }): Trace {
  const found = answer(cluster, question, options);
  if (!found.ok) throw new Error(`${question.source} -> ${question.destination}: ${found.error.message}`);
  return found.value.trace;
}

function exactly(odds: string): Fraction {
  const [numerator = '0', denominator = '1'] = odds.split('/');
  return fraction(BigInt(numerator), BigInt(denominator));
}

function textsOf(netns: Netns, world: World): string[] {
  return [
    printIptablesSave(rulesetOf(netns, 4)),
    printIpAddr(netns, { world }),
    printIpLink(netns, { world }),
    printIpRoute(netns, { world, table: 'all' }),
    printIpRule(netns),
    printIpNeigh(netns),
    printBridgeFdb(netns, { world }),
    printBridgeLink(netns, { world }),
    printSysctl(netns),
  ];
}

function stateOf(cluster: Cluster): Map<string, string[]> {
  const { world } = cluster;
  return new Map([...world.netns].map(([id, netns]) => [id, textsOf(netns, world)]));
}

/** What identifies a path: its decisions and all that followed. */
function outcome({ verdict, reason, endpoint, observedSource, odds }: Path): unknown {
  return { verdict, reason, endpoint, observedSource, odds };
}

describe('walks through random clusters', () => {
  it('keep the grammar, end in a verdict other than unknown, and have a reply exactly when delivered', () => {
    const verdicts = new Map<string, number>();
    fc.assert(
      fc.property(...clusters, (random, picks) => {
        const cluster = buildRandom(random);
        for (const question of picked(cluster, picks)) {
          const trace = walk(cluster, question, { all: true });
          expect(checkTrace(trace)).toEqual([]);
          for (const path of trace.paths) {
            expect(path.verdict).not.toBe('unknown');
            expect(path.reply !== undefined).toBe(path.verdict === 'delivered');
            expect(path.reason === 'OK').toBe(path.verdict === 'delivered');
            verdicts.set(path.verdict, (verdicts.get(path.verdict) ?? 0) + 1);
          }
        }
      }),
      SEED,
    );
    // The clusters are worth walking through: none of the verdicts is rare.
    for (const verdict of ['delivered', 'refused', 'timeout', 'unreachable'])
      expect(verdicts.get(verdict), verdict).toBeGreaterThan(20);
  });

  it('have odds that sum to 1, as fractions too', () => {
    let forks = 0;
    fc.assert(
      fc.property(...clusters, (random, picks) => {
        const cluster = buildRandom(random);
        for (const question of picked(cluster, picks)) {
          const { paths, unexplored } = walk(cluster, question, { all: true });
          expect(unexplored).toBeUndefined();
          const total = paths.map((path) => exactly(path.odds)).reduce(add);
          expect(total).toEqual(fraction(1n, 1n));
          expect(paths.reduce((sum, path) => sum + path.probability, 0)).toBeCloseTo(1, 9);
          if (paths.length > 1) forks++;
        }
      }),
      SEED,
    );
    expect(forks).toBeGreaterThan(100);
  });

  it('take with a seed one of the branches that all of them together are', () => {
    fc.assert(
      fc.property(...clusters, fc.integer({ min: 1, max: 1000 }), (random, picks, seed) => {
        const cluster = buildRandom(random);
        for (const question of picked(cluster, picks.slice(0, 4))) {
          const all = walk(cluster, question, { all: true, seed });
          const one = walk(cluster, question, { all: false, seed });
          expect(one.paths).toHaveLength(1);
          expect(all.paths.map(outcome)).toContainEqual(outcome(one.paths[0] as Path));
          const rest = one.unexplored?.probability ?? 0;
          expect((one.paths[0]?.probability ?? 0) + rest).toBeCloseTo(1, 9);
        }
      }),
      { ...SEED, numRuns: 60 },
    );
  });

  it('give the same bytes for the same input, whatever was asked before', () => {
    fc.assert(
      fc.property(...clusters, (random, picks) => {
        const printed = (order: (questions: Question[]) => Question[]): string[] => {
          const cluster = buildRandom(random);
          return order(picked(cluster, picks.slice(0, 4))).map((question) => {
            const trace = walk(cluster, question, { all: true, seed: 7 });
            return renderJson(trace) + renderText(trace, { paint: PLAIN, verbose: true });
          });
        };
        const first = printed((questions) => questions);
        const second = printed((questions) => [...questions].reverse());
        expect(second.reverse()).toEqual(first);
      }),
      { ...SEED, numRuns: 50 },
    );
  });

  it('leave the state of every machine as it was', () => {
    fc.assert(
      fc.property(...clusters, (random, picks) => {
        const cluster = buildRandom(random);
        const before = stateOf(cluster);
        for (const question of picked(cluster, picks)) {
          walk(cluster, question, { all: true });
          walk(cluster, question, { all: false });
        }
        expect(stateOf(cluster)).toEqual(before);
      }),
      { ...SEED, numRuns: 60 },
    );
  });
});

describe('the rules of random clusters', () => {
  it('carry an origin each, and every object named there exists', () => {
    let services = 0;
    fc.assert(
      fc.property(randomCluster, (random) => {
        const cluster = buildRandom(random);
        const { nodes, pods, services: all } = cluster.objects;
        const known = new Set([
          ...[...nodes, ...pods, ...all].map(({ kind, meta }) => `${kind} ${meta.namespace}/${meta.name}`),
        ]);
        const exists = ({ object }: Origin): boolean =>
          object === undefined ||
          !['Node', 'Pod', 'Service'].includes(object.kind) ||
          known.has(`${object.kind} ${object.namespace ?? ''}/${object.name}`);
        for (const node of nodes) {
          const netns = cluster.world.netns.get(`node/${node.meta.name}`);
          if (netns === undefined) throw new Error(`no namespace of ${node.meta.name}`);
          for (const table of rulesetOf(netns, 4).tables.values()) {
            for (const { name, rules } of table.chains.values()) {
              for (const { origin } of rules) {
                expect(['kubelet', 'kube-proxy', 'flannel', 'cni'], name).toContain(origin.program);
                expect(exists(origin), JSON.stringify(origin)).toBe(true);
                // A chain of one Service, endpoint or firewall has rules that say whose they are.
                if (/^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(name)) {
                  expect(['Service', 'Pod', 'EndpointSlice', 'KubeProxyConfiguration']).toContain(
                    origin.object?.kind,
                  );
                  services++;
                }
              }
            }
          }
        }
      }),
      SEED,
    );
    expect(services).toBeGreaterThan(100);
  });
});
