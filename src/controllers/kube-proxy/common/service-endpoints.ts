import { type Family, familyOf, formatHostPort, type Ip } from '../../../addr/index.ts';
import type { Endpoint, EndpointSlice, Protocol } from '../../../k8s/index.ts';
import type { Origin } from '../../../kernel/index.ts';
import { isSkipped } from './service-ports.ts';

/** Where an endpoint listens; one value for all service ports that end there. */
export interface EndpointAddress {
  readonly ip: Ip;
  readonly port: number;
  /** `ip:port`, which is also the sort key. */
  readonly text: string;
}

/** One endpoint of a service port, as kube-proxy's BaseEndpointInfo holds it. */
export interface ServiceEndpoint {
  readonly address: EndpointAddress;
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

/** Values that many endpoints share, while a map is built. */
interface Shared {
  readonly addresses: Map<string, EndpointAddress>;
  readonly pods: Map<string, Origin>;
}

function addressOf(shared: Shared, ip: Ip, port: number): EndpointAddress {
  const text = formatHostPort(ip, port);
  let address = shared.addresses.get(text);
  if (address === undefined) {
    address = { ip, port, text };
    shared.addresses.set(text, address);
  }
  return address;
}

function originOf(shared: Shared, slice: EndpointSlice, endpoint: Endpoint, index: number): Origin {
  const { targetRef } = endpoint;
  const { namespace, name } = slice.meta;
  if (targetRef === undefined) {
    const object = { kind: 'EndpointSlice', namespace, name };
    return { program: 'kube-proxy', object, field: `endpoints[${index}]` };
  }
  const key = `${targetRef.kind} ${targetRef.namespace}/${targetRef.name}`;
  let origin = shared.pods.get(key);
  if (origin === undefined) {
    origin = { program: 'kube-proxy', object: { ...targetRef }, field: 'status.podIP' };
    shared.pods.set(key, origin);
  }
  return origin;
}

const NO_HINTS: readonly string[] = [];

function compareText(a: ServiceEndpoint, b: ServiceEndpoint): number {
  return a.address.text < b.address.text ? -1 : a.address.text > b.address.text ? 1 : 0;
}

/** Adds the endpoints of one slice port (EndpointSliceCache.addEndpoints): only an endpoint's first address counts. */
function addEndpoints(
  into: Map<EndpointAddress, ServiceEndpoint>,
  shared: Shared,
  slice: EndpointSlice,
  port: number,
  family: Family,
): void {
  for (const [index, endpoint] of slice.endpoints.entries()) {
    const ip = endpoint.addresses[0];
    if (ip === undefined || familyOf(ip) !== family) continue;
    const added: ServiceEndpoint = {
      address: addressOf(shared, ip, port),
      ready: endpoint.ready,
      serving: endpoint.serving,
      terminating: endpoint.terminating,
      nodeName: endpoint.nodeName,
      zoneHints: endpoint.zoneHints ?? NO_HINTS,
      origin: originOf(shared, slice, endpoint, index),
    };
    const known = into.get(added.address);
    if (known === undefined) into.set(added.address, added);
    else into.set(added.address, { ...known, repeats: [...(known.repeats ?? []), added] });
  }
}

/**
 * The endpoints of every service port, sorted by the text `ip:port` as byEndpoint does. Slices are read in order of their
 * names, where the real program walks a map. A port without a name or a number is passed over.
 */
export function endpointsMap(slices: readonly EndpointSlice[], family: Family): EndpointsMap {
  const shared: Shared = { addresses: new Map(), pods: new Map() };
  const byPort = new Map<string, Map<EndpointAddress, ServiceEndpoint>>();
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
      addEndpoints(endpoints, shared, slice, port.port, family);
    }
  }
  return new Map(
    Array.from(byPort, ([key, endpoints]) => [key, [...endpoints.values()].sort(compareText)] as const),
  );
}
