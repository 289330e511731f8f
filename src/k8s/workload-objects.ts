import type { LabelSelector, Meta } from './object-meta.ts';
import type { PodSpec } from './pod-objects.ts';

/** spec.template of a workload: what its pods are made from. */
export interface PodTemplate {
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly spec: PodSpec;
  /** Stands for the template's content in names: `pod-template-hash`. */
  readonly hash: string;
}

interface WorkloadParts {
  readonly meta: Meta;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
}

export interface Deployment extends WorkloadParts {
  readonly kind: 'Deployment';
  readonly replicas: number;
}

export interface ReplicaSet extends WorkloadParts {
  readonly kind: 'ReplicaSet';
  readonly replicas: number;
}

export interface ReplicationController extends WorkloadParts {
  readonly kind: 'ReplicationController';
  readonly replicas: number;
}

export interface StatefulSet extends WorkloadParts {
  readonly kind: 'StatefulSet';
  readonly replicas: number;
  /** spec.ordinals.start. */
  readonly firstOrdinal: number;
  /** The headless Service that names the pods; may be empty. */
  readonly serviceName: string;
}

export interface DaemonSet extends WorkloadParts {
  readonly kind: 'DaemonSet';
}

export interface Job extends WorkloadParts {
  readonly kind: 'Job';
  readonly parallelism: number;
  /** Undefined: any one success completes the Job. */
  readonly completions?: number;
  /** completionMode: Indexed. */
  readonly indexed: boolean;
  readonly suspended: boolean;
  /** A condition says Complete or Failed. */
  readonly finished: boolean;
  /** status.succeeded. */
  readonly succeeded: number;
  /** status.completedIndexes. */
  readonly completedIndexes: readonly { readonly first: number; readonly last: number }[];
}

/** The kinds that make pods. */
export type Workload = Deployment | ReplicaSet | ReplicationController | StatefulSet | DaemonSet | Job;
