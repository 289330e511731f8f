import { describe, expect, it } from 'vitest';
import { topologyNames, topologyPath } from '../../../src/cli/topologies.ts';
import { buildCluster } from '../../../src/cluster/index.ts';
import { loadCluster, readSources } from '../../../src/k8s/index.ts';
import { answer, answerOutcomes, decisionsOf, type Question } from '../../../src/trace/index.ts';

/** Each pod and a client outside to each pod, Service and node port, which all policies and faults of the topologies meet. */
function questions({ objects }: ReturnType<typeof buildCluster>): Question[] {
  const pods = objects.pods.map(({ meta }) => `pod/${meta.namespace}/${meta.name}`);
  const services = objects.services.map(({ meta }) => `svc/${meta.namespace}/${meta.name}`);
  return [...pods, 'external'].flatMap((source) =>
    [...pods.map((pod) => `${pod}:8080`), ...services, 'node/node1:30080'].map((destination) => ({
      source,
      destination,
      namespace: 'default',
    })),
  );
}

describe('a walk that is not put into words', () => {
  it.each(topologyNames().filter((name) => /policy|nodeport|two-nodes|no-endpoints|ipvs-ping/.test(name)))(
    'comes to the same as its trace in %s',
    (name) => {
      const { sources } = readSources([topologyPath(name)]);
      const cluster = buildCluster(loadCluster(sources, { set: [] }).objects);
      for (const question of questions(cluster)) {
        const found = answerOutcomes(cluster, question);
        const told = answer(cluster, question, { all: true });
        if (!found.ok || !told.ok) {
          expect(found).toEqual(told);
          continue;
        }
        const { trace } = told.value;
        expect(found.value.source).toEqual(trace.flow.source);
        expect(found.value.outcomes.map(({ path }) => path())).toEqual(trace.paths);
        const short = found.value.outcomes.map(({ path: _, ...outcome }) => outcome);
        expect(short).toEqual(
          trace.paths.map(({ verdict, reason, endpoint, observedSource, hops }) => {
            const denied = (side: string): boolean =>
              decisionsOf(hops).some((one) => one.direction === side && one.verdict === 'denied');
            return {
              verdict,
              reason,
              endpoint,
              ...(observedSource === undefined ? {} : { observedSource }),
              refused: { ingress: denied('ingress'), egress: denied('egress') },
            };
          }),
        );
      }
    },
  );
});
