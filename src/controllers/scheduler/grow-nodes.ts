import {
  assumedNode,
  HOSTNAME,
  matchesNode,
  meetsNodeRequirement,
  type Node,
  type NodeSelectorRequirement,
  nodeLabels,
  type Pod,
  type PodSpec,
  requiredNodeNames,
  type Workload,
} from '../../k8s/index.ts';
import { fitsPorts, type HostPorts, holdPorts, wantsPorts } from './host-ports.ts';

/** Assumed nodes changed so that more workloads fit, and what was changed, in words. */
export interface Growth {
  readonly nodes: readonly Node[];
  /** `node1 has disk=ssd`, `node3 is there for host ports of Pod default/x`. */
  readonly changes: readonly string[];
}

/** What asks for a node: pods that are alike, or a DaemonSet that runs nowhere. */
interface Ask {
  readonly spec: PodSpec;
  /** How many nodes it takes; more than one where host ports keep its pods apart. */
  readonly count: number;
  readonly who: string;
}

/** More assumed nodes than this help nobody. */
const MOST_NODES = 100;

/**
 * Makes assumed nodes fit what found none: labels that nodeSelectors and required affinity ask for go to the first node
 * that can have them and leaves everything that fits now somewhere to run; where none can, and where host ports are
 * taken, there is another node. Tolerations ask for nothing, for assumed nodes have no taints. Undefined: nothing helps.
 */
export function growNodes(
  nodes: readonly Node[],
  pods: readonly Pod[],
  workloads: readonly Workload[],
): Growth | undefined {
  if (nodes.some(({ assumed }) => assumed !== true)) return undefined;
  const asks = [...unplaced(pods), ...idleDaemons(workloads, nodes)];
  if (asks.length === 0) return undefined;
  const specs = distinctSpecs(pods, workloads);
  const grown = [...nodes];
  const ports = heldPorts(pods, nodes);
  const changes: string[] = [];
  for (const ask of asks) {
    const used = new Set<number>();
    for (let i = 0; i < ask.count; i++) {
      const change = satisfy(ask, grown, ports, used, specs);
      if (change === undefined) break;
      changes.push(...change);
    }
  }
  return changes.length === 0 ? undefined : { nodes: grown, changes };
}

/** Labels of assumed nodes as the pods that name them ask: they run there, so the nodes have them. */
export function labelsOfBound(nodes: readonly Node[], pods: readonly Pod[]): readonly Node[] {
  const asking = pods.filter(
    ({ nodeName, nodeSelector, nodeAffinity }) =>
      nodeName !== '' && (nodeSelector.size > 0 || nodeAffinity?.required !== undefined),
  );
  if (asking.length === 0 || nodes.every(({ assumed }) => assumed !== true)) return nodes;
  const byName = new Map(nodes.map((node) => [node.meta.name, node]));
  for (const pod of asking) {
    const node = byName.get(pod.nodeName);
    if (node?.assumed !== true || matchesNode(pod, node)) continue;
    const fitting = extended(node, pod);
    if (fitting !== undefined) byName.set(pod.nodeName, fitting);
  }
  return nodes.map((node) => byName.get(node.meta.name) ?? node);
}

function unplaced(pods: readonly Pod[]): Ask[] {
  const asks = new Map<string, { readonly spec: Pod; count: number }>();
  for (const pod of pods) {
    if (pod.unscheduled?.by !== 'scheduler') continue;
    const key = JSON.stringify([[...pod.nodeSelector], pod.nodeAffinity, hostPortsOf(pod)]);
    const ask = asks.get(key);
    if (ask === undefined) asks.set(key, { spec: pod, count: 1 });
    else if (wantsPorts(pod)) ask.count++;
  }
  return [...asks.values()].map(({ spec, count }) => ({ spec, count, who: ownerOf(spec) }));
}

function hostPortsOf(pod: Pod): string[] {
  return pod.ports
    .filter(({ hostPort }) => hostPort !== 0)
    .map(({ hostPort, protocol }) => `${hostPort}/${protocol}`);
}

