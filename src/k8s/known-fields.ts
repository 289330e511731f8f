import { didYouMean } from './did-you-mean.ts';
import { type Field, isRecord, pathOf, pathText, tell } from './field.ts';

/**
 * The names that a kind's fields may have, so that a misspelt one is noticed and a real one that nothing here
 * reads is not. Undefined: a leaf, or a subtree that is not looked into.
 */
export type KnownFields = ReadonlyMap<string, KnownFields | undefined>;

/** `known('name protocol', { ports: known('port') })`. */
export function known(names: string, nested: Readonly<Record<string, KnownFields>> = {}): KnownFields {
  const map = new Map<string, KnownFields | undefined>();
  for (const name of names.split(/\s+/)) if (name !== '') map.set(name, undefined);
  for (const [name, below] of Object.entries(nested)) map.set(name, below);
  return map;
}

/** Warns of fields that are not known but look like one that is. Lists are looked into item by item. */
export function warnMisspelt(field: Field, fields: KnownFields): void {
  const { value } = field;
  if (Array.isArray(value)) {
    for (const [key, item] of value.entries()) {
      if (isRecord(item)) warnMisspelt({ value: item, parent: field, key, report: field.report }, fields);
    }
    return;
  }
  if (!isRecord(value)) return;
  for (const key in value) {
    const below = fields.get(key);
    if (below !== undefined) {
      warnMisspelt({ value: value[key], parent: field, key, report: field.report }, below);
      continue;
    }
    if (fields.has(key)) continue;
    const meant = didYouMean(key, fields.keys());
    if (meant === undefined) continue;
    const wrong: Field = { value: value[key], parent: field, key, report: field.report };
    tell(
      wrong,
      'warning',
      'PW210',
      `unknown field "${pathText(pathOf(wrong))}": it is ignored`,
      `did you mean "${meant}"?`,
      'sentence',
    );
  }
}

const METADATA = known(
  `annotations clusterName creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName
   generation labels managedFields name namespace resourceVersion selfLink uid`,
  { ownerReferences: known('apiVersion blockOwnerDeletion controller kind name uid') },
);

/** A kind with the usual four parts. */
export function knownObject(parts: Readonly<Record<string, KnownFields>>, more: string = ''): KnownFields {
  return known(`apiVersion kind ${more}`, { metadata: METADATA, ...parts });
}

const PROBE_AND_LIFECYCLE = 'lifecycle livenessProbe readinessProbe startupProbe';

const CONTAINER = known(
  `args command env envFrom image imagePullPolicy name resizePolicy resources restartPolicy restartPolicyRules
   securityContext stdin stdinOnce targetContainerName terminationMessagePath terminationMessagePolicy tty
   volumeDevices volumeMounts workingDir ${PROBE_AND_LIFECYCLE}`,
  { ports: known('containerPort hostIP hostPort name protocol') },
);

const POD_AFFINITY = known(
  'preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution',
);

const NODE_TERM = known('', {
  matchExpressions: known('key operator values'),
  matchFields: known('key operator values'),
});

const AFFINITY = known('', {
  podAffinity: POD_AFFINITY,
  podAntiAffinity: POD_AFFINITY,
  nodeAffinity: known('', {
    requiredDuringSchedulingIgnoredDuringExecution: known('', { nodeSelectorTerms: NODE_TERM }),
    preferredDuringSchedulingIgnoredDuringExecution: known('weight', { preference: NODE_TERM }),
  }),
});

export const POD_SPEC_FIELDS: KnownFields = known(
  `activeDeadlineSeconds automountServiceAccountToken dnsPolicy enableServiceLinks
   hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets nodeName nodeSelector os overhead
   preemptionPolicy priority priorityClassName readinessGates resourceClaims resources restartPolicy runtimeClassName
   schedulerName schedulingGates schedulingGroup securityContext serviceAccount serviceAccountName
   setHostnameAsFQDN shareProcessNamespace subdomain terminationGracePeriodSeconds topologySpreadConstraints
   volumes workloadRef`,
  {
    containers: CONTAINER,
    initContainers: CONTAINER,
    ephemeralContainers: CONTAINER,
    affinity: AFFINITY,
    dnsConfig: known('nameservers searches', { options: known('name value') }),
    hostAliases: known('hostnames ip'),
    tolerations: known('effect key operator tolerationSeconds value'),
  },
);

export const POD_FIELDS: KnownFields = knownObject({
  spec: POD_SPEC_FIELDS,
  status: known(
    `allocatedResources conditions containerStatuses ephemeralContainerStatuses extendedResourceClaimStatus
     hostIP hostIPs initContainerStatuses message nominatedNodeName observedGeneration phase podIP podIPs qosClass
     reason resize resourceClaimStatuses resources startTime`,
  ),
});

const SELECTOR = known('', {
  matchLabels: known(''),
  matchExpressions: known('key operator values'),
});
const TEMPLATE = known('', { metadata: METADATA, spec: POD_SPEC_FIELDS });

