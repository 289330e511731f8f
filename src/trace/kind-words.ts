import type { Workload } from '../k8s/index.ts';

/**
 * The words by which kubectl names kinds (`kubectl api-resources`: singular, plural and short names), as sources and
 * destinations are written with them. A word of this list is never read as a namespace.
 */
export type NamedKind = 'pod' | 'node' | 'service' | Workload['kind'] | 'CronJob';

/** Kinds that send or receive, or whose pods do. */
const WALKED: readonly (readonly [NamedKind, string])[] = [
  ['pod', 'pod pods po'],
  ['node', 'node nodes no'],
  ['service', 'service services svc'],
  ['Deployment', 'deployment deployments deploy'],
  ['ReplicaSet', 'replicaset replicasets rs'],
  ['ReplicationController', 'replicationcontroller replicationcontrollers rc'],
  ['StatefulSet', 'statefulset statefulsets sts'],
  ['DaemonSet', 'daemonset daemonsets ds'],
  ['Job', 'job jobs'],
  ['CronJob', 'cronjob cronjobs cj'],
];

/** Kinds that are no end of a walk. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['ConfigMap', 'configmap configmaps cm'],
  ['Secret', 'secret secrets'],
  ['Namespace', 'namespace namespaces ns'],
  ['Endpoints', 'endpoints ep'],
  ['EndpointSlice', 'endpointslice endpointslices'],
  ['NetworkPolicy', 'networkpolicy networkpolicies netpol'],
  ['Ingress', 'ingress ingresses ing'],
  ['IngressClass', 'ingressclass ingressclasses'],
  ['ServiceAccount', 'serviceaccount serviceaccounts sa'],
  ['PersistentVolume', 'persistentvolume persistentvolumes pv'],
  ['PersistentVolumeClaim', 'persistentvolumeclaim persistentvolumeclaims pvc'],
  ['HorizontalPodAutoscaler', 'horizontalpodautoscaler horizontalpodautoscalers hpa'],
  ['PodDisruptionBudget', 'poddisruptionbudget poddisruptionbudgets pdb'],
  ['ResourceQuota', 'resourcequota resourcequotas quota'],
  ['LimitRange', 'limitrange limitranges limits'],
  ['Event', 'event events ev'],
  ['StorageClass', 'storageclass storageclasses sc'],
  ['CustomResourceDefinition', 'customresourcedefinition customresourcedefinitions crd crds'],
];

function byWord<K>(kinds: readonly (readonly [K, string])[]): ReadonlyMap<string, K> {
  return new Map(kinds.flatMap(([kind, words]) => words.split(' ').map((word): [string, K] => [word, kind])));
}

const WALKED_BY_WORD = byWord(WALKED);
const OTHERS_BY_WORD = byWord(OTHERS);

/** `deployments.v1.apps` is `deployments`, in any case: a namespace has neither dots nor capitals. */
function plain(word: string): string {
  return word.toLowerCase().split('.')[0] ?? '';
}

/** The kind that a word names, with or without version and group; undefined: none that is an end of a walk. */
export function walkedKind(word: string): NamedKind | undefined {
  return WALKED_BY_WORD.get(plain(word));
}

/** The kind that a word names which is no end of a walk. */
export function otherKind(word: string): string | undefined {
  return OTHERS_BY_WORD.get(plain(word));
}

/** All words of `walkedKind`, to find what was meant. */
export function walkedWords(): Iterable<string> {
  return WALKED_BY_WORD.keys();
}