function ownerOf({ meta }: Pod): string {
  const owner = meta.ownerReferences.find(({ controller }) => controller);
  const hash = `-${meta.labels.get('pod-template-hash')}`;
  if (owner?.kind === 'ReplicaSet' && owner.name.endsWith(hash))
    return `Deployment ${meta.namespace}/${owner.name.slice(0, -hash.length)}`;
  return `${owner?.kind ?? 'Pod'} ${meta.namespace}/${owner?.name ?? meta.name}`;
}

/** DaemonSets that no node is for. Those of another operating system or machine have none, and that is all right. */
function idleDaemons(workloads: readonly Workload[], nodes: readonly Node[]): Ask[] {
  return workloads.flatMap((workload): Ask[] => {
    if (workload.kind !== 'DaemonSet' || workload.meta.deleting) return [];
    const { spec } = workload.template;
    if (nodes.some((node) => matchesNode(spec, node)) || asksForMachine(spec)) return [];
    const { namespace, name } = workload.meta;
    return [{ spec: { ...spec, ports: [] }, count: 1, who: `DaemonSet ${namespace}/${name}` }];
  });
}

/** How much has found no node: pods, and DaemonSets that run nowhere. */
export function unmet(nodes: readonly Node[], pods: readonly Pod[], workloads: readonly Workload[]): number {
  const pending = pods.filter(({ unscheduled }) => unscheduled?.by === 'scheduler').length;
  return pending + idleDaemons(workloads, nodes).length;
}

/** Whether the operating system or the machine is asked for. */
function asksForMachine({ nodeSelector, nodeAffinity }: PodSpec): boolean {
  const terms = nodeAffinity?.required ?? [];
  const keys = [
    ...nodeSelector.keys(),
    ...terms.flatMap(({ matchExpressions }) => matchExpressions.map(({ key }) => key)),
  ];
  return keys.some((key) => [ARCH, OS].includes(stable(key)));
}

/** Each way of asking that is there, for a change must leave everything a place. */
function distinctSpecs(pods: readonly Pod[], workloads: readonly Workload[]): readonly PodSpec[] {
  const found = new Map<string, PodSpec>();
  const add = (spec: PodSpec): void => {
    if (spec.nodeSelector.size === 0 && spec.nodeAffinity?.required === undefined) return;
    const key = JSON.stringify([[...spec.nodeSelector], spec.nodeAffinity?.required]);
    if (!found.has(key)) found.set(key, spec);
  };
  for (const pod of pods) add(pod);
  for (const { kind, template } of workloads) if (kind === 'DaemonSet') add(template.spec);
  return [...found.values()];
}

function heldPorts(pods: readonly Pod[], nodes: readonly Node[]): (HostPorts | undefined)[] {
  const index = new Map(nodes.map(({ meta }, i) => [meta.name, i]));
  const ports: (HostPorts | undefined)[] = [];
  for (const pod of pods) {
    const at = index.get(pod.nodeName);
    if (at === undefined || !wantsPorts(pod)) continue;
    const held: HostPorts = ports[at] ?? new Map();
    ports[at] = held;
    holdPorts(held, pod);
  }
  return ports;
}

/** Changes a node in place of the list, or adds one; undefined: neither helps. */
function satisfy(
  { spec, who }: Ask,
  nodes: Node[],
  ports: (HostPorts | undefined)[],
  used: Set<number>,
  specs: readonly PodSpec[],
): string[] | undefined {
  for (const [i, node] of nodes.entries()) {
    if (used.has(i) || !fitsPorts(ports[i], spec)) continue;
    const fits = matchesNode(spec, node);
    const next = fits ? node : extended(node, spec);
    if (next === undefined || (!fits && displaces(next, i, nodes, specs))) continue;
    take(i, spec, ports, used);
    nodes[i] = next;
    const labels = labelsAdded(node, next);
    return fits ? [] : [`${next.meta.name} has ${labels.join(', ')} (${who})`];
  }
  const fresh = freshNode(nodes, spec);
  if (fresh === undefined) return undefined;
  const bare = assumedNode(fresh.meta.name);
  take(nodes.length, spec, ports, used);
  nodes.push(fresh);
  const labels = labelsAdded(bare, fresh);
  const why = labels.length === 0 ? 'is there' : `is there with ${labels.join(', ')}`;
  return [`${fresh.meta.name} ${why} (${who})`];
}

