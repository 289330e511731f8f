import { matchesNode, type Node, type Pod, tolerates, untoleratedTaint } from '../../k8s/index.ts';
import { fitsPorts, type HostPorts } from './host-ports.ts';

const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' } as const;

/**
 * The filter that a node fails for a pod whatever runs there, in kube-scheduler's words and order; undefined: none.
 * Its plugins answer UnschedulableAndUnresolvable in all these cases: no preemption helps.
 */
export function whyNot(pod: Pod, node: Node): string | undefined {
  if (node.unschedulable && !(pod.tolerations ?? []).some((one) => tolerates(one, UNSCHEDULABLE))) {
    return 'node(s) were unschedulable';
  }
  const taint = untoleratedTaint(pod, node);
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value}}`;
  if (!matchesNode(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  return undefined;
}

const PORTS = "node(s) didn't have free ports for the requested pod ports";
const FILTERED = 'node is filtered out by the prefilter result';
const NO_VICTIMS = 'No preemption victims found for incoming pod';
const NOT_HELPFUL = 'Preemption is not helpful for scheduling';

/**
 * What kube-scheduler 1.30 says of a pod that no node takes (FitError.Error, then DefaultPreemption's own). All pods
 * have one priority here, so that a pod in the way is never evicted.
 */
export function whyNowhere(
  pod: Pod,
  nodes: readonly Node[],
  ports: readonly (HostPorts | undefined)[],
): string {
  if (nodes.length === 0) return 'no nodes available to schedule pods';
  const named = nodesNamed(pod);
  if (named !== undefined && named.size === 0) {
    return `${available(nodes)}: pod affinity terms conflict. preemption: ${available(nodes)}: ${nodes.length} ${NOT_HELPFUL}.`;
  }
  const reasons = new Map<string, number>();
  const preemption = new Map<string, number>();
  for (const [i, node] of nodes.entries()) {
    const fixed = named === undefined || named.has(node.meta.name) ? whyNot(pod, node) : FILTERED;
    // What is no fixed reason is a port that another pod holds.
    const reason = fixed ?? (fitsPorts(ports[i], pod) ? undefined : PORTS);
    if (reason !== undefined) count(reasons, reason);
    count(preemption, fixed === undefined ? NO_VICTIMS : NOT_HELPFUL);
  }
  return `${available(nodes)}: ${listed(reasons)}. preemption: ${available(nodes)}: ${listed(preemption)}.`;
}

function available(nodes: readonly Node[]): string {
  return `0/${nodes.length} nodes are available`;
}

/** NodeAffinity.PreFilter: the nodes that the terms allow by name, if each of them names some. */
function nodesNamed(pod: Pod): ReadonlySet<string> | undefined {
  const required = pod.nodeAffinity?.required;
  if (required === undefined || required.length === 0) return undefined;
  const all = new Set<string>();
  for (const { matchFields } of required) {
    const sets = matchFields
      .filter(({ key, operator }) => key === 'metadata.name' && operator === 'In')
      .map(({ values }) => values);
    const [first, ...others] = sets;
    if (first === undefined) return undefined;
    for (const name of first) if (others.every((values) => values.includes(name))) all.add(name);
  }
  return all;
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** sortReasonsHistogram. */
function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .map(([reason, n]) => `${n} ${reason}`)
    .sort()
    .join(', ');
}
