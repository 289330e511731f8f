import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodSpec,
  Taint,
  Toleration,
} from './objects.ts';
import { matchLabels, meetsRequirement } from './selector.ts';

/**
 * Which nodes a pod may run on, as far as the two objects alone say it. The scheduler and the DaemonSet controller
 * ask the same (k8s.io/component-helpers/scheduling/corev1).
 */

/** The labels of a node with those that kubelet sets itself, where the input leaves them out. */
export function nodeLabels(node: Node): ReadonlyMap<string, string> {
  return new Map([
    ['kubernetes.io/hostname', node.meta.name],
    ['kubernetes.io/os', 'linux'],
    ['kubernetes.io/arch', 'amd64'],
    ...node.meta.labels,
  ]);
}

/** GetRequiredNodeAffinity(pod).Match(node): the nodeSelector and the required affinity, both. */
export function matchesNode(
  spec: PodSpec,
  node: Node,
  labels: ReadonlyMap<string, string> = nodeLabels(node),
): boolean {
  if (!matchLabels(spec.nodeSelector, labels)) return false;
  const required = spec.nodeAffinity?.required;
  return required === undefined || required.some((term) => matchesTerm(term, node, labels));
}

/** The sum of the weights of the preferences that a node meets. */
export function nodePreference(spec: PodSpec, node: Node): number {
  const preferred = spec.nodeAffinity?.preferred ?? [];
  if (preferred.length === 0) return 0;
  const labels = nodeLabels(node);
  return preferred.reduce((sum, { weight, term }) => sum + (matchesTerm(term, node, labels) ? weight : 0), 0);
}

function matchesTerm(term: NodeSelectorTerm, node: Node, labels: ReadonlyMap<string, string>): boolean {
  const { matchExpressions, matchFields } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => meets(one, labels.get(one.key))) &&
    matchFields.every((one) => meets(one, node.meta.name))
  );
}

function meets(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const { key, operator, values } = requirement;
  if (operator !== 'Gt' && operator !== 'Lt') return meetsRequirement({ key, operator, values }, value);
  const [bound] = values;
  // Both sides are read as integers; what is none does not match.
  if (value === undefined || bound === undefined || !isInteger(value) || !isInteger(bound)) return false;
  return operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

function isInteger(text: string): boolean {
  return /^-?\d{1,19}$/.test(text);
}

const NOT_READY = 'node.kubernetes.io/not-ready';

/** A node's taints, and those that the node lifecycle controller gives a node that is not ready. */
export function nodeTaints(node: Node): readonly Taint[] {
  if (node.ready || node.taints.some((taint) => taint.key === NOT_READY)) return node.taints;
  return [
    ...node.taints,
    { key: NOT_READY, value: '', effect: 'NoSchedule' },
    { key: NOT_READY, value: '', effect: 'NoExecute' },
  ];
}

/** Toleration.ToleratesTaint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  if (toleration.key !== '' && toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || toleration.value === taint.value;
}

/** The first taint that keeps new pods off and that the pod does not tolerate (FindMatchingUntoleratedTaint). */
export function untoleratedTaint(spec: PodSpec, node: Node): Taint | undefined {
  return nodeTaints(node).find(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' && !(spec.tolerations ?? []).some((one) => tolerates(one, taint)),
  );
}
