import type { ClusterObjects, Meta, OwnerReference, Pod, Workload } from './objects.ts';

/** Who made which pods, as ownerReferences say. */
export interface Ownership {
  /** The pods that a workload made, directly or through its ReplicaSets. */
  readonly podsOf: (workload: Workload) => readonly Pod[];
  /** The ReplicaSets of a Deployment. */
  readonly replicaSetsOf: (deployment: Workload) => readonly Workload[];
}

/** The owner that manages an object, as metav1.GetControllerOf finds it. */
export function controllerOf(meta: Meta): OwnerReference | undefined {
  return meta.ownerReferences.find(({ controller }) => controller);
}

/** Reads the ownerReferences of pods and ReplicaSets. */
export function ownershipIn(objects: Pick<ClusterObjects, 'pods' | 'workloads'>): Ownership {
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
  return { podsOf, replicaSetsOf };
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
