import type { Ip } from '../addr/index.ts';
import {
  type ClusterObjects,
  type ContainerPort,
  isFinished,
  type NetworkPolicy,
  type Pod,
} from '../k8s/index.ts';

/** What the specification of NetworkPolicy leaves open, decided. */
export interface PolicyModes {
  /** A pod to itself through its own Service: allowed by either side, by both, or always. */
  readonly hairpin: 'either' | 'both' | 'allowed';
  /** A host-network pod is its node to policies, or a pod like others. */
  readonly hostNetwork: 'node' | 'pod';
  /** Whether egress to a Service is judged by the endpoint alone, or by the Service's address and port as well. */
  readonly serviceAddress: 'after-dnat' | 'before-dnat';
  /** A plugin that does not know endPort opens the first port alone. */
  readonly endPort: 'range' | 'first';
}

/** As kube-router's controller on k3s behaves. */
export const KUBE_ROUTER_MODES: PolicyModes = {
  hairpin: 'either',
  hostNetwork: 'node',
  serviceAddress: 'after-dnat',
  endPort: 'range',
};

/** One end of a connection: a pod, or an address outside (a node's too). */
export type PolicyEnd =
  | { readonly kind: 'pod'; readonly pod: Pod }
  | { readonly kind: 'address'; readonly ip: Ip };

/** What of an end policies see. */
export interface Subject {
  /** Undefined: no pod to policies; only its addresses count. */
  readonly namespace: string | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly ips: readonly Ip[];
  readonly ports: readonly ContainerPort[];
  /** The node that a pod runs on, or that the end is itself; empty: none. */
  readonly node: string;
}

/** The policies of a cluster, ready to be asked. */
export interface PolicyModel {
  readonly modes: PolicyModes;
  /** By namespace, in input order. */
  readonly policies: ReadonlyMap<string, readonly NetworkPolicy[]>;
  readonly namespaceLabels: (namespace: string) => ReadonlyMap<string, string>;
  readonly subjectOf: (end: PolicyEnd) => Subject;
}

const NO_LABELS: ReadonlyMap<string, string> = new Map();
const NAME_LABEL = 'kubernetes.io/metadata.name';

/** Gathers what the evaluation needs of a completed cluster. */
export function policyModel(
  objects: Pick<ClusterObjects, 'namespaces' | 'nodes' | 'networkPolicies'> &
    Partial<Pick<ClusterObjects, 'policyEnforcement'>>,
  modes: PolicyModes = KUBE_ROUTER_MODES,
): PolicyModel {
  const policies = new Map<string, NetworkPolicy[]>();
  // Where nobody enforces policies, everything is open.
  const enforced = objects.policyEnforcement === 'none' ? [] : objects.networkPolicies;
  for (const policy of enforced) {
    const own = policies.get(policy.meta.namespace);
    if (own === undefined) policies.set(policy.meta.namespace, [policy]);
    else own.push(policy);
  }
  const labels = new Map(objects.namespaces.map(({ meta }) => [meta.name, meta.labels]));
  const namespaceLabels = (namespace: string): ReadonlyMap<string, string> => {
    const known = labels.get(namespace);
    if (known !== undefined) return known;
    // A namespace that is not in the input is there all the same, with the label that the API server gives it.
    const implied = new Map([[NAME_LABEL, namespace]]);
    labels.set(namespace, implied);
    return implied;
  };
  const nodeIPs = new Map(objects.nodes.map((node) => [node.meta.name, node.internalIPs]));
  const nodeOf = new Map(objects.nodes.flatMap((node) => node.internalIPs.map((ip) => [ip, node.meta.name])));
  const subjectOf = (end: PolicyEnd): Subject => {
    if (end.kind === 'address') {
      return {
        namespace: undefined,
        labels: NO_LABELS,
        ips: [end.ip],
        ports: [],
        node: nodeOf.get(end.ip) ?? '',
      };
    }
    const { pod } = end;
    const onHost = pod.hostNetwork && modes.hostNetwork === 'node';
    const ips = pod.hostNetwork ? (nodeIPs.get(pod.nodeName) ?? pod.podIPs) : pod.podIPs;
    return {
      namespace: onHost ? undefined : pod.meta.namespace,
      labels: pod.meta.labels,
      ips,
      ports: onHost ? [] : pod.ports,
      node: pod.nodeName,
    };
  };
  return { modes, policies, namespaceLabels, subjectOf };
}

/** The pods that policies are about: finished ones are neither targets nor peers, their address may be another's. */
export function policedPods(objects: Pick<ClusterObjects, 'pods'>): Pod[] {
  return objects.pods.filter((pod) => !isFinished(pod));
}
