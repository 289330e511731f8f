import { buildCluster, type Cluster } from '../cluster/index.ts';
import { answer, decisionsOf, type Trace } from '../trace/index.ts';
import type { Walked } from './diagnose.ts';
import { given } from './given.ts';

const ENFORCED = new WeakMap<Cluster, Cluster>();

/**
 * What NetworkPolicies would have made of a walk where nobody enforces them: it is walked again on the same cluster
 * with kube-router's controller. Undefined where they are enforced, or there are none.
 */
export function unenforced(cluster: Cluster, { question, options }: Walked): Trace['unenforced'] {
  const { objects } = cluster;
  const { length } = objects.networkPolicies;
  if (length === 0 || objects.policyEnforcement !== 'none') return undefined;
  let enforced = ENFORCED.get(cluster);
  if (enforced === undefined) {
    const policed = { ...given(objects), policyEnforcement: 'kube-router' } as const;
    enforced = buildCluster(policed, { breaks: cluster.breaks });
    ENFORCED.set(cluster, enforced);
  }
  const again = answer(enforced, question, { ...options, summary: false, capture: false });
  if (!again.ok) return undefined;
  const { trace } = again.value;
  const path = trace.paths.find(({ reason }) => reason === 'POLICY');
  const denied =
    path === undefined ? [] : decisionsOf(path.hops).filter(({ verdict }) => verdict === 'denied');
  return {
    policies: length,
    verdict: trace.verdict,
    ...(path === undefined ? {} : { explanation: path.explanation, denied }),
  };
}
