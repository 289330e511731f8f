import type { ClusterObjects, LabelSelector, NetworkPolicy, PolicyChange, PolicyPeer } from '../k8s/index.ts';
import { changesFor, decisionsOf, type Trace } from '../trace/index.ts';
import type { ObjectFault } from './object-fault.ts';
import { namespacesMeant } from './policy-lint-namespaces.ts';
import { policyScope } from './policy-lint-scope.ts';

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

/** namespaceSelectors that fit no Namespace, of the policies of those namespaces that a refused packet was between. */
export function namespaceFaults(objects: ClusterObjects, trace: Trace): ObjectFault[] {
  const path = trace.paths.find(({ reason }) => reason === 'POLICY');
  if (path === undefined) return [];
  const meant = namespacesMeant(policyScope(objects));
  return objects.networkPolicies.flatMap((policy) =>
    (['ingress', 'egress'] as const).flatMap((direction) =>
      policy[direction].flatMap((rule, i) =>
        rule.peers.flatMap((peer, n): ObjectFault[] => {
          if (peer.kind !== 'pods' || peer.namespaceSelector === undefined) return [];
          const found = meant(peer.namespaceSelector);
          if (found === undefined) return [];
          const { namespace, name } = policy.meta;
          const field = `spec.${direction}[${i}].${direction === 'ingress' ? 'from' : 'to'}[${n}].namespaceSelector`;
          const next: PolicyPeer = { ...peer, namespaceSelector: found.selector };
          return [
            {
              object: { kind: 'NetworkPolicy', namespace, name },
              field,
              what: `fits no Namespace: ${found.why}`,
              edit: {
                text: `${field}: { matchLabels: { ${pairsText(found.selector)} } }`,
                apply: (all) => ({
                  ...all,
                  networkPolicies: all.networkPolicies.map((one) =>
                    one.meta.namespace === namespace && one.meta.name === name
                      ? replaced(one, direction, i, n, next)
                      : one,
                  ),
                }),
              },
            },
          ];
        }),
      ),
    ),
  );
}

function pairsText({ matchLabels }: LabelSelector): string {
  return [...matchLabels].map(([key, value]) => `${key}: ${value}`).join(', ');
}

function replaced(
  policy: NetworkPolicy,
  direction: 'ingress' | 'egress',
  rule: number,
  peer: number,
  next: PolicyPeer,
): NetworkPolicy {
  return {
    ...policy,
    [direction]: policy[direction].map((one, i) =>
      i === rule ? { ...one, peers: one.peers.map((own, n) => (n === peer ? next : own)) } : one,
    ),
  };
}
