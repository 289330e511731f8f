import { compareIp, type Ip } from '../addr/index.ts';
import type { ClusterObjects, Endpoint, EndpointPort, EndpointSlice, Meta, Service } from '../k8s/index.ts';

/** An Endpoints object, the older view of a Service's EndpointSlices. */
export interface Endpoints {
  readonly kind: 'Endpoints';
  readonly meta: Meta;
  readonly subsets: readonly EndpointsSubset[];
}

/** Addresses that share their ports. */
export interface EndpointsSubset {
  readonly addresses: readonly EndpointsAddress[];
  readonly notReadyAddresses: readonly EndpointsAddress[];
  readonly ports: readonly EndpointPort[];
}

export interface EndpointsAddress {
  readonly ip: Ip;
  readonly endpoint: Endpoint;
}

/** The slices of each Service, by `namespace/name`. */
export function slicesByService(slices: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = `${slice.meta.namespace}/${slice.serviceName}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [slice]);
    else group.push(slice);
  }
  return groups;
}

/**
 * What the endpoints controller keeps for each Service that has slices: their addresses of the Service's first
 * family, by equal ports, ready and not ready apart. Terminating pods are in neither.
 */
export function endpointsOf(objects: Pick<ClusterObjects, 'services' | 'endpointSlices'>): Endpoints[] {
  const slices = slicesByService(objects.endpointSlices);
  return objects.services.flatMap((service) => {
    const own = slices.get(`${service.meta.namespace}/${service.meta.name}`);
    return own === undefined ? [] : [endpointsFrom(service, own)];
  });
}

function endpointsFrom(service: Service, slices: readonly EndpointSlice[]): Endpoints {
  const subsets = new Map<string, EndpointsSubset>();
  for (const slice of slices) {
    if (slice.addressType !== `IPv${service.ipFamilies[0] ?? 4}`) continue;
    const key = JSON.stringify(slice.ports);
    const subset = subsets.get(key);
    const all = slice.endpoints.flatMap((endpoint) => endpoint.addresses.map((ip) => ({ ip, endpoint })));
    const ready = all.filter(({ endpoint }) => endpoint.ready);
    const notReady = all.filter(({ endpoint }) => !endpoint.ready && !endpoint.terminating);
    subsets.set(key, {
      ports: slice.ports,
      addresses: [...(subset?.addresses ?? []), ...ready].sort(byAddress),
      notReadyAddresses: [...(subset?.notReadyAddresses ?? []), ...notReady].sort(byAddress),
    });
  }
  const { namespace, name, labels } = service.meta;
  return {
    kind: 'Endpoints',
    meta: { name, namespace, labels, annotations: new Map(), ownerReferences: [], deleting: false },
    subsets: [...subsets.values()].filter((s) => s.addresses.length + s.notReadyAddresses.length > 0),
  };
}

function byAddress(a: EndpointsAddress, b: EndpointsAddress): number {
  return compareIp(a.ip, b.ip);
}
