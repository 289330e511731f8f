import { type Cidr, cidr, type Family, type Ip, ip } from '../../src/addr/index.ts';
import type { KubeProxyInput } from '../../src/controllers/kube-proxy/index.ts';
import { printIptablesSave } from '../../src/formats/index.ts';
import type { Endpoint, EndpointSlice, KubeProxyConfig, Meta, Node, Service } from '../../src/k8s/index.ts';
import { rulesetAfter } from './kube-proxy-golden.ts';

/** Small clusters for unit tests of kube-proxy, built without any loading. */

export function meta(name: string, more: Partial<Meta> = {}): Meta {
  return {
    name,
    namespace: 'default',
    labels: new Map(),
    annotations: new Map(),
    ownerReferences: [],
    deleting: false,
    ...more,
  };
}

export function node(more: Partial<Node> = {}): Node {
  return {
    kind: 'Node',
    meta: meta('node1', { namespace: '', labels: new Map([['topology.kubernetes.io/zone', 'a']]) }),
    podCIDRs: [cidr('10.244.1.0/24'), cidr('fd00:244:1::/64')],
    internalIPs: [ip('192.168.56.11'), ip('fd00:56::11')],
    unschedulable: false,
    taints: [],
    ready: true,
    ...more,
  };
}

export function service(more: Partial<Service> = {}): Service {
  return {
    kind: 'Service',
    meta: meta('web'),
    type: 'ClusterIP',
    clusterIPs: [ip('10.96.0.11'), ip('fd00:96::b')],
    headless: false,
    ipFamilies: [4, 6],
    ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 0 }],
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

export function endpoint(address: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    addresses: [ip(address)],
    ready: true,
    serving: true,
    terminating: false,
    hostname: '',
    nodeName: 'node1',
    zone: '',
    ...more,
  };
}

export function slice(endpoints: readonly Endpoint[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    kind: 'EndpointSlice',
    meta: meta('web-1'),
    serviceName: 'web',
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints,
    ...more,
  };
}

export function config(more: Partial<KubeProxyConfig> = {}): KubeProxyConfig {
  return {
    mode: 'iptables',
    clusterCIDR: [cidr('10.244.0.0/16'), cidr('fd00:244::/48')],
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
    ...more,
  };
}

export function input(more: Partial<KubeProxyInput> = {}): KubeProxyInput {
  const local: Record<Family, readonly Ip[]> = {
    4: [ip('192.168.56.11'), ip('10.244.1.1'), ip('127.0.0.1')],
    6: [ip('fd00:56::11'), ip('::1')],
  };
  return {
    node: node(),
    nodeLocalAddresses: (family) => local[family],
    services: [service()],
    endpointSlices: [slice([endpoint('10.244.1.2'), endpoint('10.244.2.2', { nodeName: 'node2' })])],
    config: config(),
    ...more,
  };
}

/** Parses prefixes for settings. */
export function cidrs(...texts: string[]): Cidr[] {
  return texts.map((text) => cidr(text));
}

/** The lines of `iptables-save` that match. */
export function savedLines(given: KubeProxyInput, family: Family, pattern: RegExp): string[] {
  return printIptablesSave(rulesetAfter(given, family))
    .split('\n')
    .filter((line) => pattern.test(line));
}
