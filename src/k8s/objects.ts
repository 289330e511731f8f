import type { Cidr, Family, Ip } from '../addr/index.ts';
import type { CniConfig } from './cni-config.ts';
import type {
  CoreDnsConfig,
  FlannelConfig,
  KubeletConfig,
  KubeProxyConfig,
  NodeLocalDnsConfig,
  Topology,
} from './config-objects.ts';
import type { Ingress } from './ingress-objects.ts';
import type { Meta, Protocol } from './object-meta.ts';
import type { Pod, Taint } from './pod-objects.ts';
import type { NetworkPolicy, PolicyEnforcement } from './policy-objects.ts';
import type { Workload } from './workload-objects.ts';

export * from './cni-config.ts';
export * from './config-objects.ts';
export * from './ingress-objects.ts';
export * from './object-meta.ts';
export * from './pod-objects.ts';
export * from './policy-objects.ts';
export * from './workload-objects.ts';

/**
 * Kubernetes objects as podwalk keeps them: decoded, defaulted as the API server does, addresses canonical.
 * Only fields that something reads are here. Everything is immutable after loading.
 */

export interface Namespace {
  readonly kind: 'Namespace';
  readonly meta: Meta;
}

export interface Node {
  readonly kind: 'Node';
  readonly meta: Meta;
  /** spec.podCIDRs (or podCIDR); empty: IPAM gives one. */
  readonly podCIDRs: readonly Cidr[];
  /** status.addresses of type InternalIP, in order; empty: one is assumed. */
  readonly internalIPs: readonly Ip[];
  readonly unschedulable: boolean;
  readonly taints: readonly Taint[];
  /** The conditions' Ready status; true when absent. */
  readonly ready: boolean;
  /** No object states it: it may be made to fit what the workloads ask for. */
  readonly assumed?: true;
}

export type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';

export interface ServicePort {
  /** Empty when the Service has one unnamed port. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** A number, or a container port's name. */
  readonly targetPort: number | string;
  /** 0: none. */
  readonly nodePort: number;
  readonly appProtocol?: string;
}

export interface LoadBalancerIngress {
  readonly ip?: Ip;
  readonly hostname?: string;
  readonly ipMode: 'VIP' | 'Proxy';
}

export interface Service {
  readonly kind: 'Service';
  readonly meta: Meta;
  readonly type: ServiceType;
  /** Empty for headless and ExternalName Services. */
  readonly clusterIPs: readonly Ip[];
  /** `clusterIP: None`. */
  readonly headless: boolean;
  readonly ipFamilies: readonly Family[];
  /** Undefined: no selector, endpoints are somebody else's. */
  readonly selector?: ReadonlyMap<string, string>;
  readonly ports: readonly ServicePort[];
  readonly externalIPs: readonly Ip[];
  readonly externalName: string;
  readonly loadBalancerIngress: readonly LoadBalancerIngress[];
  readonly loadBalancerSourceRanges: readonly Cidr[];
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  readonly sessionAffinity: 'None' | 'ClientIP';
  /** Seconds; 10800 unless said. */
  readonly sessionAffinityTimeout: number;
  /** 0: none. */
  readonly healthCheckNodePort: number;
  readonly publishNotReadyAddresses: boolean;
  /** `PreferClose` and the like; undefined: none. */
  readonly trafficDistribution?: string;
}

export interface EndpointPort {
  /** Undefined: the port has no name at all and kube-proxy ignores it; the API server defaults it to "". */
  readonly name?: string;
  readonly protocol: Protocol;
  /** Undefined: all ports; kube-proxy ignores it. */
  readonly port?: number;
  readonly appProtocol?: string;
}

export interface Endpoint {
  readonly addresses: readonly Ip[];
  /** Undefined is read as true. */
  readonly ready: boolean;
  /** Undefined is read as `ready`. */
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly hostname: string;
  readonly nodeName: string;
  readonly zone: string;
  /** hints.forZones; undefined: no hints. */
  readonly zoneHints?: readonly string[];
  /** hints.forNodes; undefined: no hints. */
  readonly nodeHints?: readonly string[];
  readonly targetRef?: { readonly kind: string; readonly namespace: string; readonly name: string };
}

export interface EndpointSlice {
  readonly kind: 'EndpointSlice';
  readonly meta: Meta;
  /** The label kubernetes.io/service-name. */
  readonly serviceName: string;
  /** FQDN slices are kept for listings only. */
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** What of ranges, addresses and numbers the input says itself; the rest is assumed, or drawn. */
export interface Stated {
  /** Flannel's Network. */
  readonly podNetwork: boolean;
  /** The networks of the nodes. */
  readonly networks: boolean;
  readonly clusterIPs: ReadonlySet<Ip>;
  /** `TCP/30080` */
  readonly nodePorts: ReadonlySet<string>;
}

/** Everything that was loaded. Object lists keep input order. */
export interface ClusterObjects {
  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  /** Deployments, ReplicaSets, StatefulSets, ...; `controllers/workloads` makes their pods. */
  readonly workloads: readonly Workload[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly networkPolicies: readonly NetworkPolicy[];
  /** For lint; undefined: none. */
  readonly ingresses?: readonly Ingress[];
  readonly kubeProxy: KubeProxyConfig;
  readonly flannel: FlannelConfig;
  /** Undefined: that of kube-flannel.yml (DEFAULT_CNI). */
  readonly cni?: CniConfig;
  readonly topology: Topology;
  /** Undefined: no KubeletConfiguration was given. */
  readonly kubelet?: KubeletConfig;
  /** Undefined: no Corefile was given. */
  readonly coreDns?: CoreDnsConfig;
  /** Undefined: there is no NodeLocal DNSCache. */
  readonly nodeLocalDns?: NodeLocalDnsConfig;
  /** The ranges that ClusterIPs come from, one a family. */
  readonly serviceRanges: readonly Cidr[];
  /** What enforces NetworkPolicies: kube-router's controller, or nothing, as with flannel alone. */
  readonly policyEnforcement: PolicyEnforcement;
  /** `any`: every pod listens on every port. Undefined: where something of it says so. */
  readonly listeners?: 'any';
  /** Whose network the cluster has where it is not flannel's, by what is in the input: `Calico`. */
  readonly otherNetwork?: string;
  /** Undefined: nothing is known of what was stated. */
  readonly stated?: Stated;
  /** Kinds that no walk heeds, with how many of each: `Secret` -> 3. */
  readonly ignored: ReadonlyMap<string, number>;
}
