import type {
  ClusterObjects,
  DaemonSet,
  Deployment,
  Job,
  LabelSelector,
  LabelSelectorRequirement,
  NetworkPolicy,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
  Workload,
} from '../k8s/index.ts';
import type { Column } from './columns.ts';
import { formatPairs, NAME } from './columns-core.ts';
import { ownersIn, type PodCounts } from './owners.ts';

/**
 * The columns of workloads, as kubectl has them, but for AGE, DURATION, CONTAINERS and IMAGES. Numbers are counted
 * from the pods that there are; a template is never half rolled out here, so UP-TO-DATE is what is current.
 */
type Objects = Pick<ClusterObjects, 'pods' | 'workloads'>;

/** `app=web,tier in (a,b)` (metav1.FormatLabelSelector). */
export function formatSelector({ matchLabels, matchExpressions }: LabelSelector): string {
  const words = matchExpressions.map(formatRequirement);
  return [formatPairs(matchLabels), ...words].filter((word) => word !== '').join(',');
}

function formatRequirement({ key, operator, values }: LabelSelectorRequirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}

/** Columns of a kind over the objects that its numbers are counted in. */
export interface WorkloadColumns {
  readonly Deployment: readonly Column<Deployment>[];
  readonly ReplicaSet: readonly Column<ReplicaSet>[];
  readonly ReplicationController: readonly Column<ReplicationController>[];
  readonly StatefulSet: readonly Column<StatefulSet>[];
  readonly DaemonSet: readonly Column<DaemonSet>[];
  readonly Job: readonly Column<Job>[];
}

export function workloadColumns(objects: Objects): WorkloadColumns {
  const owners = ownersIn(objects);
  const count = (what: keyof PodCounts) => (workload: Workload) => `${owners.count(workload)[what]}`;
  const ready: Column<Workload> = {
    head: 'READY',
    value: (workload) => {
      const { ready: now, desired } = owners.count(workload);
      return `${now}/${desired}`;
    },
  };
  const selector: Column<Workload> = {
    head: 'SELECTOR',
    value: (workload) => formatSelector(workload.selector),
    wide: true,
  };
  const replicas: readonly Column<Workload>[] = [
    NAME,
    { head: 'DESIRED', value: count('desired') },
    { head: 'CURRENT', value: count('current') },
    { head: 'READY', value: count('ready') },
  ];
  return {
    Deployment: [
      NAME,
      ready,
      { head: 'UP-TO-DATE', value: count('current') },
      { head: 'AVAILABLE', value: count('ready') },
      selector,
    ],
    ReplicaSet: [...replicas, selector],
    ReplicationController: [...replicas, selector],
    StatefulSet: [NAME, ready],
    DaemonSet: [
      ...replicas,
      { head: 'UP-TO-DATE', value: count('current') },
      { head: 'AVAILABLE', value: count('ready') },
      { head: 'NODE SELECTOR', value: ({ template }: Workload) => formatPairs(template.spec.nodeSelector) },
      selector,
    ],
    Job: [
      NAME,
      { head: 'STATUS', value: jobStatus },
      { head: 'COMPLETIONS', value: jobCompletions },
      selector,
    ],
  };
}

export const POLICY_COLUMNS: readonly Column<NetworkPolicy>[] = [
  NAME,
  { head: 'POD-SELECTOR', value: ({ podSelector }) => formatSelector(podSelector) },
];

export function jobStatus(job: Job): string {
  if (job.meta.deleting) return 'Terminating';
  if (job.suspended) return 'Suspended';
  return job.finished ? 'Complete' : 'Running';
}

/** printJob: `1/3`, or of a work queue `1/1 of 4`. */
export function jobCompletions({ completions, succeeded, parallelism }: Job): string {
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}
