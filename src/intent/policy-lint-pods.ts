import { type Diagnostic, type NetworkPolicy, type Pod, selectorText, whyNone } from '../k8s/index.ts';
import type { PolicyScope } from './policy-lint-scope.ts';
import { policyFinding } from './policy-lint-warning.ts';

/**
 * A policy that selects no pod, or pods that it does not protect, for they are on the network of their node (PW330). A
 * note where the pods may not be in the input.
 */
export function selectsNobody(policy: NetworkPolicy, scope: PolicyScope): Diagnostic[] {
  const { namespace } = policy.meta;
  const chosen = scope.select(namespace, policy.podSelector);
  const onHost = chosen.filter((pod) => scope.model.subjectOf({ kind: 'pod', pod }).namespace === undefined);
  if (chosen.length > 0) return onHost.length === 0 ? [] : [unprotected(policy, onHost, chosen.length)];
  const { severity, key, reason, fix } = absence(policy, scope);
  const path = key === undefined ? ['spec', 'podSelector'] : ['spec', 'podSelector', 'matchLabels', key];
  return [policyFinding(severity, policy, path, 'PW330', `it selects no pod: ${reason}`, fix)];
}

function unprotected(policy: NetworkPolicy, onHost: readonly Pod[], all: number): Diagnostic {
  const names = onHost.slice(0, 3).map(({ meta }) => `${meta.namespace}/${meta.name}`);
  const more = onHost.length > names.length ? ` and ${onHost.length - names.length} more` : '';
  const list = `${names.join(', ')}${more}`;
  const why = 'which no NetworkPolicy protects';
  const message =
    onHost.length < all
      ? `${onHost.length} of the ${all} pods that it selects ${onHost.length === 1 ? 'is a host-network pod' : 'are host-network pods'}, ${why}: ${list}`
      : all === 1
        ? `it selects one pod, a host-network pod, ${why}: ${list}`
        : `all ${all} pods that it selects are host-network pods, ${why}: ${list}`;
  return policyFinding(
    onHost.length < all ? 'note' : 'warning',
    policy,
    ['spec', 'podSelector'],
    'PW330',
    message,
    'take hostNetwork from the pods, or guard their node with a firewall',
  );
}

function absence(
  { meta: { namespace }, podSelector }: NetworkPolicy,
  { known }: PolicyScope,
): ReturnType<typeof whyNone> {
  // An expression of one value says what a pair does.
  const pairs = new Map(podSelector.matchLabels);
  for (const { key, operator, values } of podSelector.matchExpressions) {
    const [only, ...more] = values;
    if (operator === 'In' && only !== undefined && more.length === 0 && !pairs.has(key)) pairs.set(key, only);
  }
  const fix = 'correct podSelector or metadata.namespace; a policy selects only in its own namespace';
  if (pairs.size > 0 && known.select(namespace, pairs).length === 0) {
    const found = whyNone(known, namespace, pairs, false);
    const written = found.key !== undefined && podSelector.matchLabels.has(found.key);
    const { key, ...rest } = found;
    return { fix, ...rest, ...(written && key !== undefined ? { key } : {}) };
  }
  const reason =
    known.labelsOf(namespace) === undefined
      ? `there are no pods in namespace "${namespace}" of the input`
      : `none in namespace "${namespace}" has ${selectorText(podSelector)}`;
  return { severity: 'note', reason, fix };
}
