import { type Cidr, cidrFamily, type Family, familyOf, type Ip } from '../../../addr/index.ts';
import type { Service, ServicePort } from '../../../k8s/index.ts';
import type { ObjectRef, Origin } from '../../../kernel/index.ts';

/** An address of a Service and the field that it comes from. */
export interface ServiceAddress {
  readonly ip: Ip;
  readonly origin: Origin;
}

export interface SourceRange {
  readonly cidr: Cidr;
  readonly origin: Origin;
}

/** One port of one Service in one family, as kube-proxy's BaseServicePortInfo holds it. */
export interface ServicePortInfo {
  readonly service: Service;
  /** `namespace/name:port`; without the colon when the port has no name. */
  readonly name: string;
  readonly portName: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly clusterIP: Ip;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  readonly externalIPs: readonly ServiceAddress[];
  /** Ingress addresses of the family with ipMode VIP. */
  readonly loadBalancerVIPs: readonly ServiceAddress[];
  readonly sourceRanges: readonly SourceRange[];
  readonly externalPolicyLocal: boolean;
  readonly internalPolicyLocal: boolean;
  /** Seconds of ClientIP affinity; 0: none. */
  readonly affinitySeconds: number;
  /** 0: none. Only LoadBalancers with externalTrafficPolicy Local have one. */
  readonly healthCheckNodePort: number;
  /** The port of the Service. */
  readonly origin: Origin;
}

/** A Service with this label is some other proxy's; with the other, it has no ClusterIP to serve. */
const SKIPPED_LABELS = [
  'service.kubernetes.io/service-proxy-name',
  'service.kubernetes.io/headless',
] as const;

/** kube-proxy's informers leave out objects with these labels (ProxyServer.Run). */
export function isSkipped(labels: ReadonlyMap<string, string>): boolean {
  return SKIPPED_LABELS.some((label) => labels.has(label));
}

/** Whether traffic may come from outside: a NodePort, a load balancer address or an external IP. */
export function externallyAccessible(info: ServicePortInfo): boolean {
  return info.nodePort !== 0 || info.loadBalancerVIPs.length > 0 || info.externalIPs.length > 0;
}

/** Cluster-wide endpoints serve internal traffic, and pods and nodes that use an external address (short circuit). */
export function usesClusterEndpoints(info: ServicePortInfo): boolean {
  return !info.internalPolicyLocal || externallyAccessible(info);
}

export function usesLocalEndpoints(info: ServicePortInfo): boolean {
  return info.internalPolicyLocal || (info.externalPolicyLocal && externallyAccessible(info));
}

function serviceRef(service: Service): ObjectRef {
  return { kind: 'Service', namespace: service.meta.namespace, name: service.meta.name };
}

/** An origin in a Service. */
export function serviceOrigin(
  service: Service,
  field: string,
  object: ObjectRef = serviceRef(service),
): Origin {
  return { program: 'kube-proxy', object, field };
}

/** Addresses of the family with the field that each comes from. */
function addressesOf(
  ips: readonly (Ip | undefined)[],
  family: Family,
  origin: (index: number) => Origin,
): ServiceAddress[] {
  return ips.flatMap((ip, index) =>
    ip !== undefined && familyOf(ip) === family ? [{ ip, origin: origin(index) }] : [],
  );
}

function protocolOf(port: ServicePort): ServicePortInfo['protocol'] {
  switch (port.protocol) {
    case 'TCP':
      return 'tcp';
    case 'UDP':
      return 'udp';
    case 'SCTP':
      return 'sctp';
  }
}

/** The ports of one Service that kube-proxy serves in the family (serviceToServiceMap, newBaseServiceInfo). */
function portsOf(service: Service, family: Family): ServicePortInfo[] {
  if (service.type === 'ExternalName' || service.headless || isSkipped(service.meta.labels)) return [];
  const clusterIP = service.clusterIPs.find((ip) => familyOf(ip) === family);
  if (clusterIP === undefined) return [];
  const object = serviceRef(service);
  const at = (field: string): Origin => serviceOrigin(service, field, object);
  const { namespace, name } = service.meta;
  const shared = {
    service,
    clusterIP,
    externalIPs: addressesOf(service.externalIPs, family, (i) => at(`spec.externalIPs[${i}]`)),
    loadBalancerVIPs: addressesOf(
      service.loadBalancerIngress.map(({ ip, ipMode }) => (ipMode === 'VIP' ? ip : undefined)),
      family,
      (i) => at(`status.loadBalancer.ingress[${i}].ip`),
    ),
    sourceRanges: service.loadBalancerSourceRanges.flatMap((cidr, i) =>
      cidrFamily(cidr) === family ? [{ cidr, origin: at(`spec.loadBalancerSourceRanges[${i}]`) }] : [],
    ),
    externalPolicyLocal:
      service.externalTrafficPolicy === 'Local' &&
      (service.type !== 'ClusterIP' || service.externalIPs.length > 0),
    internalPolicyLocal: service.internalTrafficPolicy === 'Local',
    affinitySeconds: service.sessionAffinity === 'ClientIP' ? service.sessionAffinityTimeout : 0,
    healthCheckNodePort:
      service.type === 'LoadBalancer' && service.externalTrafficPolicy === 'Local'
        ? service.healthCheckNodePort
        : 0,
  };
  return service.ports.map((port, i) => ({
    ...shared,
    name: port.name === '' ? `${namespace}/${name}` : `${namespace}/${name}:${port.name}`,
    portName: port.name,
    protocol: protocolOf(port),
    port: port.port,
    nodePort: port.nodePort,
    origin: at(`spec.ports[${i}]`),
  }));
}

/**
 * The service ports of a cluster in one family, in order of namespace, name and port name. Of two that share name and
 * protocol the last one counts, as in kube-proxy's map.
 */
export function servicePorts(services: readonly Service[], family: Family): ServicePortInfo[] {
  const byName = new Map<string, ServicePortInfo>();
  for (const service of services) {
    for (const info of portsOf(service, family)) byName.set(`${info.name} ${info.protocol}`, info);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, info]) => info);
}
