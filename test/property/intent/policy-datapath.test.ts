import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIp } from '../../../src/addr/index.ts';
import { buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { type DirectionVerdict, judgeConnection, policyModel } from '../../../src/intent/index.ts';
import { type ClusterObjects, isFinished, loadCluster, type Protocol } from '../../../src/k8s/index.ts';
import { answer, type Path, type Question } from '../../../src/trace/index.ts';
import { manifestText, type RandomCluster, randomPolicyCluster } from '../../support/arbitrary/cluster.ts';
import {
  askedOf,
  DIFFERENCES,
  IPVS_DIFFERENCES,
  type KnownDifference,
} from '../../support/policy-differences.ts';
import { type Leg, type Legs, legsOf } from '../../support/policy-legs.ts';

/**
 * Two answers to one question: what the specification of NetworkPolicy says (src/intent), and what a packet meets that
 * is walked through kube-router's rules (src/controllers/network-policy). They share no code. Where the program is
 * known to do something else than the specification, the difference has a name (test/support/policy-differences.ts, each
 * with an example that shows it), and only there, and only that way, they may part.
 *
 * `PODWALK_PROPERTY_RUNS=300` holds more clusters against each other, with every question of each.
 */
const RUNS = Number(process.env['PODWALK_PROPERTY_RUNS'] ?? '25');
/** Of a few clusters a share of the questions is asked, of many all. */
const MOST = process.env['PODWALK_PROPERTY_RUNS'] === undefined ? 120 : Number.POSITIVE_INFINITY;

/** A cluster twice: with kube-router, and with nobody who enforces anything. */
function bothOf(random: RandomCluster, mode: string): { readonly policed: Cluster; readonly open: Cluster } {
  const build = (policy: 'kube-router' | 'none'): Cluster => {
    const loaded = loadCluster([{ file: 'random.json', text: manifestText(random) }], {
      set: [...random.settings, `kube-proxy.mode=${mode}`],
      policy,
    });
    return buildCluster(loaded.objects);
  };
  return { policed: build('kube-router'), open: build('none') };
}

const PORTS: readonly (readonly [number, Protocol])[] = [
  [8080, 'TCP'],
  [9090, 'TCP'],
  [8080, 'UDP'],
  [8080, 'SCTP'],
  [8085, 'TCP'],
];

/** Where one may go: pods, on ports that they have and have not, Services by all their addresses, hostPorts. */
function destinationsOf(objects: ClusterObjects): Pick<Question, 'destination' | 'protocol'>[] {
  const at = (destination: string, protocol: Protocol): Pick<Question, 'destination' | 'protocol'> => ({
    destination,
    protocol: protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp',
  });
  const nodes = objects.nodes.flatMap(({ internalIPs }) =>
    internalIPs.filter((ip) => typeof ip === 'number'),
  );
  const pods = objects.pods.filter(
    (pod) => !isFinished(pod) && pod.podIPs.some((ip) => typeof ip === 'number'),
  );
  return [
    ...pods.flatMap(({ meta }) =>
      PORTS.map(([port, protocol]) => at(`pod/${meta.namespace}/${meta.name}:${port}`, protocol)),
    ),
    ...pods.flatMap(({ ports }) =>
      ports
        .filter(({ hostPort }) => hostPort !== 0)
        .flatMap(({ hostPort, protocol }) => nodes.map((ip) => at(`${formatIp(ip)}:${hostPort}`, protocol))),
    ),
    ...objects.services.flatMap(({ clusterIPs, externalIPs, loadBalancerIngress, ports }) => {
      const ingress = loadBalancerIngress.flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
      const addresses = [...clusterIPs, ...externalIPs, ...ingress].filter((ip) => typeof ip === 'number');
      return ports.flatMap(({ port, nodePort, protocol }) => [
        ...addresses.map((ip) => at(`${formatIp(ip)}:${port}`, protocol)),
        ...(nodePort === 0 ? [] : nodes.map((ip) => at(`${formatIp(ip)}:${nodePort}`, protocol))),
      ]);
    }),
  ];
}

function sourcesOf({ pods, nodes }: ClusterObjects): string[] {
  return [
    ...pods
      .filter((pod) => !isFinished(pod) && pod.podIPs.length > 0)
      .map(({ meta }) => `pod/${meta.namespace}/${meta.name}`),
    ...nodes.map(({ meta }) => `node/${meta.name}`),
    'external',
    'external/203.0.113.5',
  ];
}

function questionsOf(objects: ClusterObjects, most: number): Question[] {
  const destinations = destinationsOf(objects);
  const all = sourcesOf(objects).flatMap((source) =>
    destinations.map((one): Question => ({ ...one, source, namespace: 'default' })),
  );
  // Every so-many-th, so that all kinds are met.
  const step = Math.max(1, all.length / most);
  return Array.from({ length: Math.min(all.length, most) }, (_, i) => all[Math.floor(i * step)] as Question);
}

function walk(cluster: Cluster, question: Question): readonly Path[] {
  const result = answer(cluster, question, { all: true });
  return result.ok ? result.value.trace.paths : [];
}

/** The packet came to somebody, whatever became of the answer. */
function arrives({ reason }: Path): boolean {
  return ['OK', 'NO_LISTENER', 'REPLY_LOST', 'REPLY_FROM_WRONG_ADDRESS'].includes(reason);
}

interface Counts {
  allowed: number;
  denied: number;
  different: number;
}

const MODES: readonly (readonly [mode: string, share: number, known: readonly KnownDifference[]])[] = [
  ['iptables', 1, DIFFERENCES],
  ['ipvs', 0.4, [...DIFFERENCES, ...IPVS_DIFFERENCES]],
];

test.each(MODES)(
  '%s: the datapath denies what the specification denies, but for the differences that have a name',
  {
    timeout: 3_600_000,
  },
  (mode, share, known) => {
    const counts: Counts = { allowed: 0, denied: 0, different: 0 };
    const byName = new Map<string, number>(known.map(({ name }) => [name, 0]));
    fc.assert(
      fc.property(randomPolicyCluster, (random) => {
        const { policed, open } = bothOf(random, mode);
        const { objects } = policed;
        for (const question of questionsOf(objects, MOST)) {
          const free = walk(open, question);
          if (!free.some(arrives)) continue;
          const walked = walk(policed, question);
          // Who is stopped before a Service's endpoint is chosen is stopped for all of them.
          if (walked.length !== free.length) expect(walked.map(({ reason }) => reason)).toEqual(['POLICY']);
          free.forEach((path, i) => {
            if (arrives(path))
              compare(policed, question, [path, walked[i] ?? walked[0]], known, counts, byName);
          });
        }
      }),
      { numRuns: Math.ceil(RUNS * share), seed: 11 },
    );
    // Both answers are met often, or the comparison would say little.
    expect(Math.min(counts.allowed, counts.denied)).toBeGreaterThan(250 * share);
    if (MOST === Number.POSITIVE_INFINITY) {
      process.stdout.write(`${JSON.stringify({ ...counts, ...Object.fromEntries(byName) }, null, 2)}\n`);
    }
  },
);

interface Spoken {
  readonly allowed: boolean;
  /** What each direction says, with the other end of its leg. */
  readonly sides: readonly (readonly [DirectionVerdict, Leg])[];
}

/** What the specification says of the two legs of a way. */
function spoken(objects: ClusterObjects, { egress, ingress, within }: Legs, protocol: Protocol): Spoken {
  if (within) return { allowed: true, sides: [] };
  const model = policyModel(objects);
  const judged = (leg: Leg): ReturnType<typeof judgeConnection> =>
    judgeConnection(model, { ...leg, protocol, viaService: true });
  if (egress !== undefined && ingress !== undefined && samePod(ingress.from, ingress.to)) {
    const verdict = judged(ingress);
    const sides = [[verdict.ingress, ingress] as const, [verdict.egress, egress] as const];
    return { allowed: verdict.allowed, sides };
  }
  const sides = [
    ...(egress === undefined ? [] : [[judged(egress).egress, egress] as const]),
    ...(ingress === undefined ? [] : [[judged(ingress).ingress, ingress] as const]),
  ];
  return { allowed: sides.every(([verdict]) => verdict.allowed), sides };
}

/** A load balancer's or external address of a Service. */
function isAnnounced({ services }: ClusterObjects, destination: string): boolean {
  return services.some(({ externalIPs, loadBalancerIngress }) =>
    [...externalIPs, ...loadBalancerIngress.flatMap(({ ip }) => (ip === undefined ? [] : [ip]))].some((ip) =>
      destination.startsWith(`${formatIp(ip)}:`),
    ),
  );
}

function samePod(a: Leg['from'], b: Leg['to']): boolean {
  return a.kind === 'pod' && b.kind === 'pod' && a.pod === b.pod;
}

function compare(
  { objects }: Cluster,
  question: Question,
  [free, walked]: readonly [Path, Path | undefined],
  known: readonly KnownDifference[],
  counts: Counts,
  byName: Map<string, number>,
): void {
  const protocol = (question.protocol ?? 'tcp').toUpperCase() as Protocol;
  const said = spoken(objects, legsOf(objects, free), protocol);
  const passed = walked?.reason !== 'POLICY';
  if (passed === said.allowed) {
    if (passed) counts.allowed++;
    else counts.denied++;
    return;
  }
  const effect = passed ? 'opens' : 'closes';
  const announced = isAnnounced(objects, question.destination);
  const names = known.filter(
    (one) =>
      (one.effect === effect || one.effect === 'either') &&
      said.sides.some(([side, leg]) => one.shows({ ...askedOf(objects, side, leg), announced })),
  );
  counts.different++;
  for (const { name } of names) byName.set(name, (byName.get(name) ?? 0) + 1);
  const what = { question, why: said.sides.map(([{ direction, why }]) => `${direction} ${why}`), effect };
  expect(names.length, `${JSON.stringify(what)} ${walked?.explanation}`).toBeGreaterThan(0);
}
