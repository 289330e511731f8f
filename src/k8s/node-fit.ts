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

export const HOSTNAME = 'kubernetes.io/hostname';
const OS = 'kubernetes.io/os';
const ARCH = 'kubernetes.io/arch';

/**
 * The labels of a node with those that every node has: what kubelet sets itself, where the input leaves it out, and
 * the older names of os and arch, which the node lifecycle controller keeps equal (labelReconcileInfo).
 */
export function nodeLabels(node: Node): ReadonlyMap<string, string> {
  const { labels, name } = node.meta;
  const os = labels.get(OS) ?? labels.get(`beta.${OS}`) ?? 'linux';
  const arch = labels.get(ARCH) ?? labels.get(`beta.${ARCH}`) ?? 'amd64';
  return new Map([
    [HOSTNAME, name],
    ...labels,
    [OS, os],
    [ARCH, arch],
    [`beta.${OS}`, os],
    [`beta.${ARCH}`, arch],
  ]);
}

/** The nodes that a pod's nodeSelector or required affinity asks for by name; empty: it leaves the choice. */
export function requiredNodeNames({ nodeSelector, nodeAffinity }: PodSpec): readonly string[] {
  const selected = nodeSelector.get(HOSTNAME);
  if (selected !== undefined) return [selected];
  const terms = (nodeAffinity?.required ?? []).map(({ matchExpressions, matchFields }) =>
    [...matchExpressions.filter(({ key }) => key === HOSTNAME), ...matchFields]
      .filter(({ operator }) => operator === 'In')
      .flatMap(({ values }) => values),
  );
  return terms.every((names) => names.length > 0) ? terms.flat() : [];
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
    matchExpressions.every((one) => meetsNodeRequirement(one, labels.get(one.key))) &&
    matchFields.every((one) => meetsNodeRequirement(one, node.meta.name))
  );
}

/** Whether a label (undefined: the node has none) is as a requirement wants it. */
export function meetsNodeRequirement(
  requirement: NodeSelectorRequirement,
  value: string | undefined,
): boolean {
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
