import type { PodTemplate, Workload } from '../k8s/index.ts';
import { compact, type Manifest, metadata, podSpecManifest } from './manifest-parts.ts';
import { selectorManifest } from './manifest-policy.ts';

const API_VERSIONS: Readonly<Record<Workload['kind'], string>> = {
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  ReplicationController: 'v1',
  Job: 'batch/v1',
};

/** A workload as `kubectl get -o json` would show it, without the status that is counted from its pods. */
export function workloadManifest(workload: Workload): Manifest {
  const { kind, meta, template } = workload;
  return compact({
    apiVersion: API_VERSIONS[kind],
    kind,
    metadata: metadata(meta),
    spec: compact({
      ...specOf(workload),
      selector: selectorOf(workload),
      template: templateManifest(template, kind),
    }),
    status: kind === 'Job' ? jobStatus(workload) : undefined,
  });
}

function specOf(workload: Workload): Manifest {
  switch (workload.kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'ReplicationController':
      return { replicas: workload.replicas };
    case 'StatefulSet':
      return {
        replicas: workload.replicas,
        serviceName: workload.serviceName,
        ordinals: workload.firstOrdinal === 0 ? undefined : { start: workload.firstOrdinal },
      };
    case 'DaemonSet':
      return {};
    case 'Job':
      return {
        parallelism: workload.parallelism,
        completions: workload.completions,
        completionMode: workload.indexed ? 'Indexed' : undefined,
        suspend: workload.suspended || undefined,
        manualSelector: ownSelector(workload) || undefined,
      };
  }
}

function selectorOf(workload: Workload): Manifest | undefined {
  const { selector } = workload;
  if (workload.kind === 'ReplicationController') return Object.fromEntries(selector.matchLabels);
  return workload.kind === 'Job' && !ownSelector(workload) ? undefined : selectorManifest(selector);
}

/** Whether a Job chose its selector itself; the API server refuses one that it would generate. */
function ownSelector({ selector }: Workload): boolean {
  const keys = [...selector.matchLabels.keys()];
  return selector.matchExpressions.length > 0 || keys.some((key) => !GENERATED.has(key));
}

const GENERATED: ReadonlySet<string> = new Set([
  'job-name',
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
]);

function jobStatus(job: Extract<Workload, { kind: 'Job' }>): Manifest {
  return compact({
    succeeded: job.succeeded === 0 ? undefined : job.succeeded,
    completedIndexes: job.completedIndexes
      .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
      .join(','),
    conditions: job.finished ? [{ type: 'Complete', status: 'True' }] : [],
  });
}

/** Pods of a Job must say that they end. */
function templateManifest({ labels, annotations, spec }: PodTemplate, kind: Workload['kind']): Manifest {
  return {
    metadata: compact({ labels: Object.fromEntries(labels), annotations: Object.fromEntries(annotations) }),
    spec: { ...podSpecManifest(spec), ...(kind === 'Job' ? { restartPolicy: 'Never' } : {}) },
  };
}
