import { formatIp, type Ip, parseIp } from '../../addr/index.ts';
import type { EndpointPort, Service } from '../../k8s/index.ts';
import type { Origin } from '../../kernel/index.ts';
import { type Backend, type Endpoints, keyOf, NO_PORT } from './backend.ts';
import { addressOfReverse, isReverse, sameText } from './names.ts';
import { parseRequest, type RecordRequest } from './parse-request.ts';

/** Something found under a name, before it becomes a record of a type (msg.Service of CoreDNS). */
export interface Item {
  /** An address, or the name that it is an alias for. */
  readonly host: Ip | string;
  /** -1: it has none, and gives no SRV record. */
  readonly port: number;
  /** The name that SRV and NS records call it by. */
  readonly target: string;
  readonly origin: Origin;
}

/** What a lookup finds: nothing undefined but a name that does not exist. An empty list is a name without records. */
export type Found = readonly Item[] | undefined;

/** Records of plugin/kubernetes: what the cluster has under a name of the zone, whatever the type. */
export function findRecords(backend: Backend, name: string, zone: string): Found {
  const request = parseRequest(name, zone, { zonal: backend.plugin.zonal });
  if (request === undefined) return undefined;
  if (request.branch === '') return [];
  if (isReverse(name) || !backend.isExposed(request.namespace)) return undefined;
  if (request.service === '') {
    // Without pod records there is no branch of them either.
    return request.branch === 'pod' && backend.plugin.pods === 'disabled' ? undefined : [];
  }
  return request.branch === 'pod' ? findPods(backend, request, zone) : findServices(backend, request, zone);
}

/** The address that a pod's label stands for: `10-42-0-7`, `fd00--7`. */
export function addressOfPodLabel(label: string): Ip | undefined {
  const dashes = label.split('-').length - 1;
  return parseIp(label.replaceAll('-', dashes === 3 && !label.includes('--') ? '.' : ':'));
}

function findPods({ plugin, podsByIp }: Backend, request: RecordRequest, zone: string): Found {
  const { namespace, service: label } = request;
  const ip = addressOfPodLabel(label);
  if (plugin.pods === 'disabled' || ip === undefined) return undefined;
  const target = `${label}.${namespace}.pod.${zone}`;
  if (plugin.pods === 'insecure') return [{ host: ip, port: 0, target, origin: { program: 'dns' } }];
  const pod = podsByIp.get(ip)?.find(({ meta }) => meta.namespace === namespace);
  // CoreDNS compares the texts: fd00-0--7 is not fd00--7.
  if (pod === undefined || formatIp(ip) !== label.replaceAll('-', typeof ip === 'number' ? '.' : ':'))
    return undefined;
  const origin: Origin = {
    program: 'dns',
    object: { kind: 'Pod', namespace, name: pod.meta.name },
    field: 'status.podIP',
  };
  return [{ host: ip, port: 0, target, origin }];
}

function findServices(backend: Backend, request: RecordRequest, zone: string): Found {
  const { plugin } = backend;
  const key = keyOf(request.service, request.namespace);
  const service = backend.services.get(key);
  if (service === undefined) return undefined;
  const target = `${service.meta.name}.${service.meta.namespace}.svc.${zone}`;
  if (service.type === 'ExternalName') return findExternal(service, request, target);
  const endpoints = backend.endpoints.get(key) ?? [];
  // Zonal names are defined for headless Services only.
  if (request.directive !== '' && !service.headless) return undefined;
  if (plugin.ignoreEmptyService && !service.headless && endpoints.every((one) => one.addresses.length === 0))
    return undefined;
  if (service.headless || request.endpoint !== '') return findEndpoints(endpoints, request, target);
  const origin = originOf(service, 'spec.clusterIPs');
  const ports = service.ports.length === 0 ? NO_PORT : service.ports;
  const items = ports
    .filter((port) => servesPort(request, port))
    .flatMap(({ port = -1 }) => service.clusterIPs.map((host): Item => ({ host, port, target, origin })));
  return items.length === 0 ? undefined : items;
}

/** An alias has no ports and nothing below it. An externalName that is an address is none. */
function findExternal(service: Service, request: RecordRequest, target: string): Found {
  const { endpoint, port, protocol, directive } = request;
  if (endpoint !== '' || port !== '' || protocol !== '' || directive !== '') return undefined;
  if (parseIp(service.externalName) !== undefined) return undefined;
  return [{ host: service.externalName, port: 0, target, origin: originOf(service, 'spec.externalName') }];
}

