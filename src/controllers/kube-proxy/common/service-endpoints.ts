import { type Family, familyOf, formatHostPort, type Ip } from '../../../addr/index.ts';
import type { Endpoint, EndpointSlice, Protocol } from '../../../k8s/index.ts';
import type { Origin } from '../../../kernel/index.ts';
import { isSkipped } from './service-ports.ts';

/** One endpoint of a service port, as kube-proxy's BaseEndpointInfo holds it. */
export interface ServiceEndpoint {
  readonly ip: Ip;
  readonly port: number;
  /** `ip:port`, which is also the sort key. */
  readonly text: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName: string;
  readonly zoneHints: readonly string[];
  /** The pod behind it, or else the EndpointSlice that lists it. */
  readonly origin: Origin;
  /** The same address and port again, from later slices: on its own node the last one counts (addEndpoints). */
  readonly repeats?: readonly ServiceEndpoint[];
}

/** Endpoints of a cluster by service port: `namespace/name:port protocol`. */
export type EndpointsMap = ReadonlyMap<string, readonly ServiceEndpoint[]>;

/** The key of a service port in the map: ServicePortName. */
export function endpointsKey(namespace: string, service: string, port: string, protocol: Protocol): string {
  return `${namespace}/${service}:${port} ${protocol}`;
}

const origins = new WeakMap<Endpoint, Origin>();

function originOf(slice: EndpointSlice, endpoint: Endpoint, index: number): Origin {
  let origin = origins.get(endpoint);
  if (origin === undefined) {
    const { targetRef } = endpoint;
    const { namespace, name } = slice.meta;
    origin =
      targetRef === undefined
        ? {
            program: 'kube-proxy',
            object: { kind: 'EndpointSlice', namespace, name },
            field: `endpoints[${index}]`,
          }
        : { program: 'kube-proxy', object: { ...targetRef }, field: 'status.podIP' };
    origins.set(endpoint, origin);
  }
  return origin;
}

const NO_HINTS: readonly string[] = [];

function compareText(a: ServiceEndpoint, b: ServiceEndpoint): number {
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

/** Adds the endpoints of one slice port (EndpointSliceCache.addEndpoints): only an endpoint's first address counts. */
function addEndpoints(
  into: Map<string, ServiceEndpoint>,
  slice: EndpointSlice,
  port: number,
  family: Family,
): void {
  for (const [index, endpoint] of slice.endpoints.entries()) {
    const ip = endpoint.addresses[0];
    if (ip === undefined || familyOf(ip) !== family) continue;
    const added: ServiceEndpoint = {
      ip,
      port,
      text: formatHostPort(ip, port),
      ready: endpoint.ready,
      serving: endpoint.serving,
      terminating: endpoint.terminating,
      nodeName: endpoint.nodeName,
      zoneHints: endpoint.zoneHints ?? NO_HINTS,
      origin: originOf(slice, endpoint, index),
    };
    const known = into.get(added.text);
    if (known === undefined) into.set(added.text, added);
    else into.set(added.text, { ...known, repeats: [...(known.repeats ?? []), added] });
  }
}

/**
 * The endpoints of every service port, sorted by the text `ip:port` as byEndpoint does. Slices are read in order of their
 * names, where the real program walks a map. A port without a name or a number is passed over.
 */
export function endpointsMap(slices: readonly EndpointSlice[], family: Family): EndpointsMap {
  const byPort = new Map<string, Map<string, ServiceEndpoint>>();
  const sorted = slices.toSorted((a, b) =>
    a.meta.name < b.meta.name ? -1 : a.meta.name > b.meta.name ? 1 : 0,
  );
  for (const slice of sorted) {
    if (slice.addressType === 'FQDN' || isSkipped(slice.meta.labels)) continue;
    for (const port of slice.ports) {
      if (port.name === undefined || port.port === undefined || port.port === 0) continue;
      const key = endpointsKey(slice.meta.namespace, slice.serviceName, port.name, port.protocol);
      let endpoints = byPort.get(key);
      if (endpoints === undefined) {
        endpoints = new Map();
        byPort.set(key, endpoints);
      }
      addEndpoints(endpoints, slice, port.port, family);
    }
  }
  return new Map(
    Array.from(byPort, ([key, endpoints]) => [key, [...endpoints.values()].sort(compareText)] as const),
  );
}
