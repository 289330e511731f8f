import { type Diagnostic, isFinished, matchLabels, type Node, type Pod } from '../../k8s/index.ts';

/** Pods with their nodes, in input order. */
export interface Placement {
  readonly pods: readonly Pod[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Gives every pod without `spec.nodeName` a node. Pods that fit nowhere keep an empty nodeName and bring a
 * warning (PW410); finished pods are not placed, for they need nothing any more.
 */
export function schedulePods(pods: readonly Pod[], nodes: readonly Node[]): Placement {
  if (pods.every((pod) => pod.nodeName !== '' || isFinished(pod))) return { pods, diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const load: Load = { nodes: nodes.length, total: new Int32Array(nodes.length), byKind: new Map() };
  const index = new Map(nodes.map((node, i) => [node.meta.name, i]));
  for (const pod of pods) {
    const at = index.get(pod.nodeName);
    if (at !== undefined && !isFinished(pod)) addPod(load, pod, at);
  }
  // Most pods have no nodeSelector: nodes are filtered once for each selector, not for each pod.
  const candidates = new Map<string, readonly number[]>();
  const placed = pods.map((pod) => {
    if (pod.nodeName !== '' || isFinished(pod)) return pod;
    const key = JSON.stringify([...pod.nodeSelector]);
    let fits = candidates.get(key);
    if (fits === undefined) {
      fits = nodes.flatMap((node, i) => (whyNot(pod, node) === undefined ? [i] : []));
      candidates.set(key, fits);
    }
    const chosen = lightest(load, pod, fits);
    if (chosen === undefined) {
      diagnostics.push(unschedulable(pod, nodes));
      return pod;
    }
    addPod(load, pod, chosen);
    return { ...pod, nodeName: nodes[chosen]?.meta.name ?? '' };
  });
  return { pods: placed, diagnostics };
}

/** How many pods, and how many of each kind of pod, run on each node (by its index). */
interface Load {
  readonly nodes: number;
  readonly total: Int32Array;
  readonly byKind: Map<string, Int32Array>;
}

function countsOf(load: Load, pod: Pod): Int32Array {
  const key = kindOf(pod);
  let counts = load.byKind.get(key);
  if (counts === undefined) {
    counts = new Int32Array(load.nodes);
    load.byKind.set(key, counts);
  }
  return counts;
}

function addPod(load: Load, pod: Pod, node: number): void {
  const counts = countsOf(load, pod);
  counts[node] = (counts[node] ?? 0) + 1;
  load.total[node] = (load.total[node] ?? 0) + 1;
}

function lightest(load: Load, pod: Pod, candidates: readonly number[]): number | undefined {
  const counts = countsOf(load, pod);
  let best: number | undefined;
  let bestCount = 0;
  let bestTotal = 0;
  for (const i of candidates) {
    const count = counts[i] ?? 0;
    const total = load.total[i] ?? 0;
    if (best === undefined || count < bestCount || (count === bestCount && total < bestTotal)) {
      best = i;
      bestCount = count;
      bestTotal = total;
    }
  }
  return best;
}

/** Pods of one controller are of one kind; without a controller, pods with the same labels are. */
function kindOf(pod: Pod): string {
  const owner = pod.meta.ownerReferences.find((o) => o.controller);
  if (owner !== undefined) return JSON.stringify([pod.meta.namespace, owner.kind, owner.name]);
  return JSON.stringify([pod.meta.namespace, [...pod.meta.labels].sort()]);
}

/** The filter that a node fails for a pod, in kube-scheduler's words; undefined: it fits. */
function whyNot(pod: Pod, node: Node): string | undefined {
  if (node.unschedulable) return 'node(s) were unschedulable';
  if (!node.ready) return 'node(s) had untolerated taint {node.kubernetes.io/not-ready: }';
  const taint = node.taints.find((t) => t.effect !== 'PreferNoSchedule');
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value}}`;
  const hostname = node.meta.labels.has('kubernetes.io/hostname')
    ? node.meta.labels
    : new Map([...node.meta.labels, ['kubernetes.io/hostname', node.meta.name]]);
  if (!matchLabels(pod.nodeSelector, hostname)) return "node(s) didn't match Pod's node affinity/selector";
  return undefined;
}

function unschedulable(pod: Pod, nodes: readonly Node[]): Diagnostic {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const reason = whyNot(pod, node) ?? '';
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const reasons = [...counts].map(([reason, n]) => `${n} ${reason}`).sort();
  const { name, namespace, source } = pod.meta;
  return {
    severity: 'warning',
    code: 'PW410',
    message: `Pod ${namespace}/${name} is not placed and has no network: 0/${nodes.length} nodes are available: ${reasons.join(', ')}.`,
    fix: 'set spec.nodeName, or make a node fit',
    ...(source === undefined ? {} : { at: { source, path: ['spec'] } }),
  };
}
