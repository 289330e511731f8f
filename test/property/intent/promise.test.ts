import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../src/addr/index.ts';
import type { Cluster } from '../../../src/cluster/index.ts';
import { agrees, promise } from '../../../src/intent/index.ts';
import type { ClusterObjects } from '../../../src/k8s/index.ts';
import {
  answer,
  type Endpoint,
  type Path,
  type Promised,
  parseDestination,
  parseSource,
  type Question,
  resolveDestination,
  resolveSource,
  type Trace,
} from '../../../src/trace/index.ts';
import { buildRandom, randomCluster } from '../../support/arbitrary/cluster.ts';
import { flowsOf } from '../../support/arbitrary/flows.ts';

const SEED = { seed: 20_241_121, numRuns: 150 };

/**
 * An endpoint whose program does not listen, or that is bound to every address of a node and answers UDP from the one
 * that its route prefers: that is its own affair, and no broken promise.
 */
function isItsOwnAffair({ reason }: Path): boolean {
  return reason === 'NO_LISTENER' || reason === 'REPLY_FROM_WRONG_ADDRESS';
}

/**
 * A slice may list an address that nobody has, and two pods on one host network have one address, of which only one
 * can listen: then whoever promised is wrong, not the state.
 */
function isOnlyOwner(objects: ClusterObjects, { ip: address }: Endpoint): boolean {
  const owners = objects.pods.filter((pod) => pod.podIPs.some((own) => formatIp(own) === address));
  return owners.length === 1 || objects.topology.hosts.some((host) => formatIp(host.ip) === address);
}

/** Whom the request was for when it ended. */
function addressReached({ hops, endpoint }: Path): string {
  if (endpoint !== null) return `${endpoint.ip}:${endpoint.port}`;
  const steps = hops.flatMap((hop) => hop.steps);
  const translated = steps.findLast((step) => step.type === 'nat' && step.manip === 'DNAT');
  if (translated?.type === 'nat') return `${translated.after.ip}:${translated.after.port}`;
  const first = hops.at(-1)?.steps[0];
  const packet = first?.type === 'receive' || first?.type === 'originate' ? first.packet : undefined;
  return `${packet?.dst}:${packet?.dport}`;
}

/** What is promised for a question, and the walk of every branch; undefined for names with several addresses. */
function both(cluster: Cluster, question: Question): { promised: Promised; trace: Trace } | undefined {
  const { namespace, via, protocol } = question;
  const from = parseSource(question.source, namespace);
  const to = parseDestination(question.destination, namespace);
  const source = from.ok ? resolveSource(from.value, cluster) : from;
  const walked = answer(cluster, question, { all: true });
  if (!source.ok || !to.ok || !walked.ok) throw new Error(`${question.source} -> ${question.destination}`);
  const entry = via === undefined ? {} : { via };
  const destinations = resolveDestination(to.value, cluster, {
    source: source.value,
    ...entry,
    ...(protocol === undefined ? {} : { protocol }),
  });
  const [destination, another] = destinations.ok ? destinations.value : [];
  if (destination === undefined || another !== undefined) return undefined;
  const promised = promise(cluster.objects, { source: source.value, destination, ...entry });
  return { promised, trace: walked.value.trace };
}

describe('what the objects promise', () => {
  it('is what every branch of a walk through the state of an unbroken cluster comes to', () => {
    const kinds = new Map<Promised['kind'], number>();
    fc.assert(
      fc.property(randomCluster, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (random, picks) => {
        const cluster = buildRandom(random);
        const { toServices, toOthers } = flowsOf(cluster.objects);
        const flows = [...toServices, ...toOthers];
        for (const pick of picks) {
          const question = flows[pick % flows.length];
          const found = question === undefined ? undefined : both(cluster, question);
          if (question === undefined || found === undefined) continue;
          const { promised, trace } = found;
          const seen = trace.paths.map(({ verdict, reason, endpoint }) => ({ verdict, reason, endpoint }));
          const what = `${question.source} -> ${question.destination} ${JSON.stringify({ promised, seen })}`;
          if (promised.kind === 'answer' && !promised.endpoints.every((e) => isOnlyOwner(cluster.objects, e)))
            continue;
          kinds.set(promised.kind, (kinds.get(promised.kind) ?? 0) + 1);
          if (promised.kind !== 'answer' || !trace.paths.some(isItsOwnAffair))
            expect(agrees(promised, trace), what).toBe(true);
          if (promised.kind !== 'answer' || promised.endpoints.some((e) => e.port === undefined)) continue;
          // Nobody is promised who is never asked, and nobody else is asked.
          const promisedTo = new Set(promised.endpoints.map(({ ip, port }) => `${ip}:${port}`));
          expect(new Set(trace.paths.map(addressReached)), what).toEqual(promisedTo);
        }
      }),
      SEED,
    );
    for (const kind of ['answer', 'refuse', 'nothing'] as const)
      expect(kinds.get(kind), kind).toBeGreaterThan(30);
  });
});
