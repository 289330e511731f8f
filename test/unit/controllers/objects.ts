import { type Cidr, cidr, ip } from '../../../src/addr/index.ts';
import type {
  ClusterObjects,
  ContainerPort,
  EndpointSlice,
  FlannelConfig,
  KubeProxyConfig,
  Meta,
  Node,
  Pod,
  Service,
  Topology,
} from '../../../src/k8s/index.ts';

/** Small objects for tests: what is not said is what the loader would default. */

export function meta(name: string, namespace = '', more: Partial<Meta> = {}): Meta {
  return {
    name,
    namespace,
    labels: new Map(),
    annotations: new Map(),
    ownerReferences: [],
    deleting: false,
    source: { file: 'test.yaml', document: 0, path: [] },
    ...more,
  };
}

export function node(
  name: string,
  addresses: readonly string[] = [],
  podCIDRs: readonly string[] = [],
  more: Partial<Node> = {},
): Node {
  return {
    kind: 'Node',
    meta: meta(name),
    podCIDRs: podCIDRs.map(cidr),
    internalIPs: addresses.map(ip),
    unschedulable: false,
    taints: [],
    ready: true,
    ...more,
  };
}

export function pod(
  name: string,
  nodeName = '',
  podIPs: readonly string[] = [],
  more: Partial<Pod> = {},
): Pod {
  return {
    kind: 'Pod',
    meta: meta(name, 'default'),
    nodeName,
    hostNetwork: false,
    phase: 'Running',
    podIPs: podIPs.map(ip),
    ready: true,
    ports: [],
    nodeSelector: new Map(),
    hostname: '',
    subdomain: '',
    serviceAccountName: 'default',
    ...more,
  };
}

export function port(containerPort: number, protocol: ContainerPort['protocol'] = 'TCP'): ContainerPort {
  return { container: 'c', name: '', containerPort, protocol, hostPort: 0 };
}

export function service(name: string, more: Partial<Service> = {}): Service {
  return {
    kind: 'Service',
    meta: meta(name, 'default'),
    type: 'ClusterIP',
    clusterIPs: [],
    headless: false,
    ipFamilies: [4],
    ports: [],
    externalIPs: [],
    externalName: '',
    loadBalancerIngress: [],
    loadBalancerSourceRanges: [],
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    sessionAffinity: 'None',
    sessionAffinityTimeout: 10800,
    healthCheckNodePort: 0,
    publishNotReadyAddresses: false,
    ...more,
  };
}

export function slice(name: string, more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    kind: 'EndpointSlice',
    meta: meta(name, 'default'),
    serviceName: name,
    addressType: 'IPv4',
    ports: [],
    endpoints: [],
    ...more,
  };
}

export const VXLAN: FlannelConfig = {
  network: cidr('10.244.0.0/16'),
  enableIPv4: true,
  enableIPv6: false,
  enableNFTables: false,
  subnetLen: 24,
  backend: { type: 'vxlan', vni: 1, port: 0, directRouting: false, learning: false, gbp: false, mtu: 0 },
};

export const HOST_GW: FlannelConfig = { ...VXLAN, backend: { type: 'host-gw' } };

export const KUBE_PROXY: KubeProxyConfig = {
  mode: 'iptables',
  clusterCIDR: [cidr('10.244.0.0/16')],
  detectLocalMode: 'ClusterCIDR',
  bridgeInterface: '',
  interfaceNamePrefix: '',
  nodePortAddresses: [],
  iptables: { masqueradeAll: false, masqueradeBit: 14, localhostNodePorts: true },
  ipvs: {
    scheduler: 'rr',
    excludeCIDRs: [],
    strictARP: false,
    tcpTimeout: 0,
    tcpFinTimeout: 0,
    udpTimeout: 0,
  },
  conntrack: {
    tcpEstablishedTimeout: 86_400,
    tcpCloseWaitTimeout: 3_600,
    udpTimeout: 0,
    udpStreamTimeout: 0,
    tcpBeLiberal: false,
  },
  hostnameOverride: '',
};

export const LAN: Topology = {
  networks: [lan('lan', '192.168.56.0/24', '192.168.56.1')],
  routers: [],
  hosts: [],
};

export function lan(name: string, range: string, gateway: string, mtu = 1500): Topology['networks'][number] {
  return { name, cidr: cidr(range), gateway: ip(gateway), mtu };
}

export function objects(more: Partial<ClusterObjects> = {}): ClusterObjects {
  return {
    namespaces: [],
    nodes: [],
    pods: [],
    workloads: [],
    services: [],
    endpointSlices: [],
    networkPolicies: [],
    kubeProxy: KUBE_PROXY,
    flannel: VXLAN,
    topology: LAN,
    serviceRanges: [cidr('10.96.0.0/12')],
    policyEnforcement: 'kube-router',
    ignored: new Map(),
    ...more,
  };
}

export function labels(pairs: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(pairs));
}

export function texts(cidrs: readonly Cidr[], format: (c: Cidr) => string): string[] {
  return cidrs.map(format);
}
