import type { Family } from '../../../addr/index.ts';
import type { EndpointSlice, Service } from '../../../k8s/index.ts';
import { endpointsKey, endpointsMap, type ServiceEndpoint } from './service-endpoints.ts';
import { type ServicePortInfo, servicePorts } from './service-ports.ts';

/** A service port with all its endpoints, whatever their condition. */
export interface ServicePortState {
  readonly info: ServicePortInfo;
  readonly endpoints: readonly ServiceEndpoint[];
  /** The ready endpoints, which serve cluster-wide traffic when hints do not narrow them. */
  readonly ready: readonly ServiceEndpoint[];
  /** The endpoints that serve while they terminate: the last resort when none is ready. */
  readonly servingTerminating: readonly ServiceEndpoint[];
}

/** What kube-proxy knows of a cluster in one family; the same on every node. */
export interface ProxyState {
  readonly ports: readonly ServicePortState[];
  /** Endpoints of all service ports together: above 1000 kube-proxy leaves comments out. */
  readonly endpointCount: number;
}

const NONE: readonly ServiceEndpoint[] = [];

function computeState(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  family: Family,
): ProxyState {
  const endpointsByPort = endpointsMap(slices, family);
  let endpointCount = 0;
  const ports = servicePorts(services, family).map((info): ServicePortState => {
    const { namespace, name } = info.service.meta;
    const protocol = info.protocol.toUpperCase() as 'TCP' | 'UDP' | 'SCTP';
    const endpoints = endpointsByPort.get(endpointsKey(namespace, name, info.portName, protocol)) ?? NONE;
    endpointCount += endpoints.length;
    const ready = endpoints.every((endpoint) => endpoint.ready)
      ? endpoints
      : endpoints.filter((endpoint) => endpoint.ready);
    const servingTerminating = endpoints.filter(({ serving, terminating }) => serving && terminating);
    return { info, endpoints, ready, servingTerminating };
  });
  return { ports, endpointCount };
}

/** States by their inputs, so that the nodes of a cluster share one. */
const states = new WeakMap<
  readonly EndpointSlice[],
  WeakMap<readonly Service[], Partial<Record<Family, ProxyState>>>
>();

/** The state that follows from Services and EndpointSlices; worked out once for the same two arrays. */
export function proxyState(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  family: Family,
): ProxyState {
  let byServices = states.get(slices);
  if (byServices === undefined) {
    byServices = new WeakMap();
    states.set(slices, byServices);
  }
  let byFamily = byServices.get(services);
  if (byFamily === undefined) {
    byFamily = {};
    byServices.set(services, byFamily);
  }
  byFamily[family] ??= computeState(services, slices, family);
  return byFamily[family];
}
