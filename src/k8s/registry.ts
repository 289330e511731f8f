import { didYouMean } from './did-you-mean.ts';
import type { Draft } from './draft.ts';
import { child, type Field, tell } from './field.ts';
import { decodeConfigMap } from './kinds/config-map.ts';
import { decodeEndpointSlice } from './kinds/endpoint-slice.ts';
import { decodeEndpoints } from './kinds/endpoints.ts';
import { decodeIngress, INGRESS_VERSIONS } from './kinds/ingress.ts';
import { decodeInstallation } from './kinds/installation.ts';
import { decodeJob } from './kinds/job.ts';
import { KUBE_PROXY_API_VERSION } from './kinds/kube-proxy-configuration.ts';
import { KUBELET_API_VERSION } from './kinds/kubelet-configuration.ts';
import { decodeNamespace } from './kinds/namespace.ts';
import { decodeNetworkPolicy } from './kinds/network-policy.ts';
import { decodeNode } from './kinds/node.ts';
import { decodePod } from './kinds/pod.ts';
import { decodeService } from './kinds/service.ts';
import { decodeTopology, TOPOLOGY_API_VERSION } from './kinds/topology.ts';
import {
  decodeDaemonSet,
  decodeDeployment,
  decodeReplicaSet,
  decodeReplicationController,
  decodeStatefulSet,
} from './kinds/workload.ts';
import {
  CONFIG_MAP_FIELDS,
  DAEMON_SET_FIELDS,
  DEPLOYMENT_FIELDS,
  ENDPOINT_SLICE_FIELDS,
  ENDPOINTS_FIELDS,
  JOB_FIELDS,
  type KnownFields,
  NAMESPACE_FIELDS,
  NETWORK_POLICY_FIELDS,
  NODE_FIELDS,
  POD_FIELDS,
  REPLICA_SET_FIELDS,
  REPLICATION_CONTROLLER_FIELDS,
  SERVICE_FIELDS,
  STATEFUL_SET_FIELDS,
  TOPOLOGY_FIELDS,
  warnMisspelt,
} from './known-fields.ts';
import { fromOlderVersion } from './older-versions.ts';
import { countUnread } from './unmodelled/count-unread.ts';
import { unmodelledRow } from './unmodelled/kinds.ts';

/** A kind that is read: its API version, the fields it may have, and what makes an object of it. */
interface Kind {
  readonly kind: string;
  readonly apiVersion: string;
  /** Undefined: the decoder looks after misspelt fields itself. */
  readonly fields?: KnownFields;
  readonly decode: (field: Field, draft: Draft) => void;
}

/** The kinds that are read; a new kind is one more line. */
const KINDS: readonly Kind[] = [
  { kind: 'Namespace', apiVersion: 'v1', fields: NAMESPACE_FIELDS, decode: decodeNamespace },
  { kind: 'Node', apiVersion: 'v1', fields: NODE_FIELDS, decode: decodeNode },
  { kind: 'Pod', apiVersion: 'v1', fields: POD_FIELDS, decode: decodePod },
  { kind: 'Deployment', apiVersion: 'apps/v1', fields: DEPLOYMENT_FIELDS, decode: decodeDeployment },
  { kind: 'ReplicaSet', apiVersion: 'apps/v1', fields: REPLICA_SET_FIELDS, decode: decodeReplicaSet },
  { kind: 'StatefulSet', apiVersion: 'apps/v1', fields: STATEFUL_SET_FIELDS, decode: decodeStatefulSet },
  { kind: 'DaemonSet', apiVersion: 'apps/v1', fields: DAEMON_SET_FIELDS, decode: decodeDaemonSet },
  { kind: 'Job', apiVersion: 'batch/v1', fields: JOB_FIELDS, decode: decodeJob },
  {
    kind: 'ReplicationController',
    apiVersion: 'v1',
    fields: REPLICATION_CONTROLLER_FIELDS,
    decode: decodeReplicationController,
  },
  { kind: 'Service', apiVersion: 'v1', fields: SERVICE_FIELDS, decode: decodeService },
  { kind: 'Endpoints', apiVersion: 'v1', fields: ENDPOINTS_FIELDS, decode: decodeEndpoints },
  { kind: 'ConfigMap', apiVersion: 'v1', fields: CONFIG_MAP_FIELDS, decode: decodeConfigMap },
  {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    fields: ENDPOINT_SLICE_FIELDS,
    decode: decodeEndpointSlice,
  },
  {
    kind: 'NetworkPolicy',
    apiVersion: 'networking.k8s.io/v1',
    fields: NETWORK_POLICY_FIELDS,
    decode: decodeNetworkPolicy,
  },
  {
    kind: 'KubeProxyConfiguration',
    apiVersion: KUBE_PROXY_API_VERSION,
    decode: (field, draft) => void draft.kubeProxy.push(field),
  },
  {
    kind: 'KubeletConfiguration',
    apiVersion: KUBELET_API_VERSION,
    decode: (field, draft) => void draft.kubelet.push(field),
  },
  { kind: 'Installation', apiVersion: 'operator.tigera.io/v1', decode: decodeInstallation },
  { kind: 'Topology', apiVersion: TOPOLOGY_API_VERSION, fields: TOPOLOGY_FIELDS, decode: decodeTopology },
];

const BY_KIND: ReadonlyMap<string, Kind> = new Map(KINDS.map((kind) => [kind.kind, kind]));

