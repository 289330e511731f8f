import type { Ip } from '../../../addr/index.ts';
import {
  type Origin,
  PROTOCOL,
  type RealServer,
  type SchedulerFlags,
  type VirtualServer,
} from '../../../kernel/index.ts';
import {
  type ServiceEndpoint,
  type ServicePortInfo,
  type ServicePortState,
  serviceOrigin,
} from '../common/index.ts';
import { entryOf, type KeyedEntry } from './sets.ts';

/** What all virtual servers of a kube-proxy have in common. */
export interface Scheduling {
  readonly scheduler: string;
  readonly flags: SchedulerFlags;
}

/** What comes of a service port on any node, made once: nodes share the values. */
interface PortParts {
  readonly clusterIp: KeyedEntry;
  /** Where the ClusterIP on kube-ipvs0 comes from. */
  readonly clusterIpOrigin: Origin;
  readonly loopBack: WeakMap<ServiceEndpoint, KeyedEntry>;
  readonly servers: WeakMap<readonly ServiceEndpoint[], readonly RealServer[]>;
  services: WeakMap<readonly ServiceEndpoint[], VirtualServer>;
  scheduling: Scheduling;
}

const built = new WeakMap<ServicePortState, PortParts>();

/** `IP,PROTOCOL:PORT`. */
export function addressEntry(info: ServicePortInfo, ip: Ip, origin: Origin): KeyedEntry {
  return entryOf(
    origin,
    { kind: 'ip', ip },
    { kind: 'port', protocol: PROTOCOL[info.protocol], port: info.port },
  );
}

export function partsOf(state: ServicePortState, scheduling: Scheduling): PortParts {
  const { info } = state;
  let parts = built.get(state);
  if (parts === undefined) {
    parts = {
      clusterIp: addressEntry(info, info.clusterIP, info.origin),
      clusterIpOrigin: serviceOrigin(info.service, 'spec.clusterIP'),
      loopBack: new WeakMap(),
      servers: new WeakMap(),
      services: new WeakMap(),
      scheduling,
    };
    built.set(state, parts);
  }
  if (parts.scheduling !== scheduling) {
    parts.scheduling = scheduling;
    parts.services = new WeakMap();
  }
  return parts;
}

/** What lets a pod reach itself through its Service: traffic of an endpoint of this node to itself is masqueraded. */
export function loopBackEntry(
  parts: PortParts,
  { protocol }: ServicePortInfo,
  endpoint: ServiceEndpoint,
): KeyedEntry {
  let entry = parts.loopBack.get(endpoint);
  if (entry === undefined) {
    const { ip, port } = endpoint.address;
    entry = entryOf(
      endpoint.origin,
      { kind: 'ip', ip },
      { kind: 'port', protocol: PROTOCOL[protocol], port },
      { kind: 'ip', ip },
    );
    parts.loopBack.set(endpoint, entry);
  }
  return entry;
}

/** kube-proxy masquerades and gives every endpoint the weight 1 (syncEndpoint). */
function realServers(parts: PortParts, endpoints: readonly ServiceEndpoint[]): readonly RealServer[] {
  let servers = parts.servers.get(endpoints);
  if (servers === undefined) {
    servers = endpoints.map(({ address: { ip, port }, origin }) => ({
      ip,
      port,
      forward: 'masq',
      weight: 1,
      origin,
    }));
    parts.servers.set(endpoints, servers);
  }
  return servers;
}

/** A virtual server of a service port. */
export function virtualServer(
  parts: PortParts,
  info: ServicePortInfo,
  at: { readonly ip: Ip; readonly port: number; readonly origin: Origin },
  endpoints: readonly ServiceEndpoint[],
): VirtualServer {
  const { scheduler, flags } = parts.scheduling;
  return {
    protocol: info.protocol,
    ip: at.ip,
    port: at.port,
    scheduler,
    flags,
    ...(info.affinitySeconds === 0 ? {} : { persistent: info.affinitySeconds }),
    realServers: realServers(parts, endpoints),
    origin: at.origin,
  };
}

/** The virtual server of the ClusterIP, the same on every node that uses the same endpoints. */
export function clusterIpServer(
  parts: PortParts,
  info: ServicePortInfo,
  endpoints: readonly ServiceEndpoint[],
): VirtualServer {
  let service = parts.services.get(endpoints);
  if (service === undefined) {
    const { clusterIP: ip, port, origin } = info;
    service = virtualServer(parts, info, { ip, port, origin }, endpoints);
    parts.services.set(endpoints, service);
  }
  return service;
}
