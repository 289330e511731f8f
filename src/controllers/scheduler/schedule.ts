import {
  type Diagnostic,
  isFinished,
  isUnstarted,
  type Node,
  nodePreference,
  type Pod,
  tolerates,
} from '../../k8s/index.ts';
import { fitsPorts, type HostPorts, holdPorts, wantsPorts } from './host-ports.ts';
import { whyNot, whyNowhere } from './why-nowhere.ts';

/** Pods with their nodes, in input order. */
export interface Placement {
  readonly pods: readonly Pod[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Whether the scheduler looks for a node: it has none, needs one, and its status does not say that none was found. */
export function wantsNode(pod: Pod): boolean {
  return pod.nodeName === '' && !isFinished(pod) && pod.unscheduled === undefined && !isUnstarted(pod);
}

/**
 * Gives every pod without `spec.nodeName` a node. Pods that fit nowhere are Pending and bring a warning (PW410);
 * finished pods are not placed, for they need nothing any more, nor those that are Pending by their own status.
 */
export function schedulePods(pods: readonly Pod[], nodes: readonly Node[]): Placement {
  if (!pods.some(wantsNode)) return { pods, diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const load: Load = {
    nodes: nodes.length,
    total: new Int32Array(nodes.length),
    byKind: new Map(),
    ports: [],
  };
  const index = new Map(nodes.map((node, i) => [node.meta.name, i]));
  for (const pod of pods) {
    const at = index.get(pod.nodeName);
    if (at !== undefined && !isFinished(pod)) addPod(load, pod, at);
  }
  // Replicas ask alike: nodes are filtered and scored once for each way of asking, not for each pod.
  const asked = new Map<string, readonly Candidate[]>();
  const placed = pods.map((pod): Pod => {
    if (!wantsNode(pod)) return pod;
    const key = JSON.stringify([[...pod.nodeSelector], pod.nodeAffinity, pod.tolerations]);
    let candidates = asked.get(key);
    if (candidates === undefined) {
      candidates = candidatesFor(pod, nodes);
      asked.set(key, candidates);
    }
    const chosen = lightest(load, pod, candidates);
    if (chosen === undefined) {
      const message = whyNowhere(pod, nodes, load.ports);
      diagnostics.push(unschedulable(pod, message));
      const unscheduled = { reason: 'Unschedulable', message, by: 'scheduler' } as const;
      return { ...pod, phase: 'Pending', ready: false, unscheduled };
    }
    addPod(load, pod, chosen);
    return { ...pod, nodeName: nodes[chosen]?.meta.name ?? '' };
  });
  return { pods: placed, diagnostics };
}

/** How many pods, and how many of each kind of pod, run on each node (by its index), and its host ports. */
interface Load {
  readonly nodes: number;
  readonly total: Int32Array;
  readonly byKind: Map<string, Int32Array>;
  readonly ports: HostPorts[];
}

/** A node that the filters let through, and what its scores are whatever runs there. */
interface Candidate {
  readonly index: number;
  /** Taints PreferNoSchedule that the pod does not tolerate. */
  readonly avoided: number;
  readonly preferred: number;
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
  if (!wantsPorts(pod)) return;
  const held = load.ports[node] ?? new Map();
  load.ports[node] = held;
  holdPorts(held, pod);
}

function candidatesFor(pod: Pod, nodes: readonly Node[]): Candidate[] {
  return nodes.flatMap((node, index) => {
    if (whyNot(pod, node) !== undefined) return [];
    const avoided = node.taints.filter(
      (taint) =>
        taint.effect === 'PreferNoSchedule' &&
        !(pod.tolerations ?? []).some((toleration) => tolerates(toleration, taint)),
    ).length;
    return [{ index, avoided, preferred: nodePreference(pod, node) }];
  });
}

function lightest(load: Load, pod: Pod, candidates: readonly Candidate[]): number | undefined {
  const counts = countsOf(load, pod);
  const ports = wantsPorts(pod);
  const scoreOf = ({ index, avoided, preferred }: Candidate): Score => [
    avoided,
    counts[index] ?? 0,
    -preferred,
    load.total[index] ?? 0,
  ];
  let best: number | undefined;
  let bestScore: Score | undefined;
  for (const candidate of candidates) {
    if (ports && !fitsPorts(load.ports[candidate.index], pod)) continue;
    const score = scoreOf(candidate);
    if (bestScore !== undefined && !isLower(score, bestScore)) continue;
    best = candidate.index;
    bestScore = score;
  }
  return best;
}

/** Lower is better, the first number that differs deciding. */
type Score = readonly [number, number, number, number];

function isLower(a: Score, b: Score): boolean {
  if (a[0] !== b[0]) return a[0] < b[0];
  if (a[1] !== b[1]) return a[1] < b[1];
  if (a[2] !== b[2]) return a[2] < b[2];
  return a[3] < b[3];
}

/** Pods of one controller are of one kind; without a controller, pods with the same labels are. */
function kindOf(pod: Pod): string {
  const owner = pod.meta.ownerReferences.find((o) => o.controller);
  if (owner !== undefined) return JSON.stringify([pod.meta.namespace, owner.kind, owner.name]);
  return JSON.stringify([pod.meta.namespace, [...pod.meta.labels].sort()]);
}

function unschedulable(pod: Pod, message: string): Diagnostic {
  const { name, namespace, source } = pod.meta;
  return {
    severity: 'warning',
    code: 'PW410',
    message: `Pod ${namespace}/${name} is Pending and has no network: ${message}`,
    fix: 'set spec.nodeName, or make a node fit',
    ...(source === undefined ? {} : { at: { source, path: ['spec'] } }),
  };
}
