import { type ClusterObjects, isFinished, type Ownership, ownershipIn, type Workload } from '../k8s/index.ts';

/** What the status of a workload counts. */
export interface PodCounts {
  /** How many pods it should have. */
  readonly desired: number;
  readonly current: number;
  readonly ready: number;
}

/** Who made which pods, and how many of them there are. */
export interface Owners extends Ownership {
  readonly count: (workload: Workload) => PodCounts;
}

export function ownersIn(objects: Pick<ClusterObjects, 'pods' | 'workloads'>): Owners {
  const ownership = ownershipIn(objects);
  const count = (workload: Workload): PodCounts => {
    const alive = ownership.podsOf(workload).filter((pod) => !isFinished(pod) && !pod.meta.deleting);
    return {
      desired: desiredOf(workload, alive.length),
      current: alive.length,
      ready: alive.filter((pod) => pod.ready && pod.phase === 'Running').length,
    };
  };
  return { ...ownership, count };
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
