import {
  isFinished,
  type Meta,
  matchSelector,
  type Pod,
  type ReplicaSet,
  type Workload,
} from '../../k8s/index.ts';

/** The pods of the input that a workload has already. */
export interface Held {
  readonly all: number;
  /** Neither finished nor being deleted (FilterActivePods). */
  readonly active: number;
}

/** Which pods and ReplicaSets of the input belong to a workload. */
export interface Owners {
  readonly podsOf: (workload: Workload) => Held;
  /** Whether the Deployment above a ReplicaSet has pods, of whichever of its ReplicaSets. */
  readonly deploymentHasPods: (replicaSet: ReplicaSet) => boolean;
  /** The ReplicaSets of a Deployment, by name, owner or, without an owner, selector. */
  readonly replicaSetsOf: (deployment: Workload) => readonly ReplicaSet[];
}

const HASH = 'pod-template-hash';

/** Reads the ownerReferences of the input; what has no controller is adopted by selector, as controllers do. */
export function ownersOf(pods: readonly Pod[], workloads: readonly Workload[]): Owners {
  const owned = new Map<string, Pod[]>();
  const orphans = new Map<string, Pod[]>();
  for (const pod of pods) {
    const owner = controllerOf(pod.meta);
    if (owner === undefined) {
      for (const [label, value] of pod.meta.labels) push(orphans, key(pod.meta.namespace, label, value), pod);
    } else push(owned, key(pod.meta.namespace, owner.kind, owner.name), pod);
    // A ReplicaSet that is not in the input: its name is its Deployment's and the hash.
    const hash = pod.meta.labels.get(HASH);
    if (owner?.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
      const deployment = owner.name.slice(0, -hash.length - 1);
      push(owned, key(pod.meta.namespace, 'Deployment', deployment), pod);
    }
  }
  const replicaSets = new Map<string, ReplicaSet[]>();
  const loose = new Map<string, ReplicaSet[]>();
  for (const workload of workloads) {
    if (workload.kind !== 'ReplicaSet') continue;
    const { meta } = workload;
    const owner = controllerOf(meta);
    if (owner !== undefined) push(replicaSets, key(meta.namespace, owner.kind, owner.name), workload);
    else if (workload.template.labels.has(HASH)) push(loose, meta.namespace, workload);
  }
  return {
    podsOf: (workload) => {
      const { kind, meta } = workload;
      const own = owned.get(key(meta.namespace, kind, meta.name)) ?? [];
      return count(own.length > 0 ? own : adopted(workload, orphans));
    },
    deploymentHasPods: ({ meta }) => {
      const owner = controllerOf(meta);
      return owner !== undefined && owned.has(key(meta.namespace, owner.kind, owner.name));
    },
    replicaSetsOf: (deployment) => {
      const { kind, meta, selector } = deployment;
      const own = replicaSets.get(key(meta.namespace, kind, meta.name)) ?? [];
      const matching = (loose.get(meta.namespace) ?? []).filter(
        (one) => one.meta.name.startsWith(`${meta.name}-`) && matchSelector(selector, one.template.labels),
      );
      return [...own, ...matching];
    },
  };
}

function controllerOf(meta: Meta): Meta['ownerReferences'][number] | undefined {
  return meta.ownerReferences.find((owner) => owner.controller);
}

function adopted(workload: Workload, orphans: ReadonlyMap<string, readonly Pod[]>): readonly Pod[] {
  const { selector, meta } = workload;
  const [pair] = selector.matchLabels;
  if (pair === undefined) return [];
  return (orphans.get(key(meta.namespace, ...pair)) ?? []).filter(
    (pod) => mayAdopt(workload, pod) && matchSelector(selector, pod.meta.labels),
  );
}

/** A Deployment's pods carry a hash, a StatefulSet's a number; without those, labels alone make no child. */
function mayAdopt(workload: Workload, pod: Pod): boolean {
  const { name } = workload.meta;
  switch (workload.kind) {
    case 'Deployment':
      return pod.meta.labels.has(HASH) && pod.meta.name.startsWith(`${name}-`);
    case 'StatefulSet':
      return pod.meta.name.startsWith(`${name}-`) && /^\d+$/.test(pod.meta.name.slice(name.length + 1));
    case 'DaemonSet':
    case 'Job':
    case 'ReplicaSet':
    case 'ReplicationController':
      return pod.meta.name.startsWith(`${name}-`);
  }
}

function count(pods: readonly Pod[]): Held {
  return {
    all: pods.length,
    active: pods.filter((pod) => !isFinished(pod) && !pod.meta.deleting).length,
  };
}

function key(...parts: readonly string[]): string {
  return parts.join('\0');
}

function push<T>(map: Map<string, T[]>, at: string, item: T): void {
  const list = map.get(at);
  if (list === undefined) map.set(at, [item]);
  else list.push(item);
}
