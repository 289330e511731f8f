import type { Cidr, Family, Ip } from '../addr/index.ts';

/**
 * Kubernetes objects as podwalk keeps them: decoded, defaulted as the API server does, addresses canonical.
 * Only fields that something reads are here. Everything is immutable after loading.
 */

/** Where an object was written; `locate` finds line and column of a field when a diagnostic needs them. */
export interface SourceRef {
  readonly file: string;
  /** Index of the YAML document in its file. */
  readonly document: number;
  /** Path of the object inside the document: empty, or `items[3]` in a List. */
  readonly path: readonly (string | number)[];
}

export interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly controller: boolean;
}

export interface Meta {
  readonly name: string;
  /** Empty for kinds without a namespace (Node, Namespace). */
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly ownerReferences: readonly OwnerReference[];
  /** A deletionTimestamp is set: the object is terminating. */
  readonly deleting: boolean;
  /** Undefined for objects that podwalk assumed or computed. */
  readonly source?: SourceRef;
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface Namespace {
  readonly kind: 'Namespace';
  readonly meta: Meta;
}

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
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
}

export interface ContainerPort {
  readonly container: string;
  readonly name: string;
  readonly containerPort: number;
  readonly protocol: Protocol;
  /** 0: none. */
  readonly hostPort: number;
  readonly hostIP?: Ip;
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export interface Pod {
  readonly kind: 'Pod';
  readonly meta: Meta;
  /** Empty: the scheduler chooses. */
  readonly nodeName: string;
  readonly hostNetwork: boolean;
  readonly phase: PodPhase;
  /** status.podIPs (or podIP); empty: host-local gives the next free one. */
  readonly podIPs: readonly Ip[];
  /** The Ready condition; a Running pod without conditions counts as ready. */
  readonly ready: boolean;
  readonly ports: readonly ContainerPort[];
  readonly nodeSelector: ReadonlyMap<string, string>;
  readonly hostname: string;
  readonly subdomain: string;
  readonly serviceAccountName: string;
}

/** Succeeded or Failed: it has no network any more. */
export function isFinished(pod: Pod): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
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

export type ProxyMode = 'iptables' | 'ipvs' | 'nftables';
export type LocalDetector = 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';

/** KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1), defaulted. */
export interface KubeProxyConfig {
  readonly mode: ProxyMode;
  readonly clusterCIDR: readonly Cidr[];
  readonly detectLocalMode: LocalDetector;
  readonly bridgeInterface: string;
  readonly interfaceNamePrefix: string;
  /** Empty: every address (MatchAll). */
  readonly nodePortAddresses: readonly Cidr[];
  readonly iptables: {
    readonly masqueradeAll: boolean;
    readonly masqueradeBit: number;
    readonly localhostNodePorts: boolean;
  };
  readonly ipvs: {
    readonly scheduler: string;
    readonly excludeCIDRs: readonly Cidr[];
    readonly strictARP: boolean;
    readonly tcpTimeout: number;
    readonly tcpFinTimeout: number;
    readonly udpTimeout: number;
  };
  readonly hostnameOverride: string;
  readonly source?: SourceRef;
}

export type FlannelBackend =
  | {
      readonly type: 'vxlan';
      readonly vni: number;
      /** 0: the kernel's default, 8472. */
      readonly port: number;
      readonly directRouting: boolean;
      readonly learning: boolean;
      readonly gbp: boolean;
      /** 0: the external interface's MTU. */
      readonly mtu: number;
    }
  | { readonly type: 'host-gw' };

/** net-conf.json of the ConfigMap kube-flannel-cfg. */
export interface FlannelConfig {
  readonly network: Cidr;
  readonly ipv6Network?: Cidr;
  readonly enableIPv4: boolean;
  readonly enableIPv6: boolean;
  readonly enableNFTables: boolean;
  /** Prefix length of a node's subnet; serves only Nodes without podCIDR. */
  readonly subnetLen: number;
  readonly subnetMin?: Ip;
  readonly subnetMax?: Ip;
  readonly backend: FlannelBackend;
  readonly source?: SourceRef;
}

export interface TopologyNetwork {
  readonly name: string;
  readonly cidr: Cidr;
  readonly gateway: Ip;
  readonly mtu: number;
}

export interface TopologyRouter {
  readonly name: string;
  readonly networks: readonly string[];
}

export interface TopologyHost {
  readonly name: string;
  readonly ip: Ip;
  /** The LAN it is on; undefined: behind the gateway. */
  readonly network?: string;
  readonly listens: readonly { readonly protocol: Protocol; readonly port: number }[];
}

/** `kind: Topology`: what manifests lack. */
export interface Topology {
  readonly networks: readonly TopologyNetwork[];
  readonly routers: readonly TopologyRouter[];
  readonly hosts: readonly TopologyHost[];
  readonly source?: SourceRef;
}

/** Everything that was loaded. Object lists keep input order. */
export interface ClusterObjects {
  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly kubeProxy: KubeProxyConfig;
  readonly flannel: FlannelConfig;
  readonly topology: Topology;
  /** Kinds that nothing reads yet, with how many of each: `Secret` -> 3. */
  readonly ignored: ReadonlyMap<string, number>;
}
