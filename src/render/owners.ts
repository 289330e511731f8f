import {
  type ClusterObjects,
  isFinished,
  type Meta,
  type OwnerReference,
  type Pod,
  type Workload,
} from '../k8s/index.ts';

/** What the status of a workload counts. */
export interface PodCounts {
  /** How many pods it should have. */
  readonly desired: number;
  readonly current: number;
  readonly ready: number;
}

/** Who made which pods. */
export interface Owners {
  /** The pods that a workload made, directly or through its ReplicaSets. */
  readonly podsOf: (workload: Workload) => readonly Pod[];
  /** The ReplicaSets of a Deployment. */
  readonly replicaSetsOf: (deployment: Workload) => readonly Workload[];
  readonly count: (workload: Workload) => PodCounts;
}

/** The owner that manages an object, as metav1.GetControllerOf finds it. */
export function controllerOf(meta: Meta): OwnerReference | undefined {
  return meta.ownerReferences.find(({ controller }) => controller);
}

export function ownersIn(objects: Pick<ClusterObjects, 'pods' | 'workloads'>): Owners {
  const pods = byController(objects.pods);
  const workloads = byController(objects.workloads);
  const replicaSetsOf = (deployment: Workload): readonly Workload[] =>
    (workloads.get(keyOf(deployment.kind, deployment.meta)) ?? []).filter(
      ({ kind }) => kind === 'ReplicaSet',
    );
  const podsOf = (workload: Workload): readonly Pod[] => {
    const own = pods.get(keyOf(workload.kind, workload.meta)) ?? [];
    if (workload.kind !== 'Deployment') return own;
    const sets = replicaSetsOf(workload);
    if (sets.length > 0) return [...own, ...sets.flatMap(podsOf)];
    // Pods of a ReplicaSet that is not in the input: its name is its Deployment's and the hash.
    return objects.pods.filter(({ meta }) => {
      const owner = controllerOf(meta);
      return (
        meta.namespace === workload.meta.namespace &&
        owner?.kind === 'ReplicaSet' &&
        owner.name === `${workload.meta.name}-${meta.labels.get('pod-template-hash')}`
      );
    });
  };
  const count = (workload: Workload): PodCounts => {
    const alive = podsOf(workload).filter((pod) => !isFinished(pod) && !pod.meta.deleting);
    return {
      desired: desiredOf(workload, alive.length),
      current: alive.length,
      ready: alive.filter((pod) => pod.ready && pod.phase === 'Running').length,
    };
  };
  return { podsOf, replicaSetsOf, count };
}

function keyOf(
  kind: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  return `${kind} ${namespace}/${name}`;
}

function byController<T extends { readonly meta: Meta }>(objects: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const object of objects) {
    const owner = controllerOf(object.meta);
    if (owner === undefined) continue;
    const key = keyOf(owner.kind, { namespace: object.meta.namespace, name: owner.name });
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [object]);
    else group.push(object);
  }
  return groups;
}

function desiredOf(workload: Workload, current: number): number {
  switch (workload.kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet':
      return workload.replicas;
    // One for each node that takes it, and those its controller has made.
    case 'DaemonSet':
      return current;
    case 'Job':
      return workload.parallelism;
  }
}
