import {
  type DaemonSet,
  type Job,
  type Meta,
  matchesNode,
  type Node,
  type NodeSelectorTerm,
  type Pod,
  type PodSpec,
  type ReplicaSet,
  type ReplicationController,
  type StatefulSet,
  type Toleration,
  untoleratedTaint,
  type Workload,
} from '../../k8s/index.ts';
import { generatedName, type TakenNames } from './pod-names.ts';

/** Workloads that make pods themselves; a Deployment makes a ReplicaSet. */
export type PodMaker = Exclude<Workload, { readonly kind: 'Deployment' }>;

/** How many pods a workload wants. */
export function wantedPods(workload: Workload, nodes: readonly Node[]): number {
  if (workload.meta.deleting) return 0;
  switch (workload.kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet':
      return workload.replicas;
    case 'DaemonSet':
      return nodes.filter((node) => runsOn(workload, node)).length;
    case 'Job':
      return activePods(workload);
  }
}

/** The pods that a workload makes; all of them. */
export function makePods(workload: PodMaker, nodes: readonly Node[], taken: TakenNames): Pod[] {
  if (workload.meta.deleting) return [];
  switch (workload.kind) {
    case 'ReplicaSet':
    case 'ReplicationController':
      return replicas(workload, taken);
    case 'StatefulSet':
      return ordinals(workload);
    case 'DaemonSet':
      return daemons(workload, nodes, taken);
    case 'Job':
      return runs(workload, taken);
  }
}

/** What a made pod has that its template does not say. */
interface Given {
  readonly name: string;
  readonly labels?: Iterable<readonly [string, string]>;
  readonly annotations?: Iterable<readonly [string, string]>;
  readonly spec?: Partial<PodSpec>;
}

function made(workload: PodMaker, given: Given): Pod {
  const { kind, meta, template } = workload;
  return {
    kind: 'Pod',
    meta: {
      name: given.name,
      namespace: meta.namespace,
      labels: merged(template.labels, given.labels),
      annotations: merged(template.annotations, given.annotations),
      ownerReferences: [{ kind, name: meta.name, controller: true }],
      deleting: false,
      ...templateSource(meta),
    },
    ...template.spec,
    ...given.spec,
    phase: 'Running',
    podIPs: [],
    ready: true,
  };
}

function merged(
  map: ReadonlyMap<string, string>,
  more: Iterable<readonly [string, string]> | undefined,
): ReadonlyMap<string, string> {
  return more === undefined ? map : new Map([...map, ...more]);
}

/** The place of a workload's template: there stands what a diagnostic about one of its pods means. */
function templateSource({ source }: Meta): Pick<Meta, 'source'> {
  return source === undefined ? {} : { source: { ...source, path: [...source.path, 'spec', 'template'] } };
}

function replicas(workload: ReplicaSet | ReplicationController, taken: TakenNames): Pod[] {
  const { name, namespace } = workload.meta;
  return Array.from({ length: workload.replicas }, (_, i) =>
    made(workload, { name: generatedName(namespace, `${name}-`, i, taken) }),
  );
}

/** newStatefulSetPod, initIdentity and updateIdentity. */
function ordinals(workload: StatefulSet): Pod[] {
  const { serviceName, firstOrdinal, template } = workload;
  return Array.from({ length: workload.replicas }, (_, i) => {
    const name = `${workload.meta.name}-${firstOrdinal + i}`;
    return made(workload, {
      name,
      labels: [
        ['controller-revision-hash', `${workload.meta.name}-${template.hash}`],
        ['statefulset.kubernetes.io/pod-name', name],
        ['apps.kubernetes.io/pod-index', String(firstOrdinal + i)],
      ],
      spec: { hostname: name, subdomain: serviceName },
    });
  });
}

/** AddOrUpdateDaemonPodTolerations. */
function daemonTolerations(spec: PodSpec): readonly Toleration[] {
  const tolerated = (key: string, effect: Toleration['effect']): Toleration => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    value: '',
    effect,
  });
  return [
    ...(spec.tolerations ?? []),
    tolerated('not-ready', 'NoExecute'),
    tolerated('unreachable', 'NoExecute'),
    tolerated('disk-pressure', 'NoSchedule'),
    tolerated('memory-pressure', 'NoSchedule'),
    tolerated('pid-pressure', 'NoSchedule'),
    tolerated('unschedulable', 'NoSchedule'),
    ...(spec.hostNetwork ? [tolerated('network-unavailable', 'NoSchedule')] : []),
  ];
}

/** NodeShouldRunDaemonPod. */
function runsOn({ template: { spec } }: DaemonSet, node: Node): boolean {
  if (spec.nodeName !== '' && spec.nodeName !== node.meta.name) return false;
  if (!matchesNode(spec, node)) return false;
  return untoleratedTaint({ ...spec, tolerations: daemonTolerations(spec) }, node) === undefined;
}

function daemons(workload: DaemonSet, nodes: readonly Node[], taken: TakenNames): Pod[] {
  const { name, namespace } = workload.meta;
  const { spec, hash } = workload.template;
  return nodes.flatMap((node, i) => {
    if (!runsOn(workload, node)) return [];
    // ReplaceDaemonSetPodNodeNameNodeAffinity: the scheduler places it, but only there.
    const only: NodeSelectorTerm = {
      matchExpressions: [],
      matchFields: [{ key: 'metadata.name', operator: 'In', values: [node.meta.name] }],
    };
    return made(workload, {
      name: generatedName(namespace, `${name}-`, i, taken),
      labels: [
        ['controller-revision-hash', hash],
        ['pod-template-generation', '1'],
      ],
      spec: {
        tolerations: daemonTolerations(spec),
        nodeAffinity: { required: [only], preferred: spec.nodeAffinity?.preferred ?? [] },
      },
    });
  });
}

/** How many pods of a Job run now: `parallelism`, but no more than successes are missing. */
function activePods(job: Job): number {
  if (job.finished || job.suspended) return 0;
  if (job.completions === undefined) return job.succeeded > 0 ? 0 : job.parallelism;
  return Math.max(0, Math.min(job.parallelism, job.completions - job.succeeded));
}

function runs(job: Job, taken: TakenNames): Pod[] {
  const { name, namespace } = job.meta;
  const labels: [string, string][] = [
    ['batch.kubernetes.io/job-name', name],
    ['job-name', name],
  ];
  const count = activePods(job);
  if (!job.indexed) {
    return Array.from({ length: count }, (_, i) =>
      made(job, { name: generatedName(namespace, `${name}-`, i, taken), labels }),
    );
  }
  return openIndexes(job, count).map((index) => {
    const mark: [string, string] = ['batch.kubernetes.io/job-completion-index', String(index)];
    return made(job, {
      name: generatedName(namespace, `${name}-${index}-`, index, taken),
      labels: [...labels, mark],
      annotations: [mark],
      spec: job.template.spec.hostname === '' ? { hostname: `${name}-${index}`.slice(0, 63) } : {},
    });
  });
}

/** The first indexes that have not succeeded yet. */
function openIndexes({ completions = 0, completedIndexes }: Job, count: number): number[] {
  const indexes: number[] = [];
  for (let i = 0; i < completions && indexes.length < count; i++) {
    const done = completedIndexes.find(({ first, last }) => first <= i && i <= last);
    if (done === undefined) indexes.push(i);
    else i = done.last;
  }
  return indexes;
}