/** Kubernetes' own kinds that nothing here reads: known, so that they are no misspelling of one that is read. */
const OTHER_KINDS: readonly string[] = [
  ...['Binding', 'ComponentStatus', 'Event', 'LimitRange', 'PersistentVolume', 'PersistentVolumeClaim'],
  ...['PodTemplate', 'ResourceQuota', 'Secret', 'ServiceAccount'],
  ...[
    'ControllerRevision',
    'CronJob',
    'HorizontalPodAutoscaler',
    'PodDisruptionBudget',
    'PodSecurityPolicy',
    'Lease',
    'RuntimeClass',
  ],
  ...['Ingress', 'IngressClass', 'IPAddress', 'ServiceCIDR', 'PriorityClass', 'APIService'],
  ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'StorageClass', 'CSIDriver', 'CSINode'],
  ...['CustomResourceDefinition', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'],
  ...['PodMetrics', 'NodeMetrics', 'VolumeAttachment', 'ClusterConfiguration'],
];

/** The groups that the API server itself has, and those of the configurations that are read. */
const OWN_GROUPS: readonly string[] = [
  ...['', 'apps', 'autoscaling', 'batch', 'extensions', 'policy', 'podwalk'],
  ...['admissionregistration', 'apiextensions', 'apiregistration', 'authentication', 'authorization'].map(
    k8sIo,
  ),
  ...[
    'certificates',
    'coordination',
    'discovery',
    'events',
    'flowcontrol.apiserver',
    'internal.apiserver',
  ].map(k8sIo),
  ...['metrics', 'networking', 'node', 'rbac.authorization', 'resource', 'scheduling', 'storage'].map(k8sIo),
  ...['storagemigration', 'kubeproxy.config', 'kubelet.config', 'kubeadm', 'kubescheduler.config'].map(k8sIo),
];

function k8sIo(name: string): string {
  return `${name}.k8s.io`;
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** Whether a group can be nobody's but Kubernetes': one that somebody else defines has a dot in its name. */
function isOwnGroup(group: string): boolean {
  return !group.includes('.') || OWN_GROUPS.includes(group);
}

/** Whether an apiVersion is of one of Kubernetes' own groups: then the kind's name cannot be somebody else's. */
export function isKubernetesGroup(apiVersion: string): boolean {
  return isOwnGroup(groupOf(apiVersion));
}

/** Whether a kind is one of Kubernetes' own. */
export function isKubernetesKind(kind: string): boolean {
  return BY_KIND.has(kind) || OTHER_KINDS.includes(kind);
}

/**
 * Whether anything reads more of such an object than apiVersion, kind and metadata; of others the rest is not even
 * parsed. Lists are read because their items may be, and so is what may be meant for one: a kind that Kubernetes does
 * not have.
 */
export function isBodyRead(kind: string, apiVersion: string): boolean {
  if (BY_KIND.has(kind) || kind.endsWith('List')) return true;
  if (kind === 'Ingress') return INGRESS_VERSIONS.includes(apiVersion);
  return isKubernetesGroup(apiVersion) && !OTHER_KINDS.includes(kind);
}

/**
 * Decodes one object by its kind, or counts it among those that nothing reads. A kind of another group may have any
 * name and any version: `NetworkPolicy` of projectcalico.org/v3 is Calico's.
 */
export function decodeObject(given: Field, kind: string, version: string, draft: Draft): void {
  const older = fromOlderVersion(given, kind, version);
  const { field, apiVersion } = older ?? { field: given, apiVersion: version };
  const known = BY_KIND.get(kind);
  const group = groupOf(apiVersion);
  if (known?.apiVersion === apiVersion) {
    if (known.fields !== undefined) warnMisspelt(field, known.fields);
    known.decode(field, draft);
    return;
  }
  if (known !== undefined && isOwnGroup(group) && isOwnGroup(groupOf(known.apiVersion))) {
    tell(
      child(field, 'apiVersion'),
      'error',
      'PW109',
      `no matches for kind "${kind}" in version "${apiVersion}"`,
      `write apiVersion: ${known.apiVersion}`,
      'sentence',
    );
    return;
  }
  // For lint alone: no walk heeds it, and so it is counted with the others.
  if (kind === 'Ingress' && INGRESS_VERSIONS.includes(version)) decodeIngress(field, draft);
  const meant = meantKind(kind, group);
  if (meant !== undefined && known === undefined) {
    tell(
      child(field, 'kind'),
      'warning',
      'PW111',
      `nothing reads the kind "${kind}": the object is ignored`,
      `did you mean "${meant}"?`,
      'sentence',
    );
  }
  if (
    known !== undefined &&
    group !== groupOf(known.apiVersion) &&
    didYouMean(group, [groupOf(known.apiVersion)]) !== undefined
  ) {
    tell(
      child(field, 'apiVersion'),
      'warning',
      'PW111',
      `nothing reads the kind "${kind}" of "${apiVersion}": the object is ignored`,
      `did you mean "${known.apiVersion}"?`,
      'sentence',
    );
  }
  // Kubernetes' own kinds are called by their names alone, others as kubectl calls them.
  const name = isOwnGroup(group) ? kind : `${kind}.${group}`;
  countUnread(draft, name, kind, group, field.report.source);
}

function meantKind(kind: string, group: string): string | undefined {
  if (OTHER_KINDS.includes(kind) || !isOwnGroup(group) || unmodelledRow(kind, group) !== undefined)
    return undefined;
  return didYouMean(kind, BY_KIND.keys());
}
