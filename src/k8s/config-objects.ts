import type { Cidr, Ip } from '../addr/index.ts';
import type { ConfigOrigin } from './cni-config.ts';
import type { LabelSelector, Protocol, SourceRef } from './object-meta.ts';

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
  readonly conntrack: KubeProxyConntrack;
  readonly hostnameOverride: string;
  readonly source?: SourceRef;
}

/** Timeouts in seconds; 0 leaves the kernel's. nf_conntrack_max depends on the node's cores and is not modelled. */
export interface KubeProxyConntrack {
  readonly tcpEstablishedTimeout: number;
  readonly tcpCloseWaitTimeout: number;
  readonly udpTimeout: number;
  readonly udpStreamTimeout: number;
  readonly tcpBeLiberal: boolean;
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
  /** Whether flanneld masquerades (--ip-masq, as kube-flannel.yml sets it); undefined: it does. */
  readonly ipMasq?: boolean;
  /** The ConfigMap that holds it; undefined: it is assumed. */
  readonly origin?: ConfigOrigin;
  readonly source?: SourceRef;
}

/** What a KubeletConfiguration says of names. */
export interface KubeletConfig {
  /** Empty: pods of dnsPolicy ClusterFirst get the node's resolv.conf. */
  readonly clusterDNS: readonly Ip[];
  /** Without a final dot; empty: no search suffixes of the cluster. */
  readonly clusterDomain: string;
  /** Path of the file that pods of dnsPolicy Default get; undefined: /etc/resolv.conf; empty: none. */
  readonly resolvConf?: string;
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

/** A command that somebody runs by hand once everything is built: something to go wrong. */
export interface TopologyBreak {
  /** A node's name, or `pod/NAMESPACE/NAME`, `router/NAME`, `host/NAME`. */
  readonly on: string;
  /** A command line of ip, bridge, iptables, ipset, ipvsadm or sysctl. */
  readonly run: string;
}

/** `kind: Topology`: what manifests lack. */
export interface Topology {
  readonly networks: readonly TopologyNetwork[];
  readonly routers: readonly TopologyRouter[];
  readonly hosts: readonly TopologyHost[];
  /** The text of the nodes' own /etc/resolv.conf; undefined: the gateway of the node's LAN is the nameserver. */
  readonly resolvConf?: string;
  /** In the order in which they are run. */
  readonly breaks?: readonly TopologyBreak[];
  readonly source?: SourceRef;
}

/** The kubernetes plugin of CoreDNS, as a Corefile sets it (plugin/kubernetes/setup.go). Zones are lower case and end with a dot. */
export interface KubernetesPlugin {
  /** What it answers for; the first one that is not a reverse zone is the cluster's domain. */
  readonly zones: readonly string[];
  /** Seconds. */
  readonly ttl: number;
  readonly pods: 'disabled' | 'insecure' | 'verified';
  /** `endpoint_pod_names`: endpoints without a hostname are called as their pods. */
  readonly endpointPodNames: boolean;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly namespaceLabels?: LabelSelector;
  /** Of Services, EndpointSlices and Pods. */
  readonly labels?: LabelSelector;
  readonly noEndpoints: boolean;
  /** `ignore empty_service`. */
  readonly ignoreEmptyService: boolean;
  /** Below these, what it does not know is asked of the next plugin; `.` is everywhere. */
  readonly fallthrough: readonly string[];
  /** `ptr_hostname_only`. */
  readonly ptrHostnameOnly: boolean;
  /** `zonal`: names that are narrowed to a zone of the cluster's topology. */
  readonly zonal: boolean;
}

/** Whom plugin `forward` asks. */
export type DnsUpstream =
  /** The nameservers of a file, which is that of the pod. */
  | { readonly kind: 'file'; readonly path: string; readonly transport: UpstreamTransport }
  | {
      readonly kind: 'address';
      readonly ip: Ip;
      readonly port: number;
      readonly transport: UpstreamTransport;
    }
  /** CoreDNS of the cluster, by whatever Service: what a cache on the node asks. */
  | { readonly kind: 'cluster'; readonly transport: UpstreamTransport }
  | {
      readonly kind: 'name';
      readonly name: string;
      readonly port: number;
      readonly transport: UpstreamTransport;
    };

export type UpstreamTransport = 'UDP' | 'TCP' | 'TLS';

/** `forward FROM TO...`: what is handed to other resolvers. Zones are lower case and end with a dot. */
export interface ForwardPlugin {
  readonly from: string;
  /** Below these it is not asked. */
  readonly except: readonly string[];
  readonly to: readonly DnsUpstream[];
  readonly policy: 'random' | 'round_robin' | 'sequential';
}

/** Plugin `hosts`: the lines of a hosts file. */
export interface HostsPlugin {
  readonly zones: readonly string[];
  /** Names are lower case and end with a dot. */
  readonly entries: readonly { readonly ip: Ip; readonly name: string }[];
  /** Below these, what it does not know is asked of the next plugin. */
  readonly fallthrough: readonly string[];
  /** Seconds. */
  readonly ttl: number;
  /** Whether it answers for addresses too. */
  readonly reverse: boolean;
}

/** Plugin `header`: a bit of each response, set or cleared. */
export interface HeaderRule {
  readonly flag: 'aa' | 'ra' | 'rd';
  readonly set: boolean;
}

/** One server block of a Corefile: who answers for some zones. */
export interface CorefileServer {
  /** Lower case, ending with a dot; `.` is everything. */
  readonly zones: readonly string[];
  /** The addresses that it listens on, as they are written; undefined: all. */
  readonly bind?: readonly string[];
  readonly local?: boolean;
  readonly any?: boolean;
  readonly header?: readonly HeaderRule[];
  readonly minimal?: boolean;
  readonly hosts?: HostsPlugin;
  readonly kubernetes?: KubernetesPlugin;
  /** In their order; the first that is for a name is asked. */
  readonly forward: readonly ForwardPlugin[];
  /** Plugins that are not modelled, and may answer too. */
  readonly others?: readonly string[];
}

/** The Corefile of the ConfigMap kube-system/coredns. */
export interface CoreDnsConfig {
  readonly servers: readonly CorefileServer[];
  readonly source?: SourceRef;
}

/** NodeLocal DNSCache: a CoreDNS on each node, which has addresses of its own there. */
export interface NodeLocalDnsConfig extends CoreDnsConfig {
  /** Link-local, as a rule. */
  readonly localIPs: readonly Ip[];
  /** Whether it takes the ClusterIP of the cluster's DNS too. */
  readonly takesClusterIp: boolean;
}