function findEndpoints(slices: readonly Endpoints[], request: RecordRequest, target: string): Found {
  const items: Item[] = [];
  const elsewhere: Item[] = [];
  for (const { slice, addresses, ports } of slices) {
    const origin: Origin = {
      program: 'dns',
      object: { kind: 'EndpointSlice', namespace: slice.meta.namespace, name: slice.meta.name },
    };
    for (const { ip, host, zone } of addresses) {
      if (request.endpoint !== '' && !sameText(request.endpoint, host)) continue;
      const list = request.directive === '' || sameText(request.zone, zone) ? items : elsewhere;
      for (const port of ports) {
        if (!servesPort(request, port)) continue;
        list.push({ host: ip, port: port.port ?? -1, target: `${host}.${target}`, origin });
      }
    }
  }
  if (items.length > 0) return items;
  if (elsewhere.length > 0) return request.directive === 'prefer' ? elsewhere : [];
  return undefined;
}

export function servesPort({ port, protocol }: RecordRequest, served: EndpointPort): boolean {
  // What has no ports has no protocol either.
  if (served.port === -1) return port === '' && protocol === '';
  return (
    (port === '' || sameText(port, served.name ?? '')) &&
    (protocol === '' || sameText(protocol, served.protocol))
  );
}

export function originOf(service: Service, field: string): Origin {
  const { namespace, name } = service.meta;
  return { program: 'dns', object: { kind: 'Service', namespace, name }, field };
}

/** Reverse of plugin/kubernetes: the Service whose address it is, else all endpoints that have it. */
export function findReverse(backend: Backend, name: string, zone: string): Found {
  const ip = addressOfReverse(name);
  if (ip === undefined) return findRecords(backend, name, zone) === undefined ? undefined : [];
  const { plugin } = backend;
  const domain = plugin.zones.find((one) => !isReverse(one)) ?? zone;
  const readable = (namespace: string): boolean =>
    plugin.namespaces.length === 0 || backend.isExposed(namespace);
  const service = backend.serviceByIp.get(ip);
  if (service !== undefined && readable(service.meta.namespace)) {
    const host = `${service.meta.name}.${service.meta.namespace}.svc.${domain}`;
    return [{ host, port: 0, target: host, origin: originOf(service, 'spec.clusterIPs') }];
  }
  const items = new Map<string, Item>();
  for (const { slice, addresses } of backend.endpointsByIp.get(ip) ?? []) {
    const { namespace, name: sliceName } = slice.meta;
    if (!readable(namespace)) continue;
    for (const address of addresses) {
      if (address.ip !== ip || (plugin.ptrHostnameOnly && !address.named)) continue;
      const host = `${address.host}.${slice.serviceName}.${namespace}.svc.${domain}`;
      const origin: Origin = {
        program: 'dns',
        object: { kind: 'EndpointSlice', namespace, name: sliceName },
      };
      if (!items.has(host)) items.set(host, { host, port: 0, target: host, origin });
    }
  }
  return items.size === 0 ? undefined : [...items.values()];
}

/** CoreDNS' own Services, by its own addresses; where no Service lists it, itself (nsAddrs of plugin/kubernetes). */
export function findNameServers(backend: Backend, zone: string): readonly Item[] {
  const items: Item[] = [];
  let listed = false;
  for (const ip of backend.localIPs) {
    for (const { slice, addresses } of backend.endpointsByIp.get(ip) ?? []) {
      listed = true;
      const service = backend.services.get(keyOf(slice.serviceName, slice.meta.namespace));
      if (service === undefined) continue;
      const target = `${service.meta.name}.${service.meta.namespace}.svc.${zone}`;
      const origin = originOf(service, 'spec.clusterIPs');
      if (!service.headless) {
        for (const host of service.clusterIPs) items.push({ host, port: 0, target, origin });
      } else {
        for (const address of addresses)
          items.push({ host: address.ip, port: 0, target: `${address.host}.${target}`, origin });
      }
    }
  }
  if (listed) return items;
  return backend.localIPs.map((host) => ({
    host,
    port: 0,
    target: `ns.dns.${zone}`,
    origin: { program: 'dns' },
  }));
}