/** A workload: what its spec has besides the template, and besides the selector where that is a LabelSelector. */
function workload(names: string, nested: Readonly<Record<string, KnownFields>>): KnownFields {
  return knownObject({ spec: known(names, { template: TEMPLATE, ...nested }) }, 'status');
}

export const DEPLOYMENT_FIELDS: KnownFields = workload(
  'minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit',
  {
    selector: SELECTOR,
    strategy: known('type', { rollingUpdate: known('maxSurge maxUnavailable') }),
  },
);

export const REPLICA_SET_FIELDS: KnownFields = workload('minReadySeconds replicas', { selector: SELECTOR });

export const REPLICATION_CONTROLLER_FIELDS: KnownFields = workload('minReadySeconds replicas selector', {});

export const DAEMON_SET_FIELDS: KnownFields = workload('minReadySeconds revisionHistoryLimit', {
  selector: SELECTOR,
  updateStrategy: known('type', { rollingUpdate: known('maxSurge maxUnavailable') }),
});

export const STATEFUL_SET_FIELDS: KnownFields = workload(
  `minReadySeconds persistentVolumeClaimRetentionPolicy podManagementPolicy replicas revisionHistoryLimit
   serviceName volumeClaimTemplates`,
  {
    selector: SELECTOR,
    ordinals: known('start'),
    updateStrategy: known('type', { rollingUpdate: known('maxUnavailable partition') }),
  },
);

export const JOB_FIELDS: KnownFields = workload(
  `activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions managedBy manualSelector
   maxFailedIndexes parallelism podFailurePolicy podReplacementPolicy successPolicy suspend
   ttlSecondsAfterFinished`,
  { selector: SELECTOR },
);

export const NODE_FIELDS: KnownFields = knownObject({
  spec: known('configSource externalID podCIDR podCIDRs providerID taints unschedulable'),
  status: known(
    `addresses allocatable capacity conditions config daemonEndpoints declaredFeatures features images nodeInfo
     phase runtimeHandlers volumesAttached volumesInUse`,
  ),
});

export const NAMESPACE_FIELDS: KnownFields = knownObject({
  spec: known('finalizers'),
  status: known('conditions phase'),
});

export const SERVICE_FIELDS: KnownFields = knownObject({
  spec: known(
    `allocateLoadBalancerNodePorts clusterIP clusterIPs externalIPs externalName externalTrafficPolicy
     healthCheckNodePort internalTrafficPolicy ipFamilies ipFamily ipFamilyPolicy loadBalancerClass loadBalancerIP
     loadBalancerSourceRanges publishNotReadyAddresses selector sessionAffinity topologyKeys trafficDistribution
     type`,
    {
      ports: known('appProtocol name nodePort port protocol targetPort'),
      sessionAffinityConfig: known('', { clientIP: known('timeoutSeconds') }),
    },
  ),
  status: known('conditions', { loadBalancer: known('', { ingress: known('hostname ip ipMode ports') }) }),
});

const TARGET_REF = known('apiVersion fieldPath kind name namespace resourceVersion uid');
const ENDPOINT_PORT = known('appProtocol name port protocol');

export const ENDPOINT_SLICE_FIELDS: KnownFields = knownObject(
  {
    endpoints: known('addresses deprecatedTopology hostname nodeName zone', {
      conditions: known('ready serving terminating'),
      hints: known('', { forZones: known('name'), forNodes: known('name') }),
      targetRef: TARGET_REF,
    }),
    ports: ENDPOINT_PORT,
  },
  'addressType',
);

const POLICY_PEER = known('', {
  ipBlock: known('cidr except'),
  namespaceSelector: SELECTOR,
  podSelector: SELECTOR,
});
const POLICY_PORT = known('endPort port protocol');

export const NETWORK_POLICY_FIELDS: KnownFields = knownObject({
  spec: known('policyTypes', {
    podSelector: SELECTOR,
    ingress: known('', { from: POLICY_PEER, ports: POLICY_PORT }),
    egress: known('', { to: POLICY_PEER, ports: POLICY_PORT }),
  }),
  status: known('conditions'),
});

const ENDPOINT_ADDRESS = known('hostname ip nodeName', { targetRef: TARGET_REF });

export const ENDPOINTS_FIELDS: KnownFields = knownObject({
  subsets: known('', {
    addresses: ENDPOINT_ADDRESS,
    notReadyAddresses: ENDPOINT_ADDRESS,
    ports: ENDPOINT_PORT,
  }),
});

export const CONFIG_MAP_FIELDS: KnownFields = knownObject({}, 'binaryData data immutable');

export const TOPOLOGY_FIELDS: KnownFields = knownObject(
  {
    networks: known('cidr gateway mtu name'),
    routers: known('name networks'),
    hosts: known('ip listens name network'),
    breaks: known('on run'),
  },
  'resolvConf',
);
