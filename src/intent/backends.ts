import { formatIp, type Ip } from '../addr/index.ts';
import {
  type ClusterObjects,
  type EndpointSlice,
  isFinished,
  matchLabels,
  type Pod,
  type Service,
  type ServicePort,
  type Endpoint as SliceEndpoint,
} from '../k8s/index.ts';
import type { Endpoint } from '../trace/index.ts';

/**
 * The endpoints that may take a Service's traffic, from its EndpointSlices: the ready ones, and where none is ready
 * those that still serve while they terminate (KEP-1669).
 */

const ZONE = 'topology.kubernetes.io/zone';
/** How a Service asks for topology aware routing, newest name last. */
const ASKS_FOR_HINTS = [
  'service.kubernetes.io/topology-aware-hints',
  'service.kubernetes.io/topology-mode',
] as const;

/** The IPv4 slices of a Service. */
export function slicesOf(objects: ClusterObjects, { meta }: Service): EndpointSlice[] {
  return objects.endpointSlices.filter(
    (s) => s.addressType === 'IPv4' && s.serviceName === meta.name && s.meta.namespace === meta.namespace,
  );
}

/** An endpoint with the number that a Service's port has there. */
interface Backend {
  readonly endpoint: SliceEndpoint;
  readonly port: number;
}

function backends(objects: ClusterObjects, service: Service, port: ServicePort): Backend[] {
  return slicesOf(objects, service).flatMap((slice) => {
    const number = slice.ports.find((p) => p.name === port.name && p.protocol === port.protocol)?.port;
    if (number === undefined) return [];
    return slice.endpoints.map((endpoint) => ({ endpoint, port: number }));
  });
}

/** The ready ones, else those that serve while they terminate. */
function usable(all: readonly Backend[]): Backend[] {
  const ready = all.filter(({ endpoint }) => endpoint.ready);
  return ready.length > 0 ? ready : all.filter(({ endpoint }) => endpoint.serving && endpoint.terminating);
}

/** Which endpoints are wanted: those of one node only, or all, those of a node's zone first where hints say so. */
export type Reach = { readonly local: string | undefined } | { readonly near: string | undefined };

/** Who may answer for a port of a Service. */
export function backendsOf(
  objects: ClusterObjects,
  service: Service,
  port: ServicePort,
  reach: Reach,
): Endpoint[] {
  const all = backends(objects, service, port);
  const chosen =
    'local' in reach
      ? usable(all.filter(({ endpoint }) => endpoint.nodeName === reach.local))
      : nearest(objects, service, usable(all), reach.near);
  const found = new Map<string, Endpoint>();
  for (const { endpoint, port: number } of chosen) {
    const [ip] = endpoint.addresses;
    if (ip === undefined) continue;
    const key = `${formatIp(ip)}:${number}`;
    if (!found.has(key)) found.set(key, { ...whoIs(objects, endpoint), ip: formatIp(ip), port: number });
  }
  return [...found.values()];
}

export function hasBackends(objects: ClusterObjects, service: Service, port: ServicePort): boolean {
  return usable(backends(objects, service, port)).length > 0;
}

/** Whether a node has a ready endpoint of the Service. */
export function readyOn(objects: ClusterObjects, service: Service, node: string): boolean {
  return slicesOf(objects, service).some((s) => s.endpoints.some((e) => e.ready && e.nodeName === node));
}

/** Topology aware routing: if the Service asks for it, every endpoint has hints, and one is for the node's zone. */
function nearest(
  objects: ClusterObjects,
  { meta }: Service,
  all: readonly Backend[],
  node: string | undefined,
): readonly Backend[] {
  const asked = ASKS_FOR_HINTS.map((name) => meta.annotations.get(name)).find((value) => value !== undefined);
  const zone = objects.nodes.find((n) => n.meta.name === node)?.meta.labels.get(ZONE);
  if (asked === undefined || ['', 'disabled', 'Disabled'].includes(asked) || zone === undefined) return all;
  if (all.some(({ endpoint }) => (endpoint.zoneHints ?? []).length === 0)) return all;
  const near = all.filter(({ endpoint }) => endpoint.zoneHints?.includes(zone) === true);
  return near.length > 0 ? near : all;
}

function whoIs(
  objects: ClusterObjects,
  { targetRef, nodeName, addresses }: SliceEndpoint,
): Omit<Endpoint, 'ip'> {
  const node = nodeName === '' ? {} : { node: nodeName };
  if (targetRef?.kind === 'Pod') return { namespace: targetRef.namespace, pod: targetRef.name, ...node };
  const host = objects.topology.hosts.find((h) => addresses.includes(h.ip));
  return host === undefined ? node : { host: host.name };
}

/**
 * The ports on which a pod that declares none is taken to listen: whatever Services, by their selectors, and
 * EndpointSlices send it. An address that several pods have says nothing about any of them.
 */
export function assumedPorts(objects: ClusterObjects, pod: Pod, protocol: string): ReadonlySet<number> {
  const { namespace, name, labels } = pod.meta;
  const numbers = new Set<number>();
  const is = (port: { readonly protocol: string }): boolean => port.protocol.toLowerCase() === protocol;
  for (const { meta, selector, ports } of objects.services) {
    if (meta.namespace !== namespace || selector === undefined || selector.size === 0) continue;
    if (!matchLabels(selector, labels)) continue;
    for (const port of ports)
      if (is(port) && typeof port.targetPort === 'number') numbers.add(port.targetPort);
  }
  const silent = objects.pods.filter((p) => p.ports.length === 0 && !isFinished(p));
  const own = pod.podIPs.filter((ip) => silent.filter((p) => p.podIPs.includes(ip)).length === 1);
  for (const { endpoints, ports } of objects.endpointSlices) {
    const sends = endpoints.some(({ targetRef, addresses }) =>
      targetRef === undefined
        ? addresses.some((ip) => own.includes(ip))
        : targetRef.kind === 'Pod' && targetRef.namespace === namespace && targetRef.name === name,
    );
    for (const port of sends ? ports : []) if (is(port) && port.port !== undefined) numbers.add(port.port);
  }
  return numbers;
}

/** Whether an EndpointSlice lists an address and port without naming a pod, as the API server's own does. */
export function isListed(objects: ClusterObjects, ip: Ip, protocol: string, port: number): boolean {
  return objects.endpointSlices.some(
    ({ endpoints, ports }) =>
      ports.some((p) => p.port === port && p.protocol.toLowerCase() === protocol) &&
      endpoints.some((e) => e.targetRef === undefined && e.addresses.includes(ip)),
  );
}
