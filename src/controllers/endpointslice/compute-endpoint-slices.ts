import { type Family, familyOf, type Ip } from '../../addr/index.ts';
import {
  type ClusterObjects,
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  indexPods,
  isFinished,
  isUnstarted,
  type Node,
  type Pod,
  type Service,
  stableSuffix,
} from '../../k8s/index.ts';

/** --max-endpoints-per-slice of kube-controller-manager. */
const MAX_ENDPOINTS_PER_SLICE = 100;
const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const HEADLESS = 'service.kubernetes.io/headless';
const ZONE = 'topology.kubernetes.io/zone';

/**
 * The EndpointSlices of a cluster: those given, as they are, and computed ones for every Service with a selector
 * that has none. Pods are expected to have their addresses and nodes already.
 */
export function computeEndpointSlices(
  objects: Pick<ClusterObjects, 'services' | 'pods' | 'nodes' | 'endpointSlices'>,
): EndpointSlice[] {
  const given = new Set(
    objects.endpointSlices.map((slice) => `${slice.meta.namespace}/${slice.serviceName}`),
  );
  const nodes = new Map(objects.nodes.map((node) => [node.meta.name, node]));
  const podsOf = indexPods(objects.pods.filter((pod) => !isFinished(pod)));
  const computed: EndpointSlice[] = [];
  for (const service of objects.services) {
    const { selector, meta } = service;
    if (selector === undefined || selector.size === 0 || service.type === 'ExternalName') continue;
    if (given.has(`${meta.namespace}/${meta.name}`)) continue;
    const selected = podsOf(meta.namespace, selector);
    for (const family of service.ipFamilies) computed.push(...slicesOf(service, family, selected, nodes));
  }
  return [...objects.endpointSlices, ...computed];
}

/**
 * The slices of one family. Pods whose named targetPorts resolve to different numbers go to different slices
 * (reconcileByAddressType groups by PortMapKey); without any endpoint one empty placeholder remains.
 */
function slicesOf(
  service: Service,
  family: Family,
  pods: readonly Pod[],
  nodes: ReadonlyMap<string, Node>,
): EndpointSlice[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const addresses = addressesOf(pod, nodes.get(pod.nodeName)).filter((ip) => familyOf(ip) === family);
    if (addresses.length === 0) continue;
    const ports = endpointPorts(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpointOf(service, pod, addresses, nodes.get(pod.nodeName)));
    groups.set(key, group);
  }
  if (groups.size === 0) return [sliceOf(service, family, '', 0, [], [])];
  return [...groups].flatMap(([key, { ports, endpoints }]) => {
    const slices: EndpointSlice[] = [];
    for (let i = 0; i < endpoints.length; i += MAX_ENDPOINTS_PER_SLICE) {
      slices.push(sliceOf(service, family, key, i, ports, endpoints.slice(i, i + MAX_ENDPOINTS_PER_SLICE)));
    }
    return slices;
  });
}

function sliceOf(
  service: Service,
  family: Family,
  key: string,
  from: number,
  ports: readonly EndpointPort[],
  endpoints: readonly Endpoint[],
): EndpointSlice {
  const { name, namespace } = service.meta;
  const labels = new Map(service.meta.labels);
  if (service.headless) labels.set(HEADLESS, '');
  labels.set(SERVICE_NAME, name);
  labels.set(MANAGED_BY, 'endpointslice-controller.k8s.io');
  // SimpleNameGenerator: at most 63 characters, the last five drawn.
  const suffix = stableSuffix(`${namespace}/${name}/${family}/${key}/${from}`);
  return {
    kind: 'EndpointSlice',
    meta: {
      name: `${`${name}-`.slice(0, 58)}${suffix}`,
      namespace,
      labels,
      annotations: new Map(),
      ownerReferences: [{ kind: 'Service', name, controller: true }],
      deleting: false,
    },
    serviceName: name,
    addressType: family === 4 ? 'IPv4' : 'IPv6',
    ports,
    endpoints,
  };
}

/** A host-network pod that has no status yet has its node's addresses, as kubelet will report. */
function addressesOf(pod: Pod, node: Node | undefined): readonly Ip[] {
  return pod.podIPs.length === 0 && pod.hostNetwork && !isUnstarted(pod)
    ? (node?.internalIPs ?? [])
    : pod.podIPs;
}

/** getEndpointPorts: each service port that the pod can serve; a named targetPort that it lacks is left out. */
function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  return service.ports.flatMap((port): EndpointPort[] => {
    const number =
      typeof port.targetPort === 'number'
        ? port.targetPort
        : pod.ports.find((p) => p.name === port.targetPort && p.protocol === port.protocol)?.containerPort;
    if (number === undefined) return [];
    const { name, protocol, appProtocol } = port;
    return [{ name, protocol, port: number, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** podToEndpoint of k8s.io/endpointslice. */
function endpointOf(service: Service, pod: Pod, addresses: readonly Ip[], node: Node | undefined): Endpoint {
  const serving = pod.ready;
  const terminating = pod.meta.deleting;
  return {
    addresses: addresses.slice(0, 1),
    ready: service.publishNotReadyAddresses || (serving && !terminating),
    serving,
    terminating,
    // ShouldSetHostname: only where DNS will know it.
    hostname: pod.hostname !== '' && pod.subdomain === service.meta.name ? pod.hostname : '',
    nodeName: pod.nodeName,
    zone: node?.meta.labels.get(ZONE) ?? '',
    targetRef: { kind: 'Pod', namespace: pod.meta.namespace, name: pod.meta.name },
  };
}
