import type { Cluster } from '../../cluster/index.ts';
import type { Walked } from '../../intent/index.ts';
import type { Trace } from '../../trace/index.ts';

/**
 * A trace with what is at fault, where somebody will want to know: the walk failed, or something was broken by hand
 * and the walk is not what the objects promise; or it was asked for. Others cost nothing, not even the code.
 */
export async function diagnosed(cluster: Cluster, walked: Walked, always: boolean): Promise<Trace> {
  return withUnenforced(cluster, walked, await withDiagnosis(cluster, walked, always));
}

/** With what NetworkPolicies would have said, where nobody enforces them. */
async function withUnenforced(cluster: Cluster, walked: Walked, trace: Trace): Promise<Trace> {
  const { networkPolicies, policyEnforcement } = cluster.objects;
  if (policyEnforcement !== 'none' || networkPolicies.length === 0) return trace;
  const { unenforced } = await import('../../intent/index.ts');
  const found = unenforced(cluster, walked);
  return found === undefined ? trace : { ...trace, unenforced: found };
}

async function withDiagnosis(cluster: Cluster, walked: Walked, always: boolean): Promise<Trace> {
  const { trace } = walked;
  const failed = trace.verdict !== 'delivered';
  if (!always && !failed && cluster.breaks.length === 0) return trace;
  const { diagnose } = await import('../../intent/index.ts');
  const diagnosis = diagnose(cluster, walked);
  if (diagnosis === undefined || (!always && !failed && diagnosis.agrees)) return trace;
  return { ...trace, diagnosis };
}
