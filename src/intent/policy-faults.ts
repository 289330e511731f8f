import type { ClusterObjects, PolicyChange } from '../k8s/index.ts';
import { changesFor, decisionsOf, type Trace } from '../trace/index.ts';
import type { ObjectFault } from './object-fault.ts';

/** More edits than these are not tried for one refusal. */
const MOST_CHANGES = 4;

/** What NetworkPolicies keep a walk from: the edits that would allow it, the nearest first. */
export function policyFaults(objects: ClusterObjects, trace: Trace): ObjectFault[] {
  const path = trace.paths.find(({ reason }) => reason === 'POLICY');
  if (path === undefined) return [];
  const denied = decisionsOf(path.hops).filter(({ verdict }) => verdict === 'denied');
  // What failed may be the query for the destination's name.
  const sent = path.hops[0]?.steps[0];
  return denied.flatMap((decision) =>
    changesFor(objects, decision, sent?.type === 'originate' ? sent.packet.protocol : trace.flow.protocol)
      .slice(0, MOST_CHANGES)
      .map((change) => ({
        object: {
          kind: 'NetworkPolicy',
          namespace: change.policy.meta.namespace,
          name: change.policy.meta.name,
        },
        field: change.field,
        what: `does not allow it: ${decision.text}`,
        edit: { text: change.text, apply: applying(change) },
      })),
  );
}

function applying({ policy, apply }: PolicyChange): (objects: ClusterObjects) => ClusterObjects {
  const { namespace, name } = policy.meta;
  return (objects) => ({
    ...objects,
    networkPolicies: objects.networkPolicies.map((one) =>
      one.meta.namespace === namespace && one.meta.name === name ? apply(one) : one,
    ),
  });
}