function take(node: number, spec: PodSpec, ports: (HostPorts | undefined)[], used: Set<number>): void {
  used.add(node);
  const held: HostPorts = ports[node] ?? new Map();
  ports[node] = held;
  holdPorts(held, spec);
}

/** Whether something that fits this node alone would not fit it any more. */
function displaces(next: Node, at: number, nodes: readonly Node[], specs: readonly PodSpec[]): boolean {
  const [node] = nodes.slice(at, at + 1);
  if (node === undefined) return false;
  return specs.some(
    (spec) =>
      matchesNode(spec, node) &&
      !matchesNode(spec, next) &&
      !nodes.some((other, i) => i !== at && matchesNode(spec, other)),
  );
}

function freshNode(nodes: readonly Node[], spec: PodSpec): Node | undefined {
  if (nodes.length >= MOST_NODES) return undefined;
  const names = new Set(nodes.map(({ meta }) => meta.name));
  const wanted = requiredNodeNames(spec);
  let n = 1;
  while (names.has(`node${n}`)) n++;
  const name = wanted.length === 0 ? `node${n}` : wanted.find((one) => !names.has(one));
  if (name === undefined) return undefined;
  const node = assumedNode(name);
  return matchesNode(spec, node) ? node : extended(node, spec);
}

function labelsAdded(before: Node, after: Node): string[] {
  return [...after.meta.labels]
    .filter(([key, value]) => before.meta.labels.get(key) !== value)
    .map(([key, value]) => (value === '' ? key : `${key}=${value}`));
}

/** The node with the labels that a spec asks for, by the first of its terms that can be had; undefined: none can. */
function extended(node: Node, spec: PodSpec): Node | undefined {
  const selected = [...spec.nodeSelector].map(
    ([key, value]): NodeSelectorRequirement => ({ key, operator: 'In', values: [value] }),
  );
  const terms = spec.nodeAffinity?.required ?? [undefined];
  for (const term of terms) {
    const labels = labelsFor(node, [...selected, ...(term?.matchExpressions ?? [])]);
    if (labels === undefined) continue;
    const next = { ...node, meta: { ...node.meta, labels } };
    if (matchesNode(spec, next)) return next;
  }
  return undefined;
}

const BETA = 'beta.kubernetes.io/';
const ARCH = 'kubernetes.io/arch';
const OS = 'kubernetes.io/os';

/** `kubernetes.io/os` for `beta.kubernetes.io/os`. */
function stable(key: string): string {
  return key.startsWith(BETA) ? key.slice('beta.'.length) : key;
}

/** Undefined: the node is what contradicts one of them. */
function labelsFor(
  node: Node,
  requirements: readonly NodeSelectorRequirement[],
): ReadonlyMap<string, string> | undefined {
  const byKey = new Map<string, NodeSelectorRequirement[]>();
  for (const one of requirements) {
    const key = stable(one.key);
    const own = byKey.get(key);
    if (own === undefined) byKey.set(key, [one]);
    else own.push(one);
  }
  const now = nodeLabels(node);
  const labels = new Map(node.meta.labels);
  for (const [key, own] of byKey) {
    const current = now.get(key);
    const meets = (value: string | undefined): boolean =>
      own.every((one) => meetsNodeRequirement(one, value));
    if (meets(current)) continue;
    // What a node is called and that it is Linux stands; on which machine it runs, nobody has said.
    if (key === HOSTNAME || key === OS || (current !== undefined && key !== ARCH)) return undefined;
    const value = own.flatMap(valuesFor).find(meets);
    if (value === undefined) return undefined;
    labels.set(key, value);
  }
  return labels;
}

function valuesFor({ operator, values }: NodeSelectorRequirement): readonly string[] {
  switch (operator) {
    case 'In':
      return values;
    case 'Exists':
      return [''];
    case 'Gt':
    case 'Lt':
      return values.flatMap((bound) =>
        /^-?\d{1,18}$/.test(bound) ? [`${BigInt(bound) + (operator === 'Gt' ? 1n : -1n)}`] : [],
      );
    case 'NotIn':
    case 'DoesNotExist':
      return [];
  }
}
