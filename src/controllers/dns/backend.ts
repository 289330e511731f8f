import { formatIp, type Ip } from '../../addr/index.ts';
import {
  type ClusterObjects,
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  isFinished,
  type KubernetesPlugin,
  type Meta,
  matchSelector,
  type Pod,
  type Service,
} from '../../k8s/index.ts';

/** A ready address of an EndpointSlice. */
export interface EndpointAddress {
  readonly ip: Ip;
  /** The label under which it is known below its Service. */
  readonly host: string;
  /** Whether the EndpointSlice itself says the host. */
  readonly named: boolean;
  readonly zone: string;
}

/** An EndpointSlice as CoreDNS keeps it: what is ready (plugin/kubernetes/object/endpoint.go). */
export interface Endpoints {
  readonly slice: EndpointSlice;
  readonly addresses: readonly EndpointAddress[];
  readonly ports: readonly EndpointPort[];
}

/** What one kubernetes plugin has read of the cluster, by what it is asked for. Keys are `name.namespace`. */
export interface Backend {
  readonly plugin: KubernetesPlugin;
  readonly services: ReadonlyMap<string, Service>;
  readonly serviceByIp: ReadonlyMap<Ip, Service>;
  readonly endpoints: ReadonlyMap<string, readonly Endpoints[]>;
  readonly endpointsByIp: ReadonlyMap<Ip, readonly Endpoints[]>;
  /** By the first address, as CoreDNS keeps them; empty unless `pods verified`. */
  readonly podsByIp: ReadonlyMap<Ip, readonly Pod[]>;
  /** Those that exist and that the plugin may read. */
  readonly namespaces: ReadonlySet<string>;
  readonly isExposed: (namespace: string) => boolean;
  /** CoreDNS' own addresses. */
  readonly localIPs: readonly Ip[];
}

/** What has no ports has this one (the sentinel of EndpointSliceToEndpoints and ToService): addresses, but no SRV records. */
export const NO_PORT: readonly EndpointPort[] = [{ name: '', protocol: 'TCP', port: -1 }];

export function keyOf(name: string, namespace: string): string {
  return `${name}.${namespace}`;
}

export function backendOf(
  objects: ClusterObjects,
  plugin: KubernetesPlugin,
  localIPs: readonly Ip[],
): Backend {
  const chosen = ({ meta }: { readonly meta: Meta }): boolean =>
    plugin.labels === undefined || matchSelector(plugin.labels, meta.labels);
  const services = new Map<string, Service>();
  const serviceByIp = new Map<Ip, Service>();
  for (const service of objects.services) {
    if (!chosen(service)) continue;
    services.set(keyOf(service.meta.name, service.meta.namespace), service);
    for (const ip of service.clusterIPs) if (!serviceByIp.has(ip)) serviceByIp.set(ip, service);
  }
  const endpoints = new Map<string, Endpoints[]>();
  const endpointsByIp = new Map<Ip, Endpoints[]>();
  for (const slice of plugin.noEndpoints ? [] : objects.endpointSlices) {
    if (slice.serviceName === '' || !chosen(slice)) continue;
    const one = endpointsOf(slice, plugin);
    push(endpoints, keyOf(slice.serviceName, slice.meta.namespace), one);
    for (const ip of new Set(one.addresses.map((address) => address.ip))) push(endpointsByIp, ip, one);
  }
  const podsByIp = new Map<Ip, Pod[]>();
  for (const pod of plugin.pods === 'verified' ? objects.pods : []) {
    // The pod watch leaves out phases Succeeded, Failed and Unknown, and what is being deleted.
    const [ip] = pod.podIPs;
    if (ip === undefined || isFinished(pod) || pod.phase === 'Unknown' || pod.meta.deleting) continue;
    if (chosen(pod)) push(podsByIp, ip, pod);
  }
  const namespaces = namespacesOf(objects, plugin);
  const listed = plugin.namespaces.length === 0 ? undefined : new Set(plugin.namespaces);
  return {
    plugin,
    services,
    serviceByIp,
    endpoints,
    endpointsByIp,
    podsByIp,
    namespaces,
    isExposed: (namespace) => namespaces.has(namespace) && listed?.has(namespace) !== false,
    localIPs,
  };
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Those that every cluster has. */
const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Given ones, and those that objects are in: a list of objects need not list its namespaces. */
function namespacesOf(objects: ClusterObjects, { namespaceLabels }: KubernetesPlugin): Set<string> {
  const labels = new Map<string, ReadonlyMap<string, string>>();
  const { pods, services, endpointSlices, workloads, networkPolicies } = objects;
  for (const name of SYSTEM_NAMESPACES) labels.set(name, new Map());
  for (const list of [pods, services, endpointSlices, workloads, networkPolicies])
    for (const { meta } of list) labels.set(meta.namespace, new Map());
  for (const { meta } of objects.namespaces) labels.set(meta.name, meta.labels);
  if (namespaceLabels === undefined) return new Set(labels.keys());
  const found = new Set<string>();
  for (const [name, given] of labels) {
    const all = new Map(given).set('kubernetes.io/metadata.name', name);
    if (matchSelector(namespaceLabels, all)) found.add(name);
  }
  return found;
}

function endpointsOf(slice: EndpointSlice, plugin: KubernetesPlugin): Endpoints {
  const addresses = slice.endpoints
    .filter(({ ready }) => ready)
    .flatMap((endpoint) => endpoint.addresses.map((ip) => addressOf(endpoint, ip, plugin)));
  return { slice, addresses, ports: slice.ports.length === 0 ? NO_PORT : slice.ports };
}

function addressOf(endpoint: Endpoint, ip: Ip, plugin: KubernetesPlugin): EndpointAddress {
  const { hostname, zone } = endpoint;
  const host = hostname === '' ? unnamedHost(endpoint, ip, plugin) : hostname;
  return { ip, host, named: hostname !== '', zone };
}

/** endpointHostname of plugin/kubernetes: the pod's name if that is wanted and is a label, else the address with dashes. */
function unnamedHost({ targetRef }: Endpoint, ip: Ip, plugin: KubernetesPlugin): string {
  const pod = targetRef?.name ?? '';
  if (plugin.endpointPodNames && pod !== '' && pod.length < 64) return pod;
  return dashed(ip);
}

export function dashed(ip: Ip): string {
  if (typeof ip === 'number') return formatIp(ip).replaceAll('.', '-');
  const host = formatIp(ip).replaceAll(':', '-');
  return host.endsWith('-') ? `${host}0` : host;
}
