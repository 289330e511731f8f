import type { ClusterObjects, Pod } from '../k8s/index.ts';
import type { MatrixEnd } from './policy-ends.ts';
import type { Reach, Reachability } from './policy-reach.ts';

/** Ends that share a row and a column. */
export interface MatrixGroup {
  readonly name: string;
  /** Indexes into the list of ends. */
  readonly ends: readonly number[];
}

export type MatrixLevel = 'pod' | 'workload' | 'namespace';

/** One group for each pod, workload or namespace; addresses stay by themselves. In the order of the ends. */
export function matrixGroups(
  ends: readonly MatrixEnd[],
  level: MatrixLevel,
  objects: Pick<ClusterObjects, 'workloads'>,
): MatrixGroup[] {
  const deployments = deploymentOfReplicaSet(objects);
  const groups = new Map<string, number[]>();
  for (const [index, { name, end }] of ends.entries()) {
    const group = end.kind === 'pod' ? groupName(end.pod, level, deployments) : name;
    const own = groups.get(group);
    if (own === undefined) groups.set(group, [index]);
    else own.push(index);
  }
  return [...groups].map(([name, own]) => ({ name, ends: own }));
}

/** `ns/ReplicaSet` -> the Deployment's name. */
function deploymentOfReplicaSet({ workloads }: Pick<ClusterObjects, 'workloads'>): Map<string, string> {
  const out = new Map<string, string>();
  for (const { kind, meta } of workloads) {
    const owner = meta.ownerReferences.find(({ controller }) => controller);
    if (kind === 'ReplicaSet' && owner?.kind === 'Deployment')
      out.set(`${meta.namespace}/${meta.name}`, owner.name);
  }
  return out;
}

function groupName({ meta }: Pod, level: MatrixLevel, deployments: ReadonlyMap<string, string>): string {
  if (level === 'namespace') return meta.namespace;
  const owner = meta.ownerReferences.find(({ controller }) => controller);
  if (level === 'pod' || owner === undefined || owner.kind === 'Node')
    return `${meta.namespace}/${meta.name}`;
  if (owner.kind !== 'ReplicaSet') return `${meta.namespace}/${owner.name}`;
  // A ReplicaSet that is not in the input: its name is its Deployment's and the pods' hash.
  const hash = meta.labels.get('pod-template-hash');
  const cut = hash !== undefined && owner.name.endsWith(`-${hash}`) ? -hash.length - 1 : undefined;
  const deployment = deployments.get(`${meta.namespace}/${owner.name}`) ?? owner.name.slice(0, cut);
  return `${meta.namespace}/${deployment}`;
}

/** How many pairs of two groups may talk, of how many; an end and itself, and two addresses, are no pair. */
export interface PairCount {
  readonly allowed: number;
  readonly of: number;
}

/** A function that counts over two groups, class by class. `listens`: whether an end is asked about as destination. */
export function pairCounter(
  reachability: Reachability,
  groups: readonly MatrixGroup[],
  listens: (end: number) => boolean,
): (reach: Reach, from: number, to: number) => PairCount {
  const { ends, classOf, isNode } = reachability;
  const outside = (end: number): boolean => ends[end]?.kind === 'address';
  // Nodes reach their own pods whatever their class is: they, and where such are, pods by node, stay apart.
  const anyNode = ends.some((_, end) => isNode(end));
  function keyOf(end: number): string {
    const one = ends[end];
    const node = anyNode && one?.kind === 'pod' ? one.pod.nodeName : '';
    return `${classOf[end]} ${outside(end)} ${isNode(end)} ${node}`;
  }
  const sources = groups.map((group) => membersByKey(group.ends, keyOf));
  const destinations = groups.map((group) => membersByKey(group.ends.filter(listens), keyOf));
  return (reach, from, to) => {
    let allowed = 0;
    let of = 0;
    for (const [source, a] of sources[from] ?? []) {
      for (const [destination, b] of destinations[to] ?? []) {
        if (outside(source) && outside(destination)) continue;
        const same = from === to && keyOf(source) === keyOf(destination);
        // Of a group with itself the class's listeners are among its senders: each is once its own partner.
        const pairs = a * b - (same ? Math.min(a, b) : 0);
        of += pairs;
        if (pairs > 0 && reach.allowed(source, destination)) allowed += pairs;
      }
    }
    return { allowed, of };
  };
}

/** A member for each key, and how many have it. */
function membersByKey(
  ends: readonly number[],
  keyOf: (end: number) => string,
): (readonly [number, number])[] {
  const counts = new Map<string, [number, number]>();
  for (const end of ends) {
    const key = keyOf(end);
    const known = counts.get(key);
    if (known === undefined) counts.set(key, [end, 1]);
    else known[1]++;
  }
  return [...counts.values()];
}
