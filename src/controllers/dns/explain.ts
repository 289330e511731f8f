import type { Ip } from '../../addr/index.ts';
import { didYouMean, type Service } from '../../k8s/index.ts';
import { type Backend, keyOf } from './backend.ts';
import type { DnsServer } from './dns-server.ts';
import { addressOfPodLabel, findRecords } from './find.ts';
import { addressOfReverse, fqdn, isReverse, isWithin, labelsBefore, labelsOf } from './names.ts';
import { parseRequest, type RecordRequest } from './parse-request.ts';
import type { DnsQuery } from './record.ts';

/** Why there is no such name (NXDOMAIN), or no record of the type (NODATA), and what may have been meant. */
export function explain(
  backend: Backend,
  query: DnsQuery,
  zone: string,
  what: 'no name' | 'no record',
): string {
  const name = query.name.toLowerCase();
  if (isReverse(name)) return noPointer(name);
  const request = parseRequest(name, zone, { zonal: backend.plugin.zonal });
  if (request === undefined) return noShape(backend, name, zone.toLowerCase());
  if (request.branch === '') return `${query.name} is a part of the zone, and has no ${query.type} records`;
  const { namespace } = request;
  if (!backend.isExposed(namespace)) return noNamespace(backend, request);
  if (request.branch === 'pod') return noPod(backend, request, query);
  if (request.service === '')
    return `namespace ${namespace} is there; its Services are SERVICE.${namespace}.svc.${zone.toLowerCase()}`;
  const service = backend.services.get(keyOf(request.service, namespace));
  if (service === undefined) return noService(backend, request);
  if (what === 'no name') return noPart(backend, service, request);
  return service.type === 'ExternalName'
    ? noTarget(backend, service, query, zone.toLowerCase())
    : noRecord(service, request, query);
}

function hint(meant: string | undefined): string {
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function noShape({ services }: Backend, name: string, zone: string): string {
  const labels = labelsBefore(name, zone);
  const shape = `SERVICE.NAMESPACE.svc.${zone}`;
  const last = labels.at(-1) ?? '';
  if (last !== 'svc' && last !== 'pod') {
    const [service = '', namespace = ''] = labels;
    const there = labels.length === 2 && services.has(keyOf(service, namespace));
    return `names of the zone end in svc.${zone} or pod.${zone}${hint(there ? `${service}.${namespace}.svc.${zone}` : undefined)}`;
  }
  return `too many labels: a name is ${shape}, with an endpoint or _PORT._PROTOCOL before it`;
}

function noPointer(name: string): string {
  return addressOfReverse(name) === undefined
    ? `${name} is not the reverse name of an address`
    : 'no Service and no ready endpoint of one has this address';
}

function noNamespace(
  { namespaces, plugin, services }: Backend,
  { namespace, service }: RecordRequest,
): string {
  if (namespaces.has(namespace))
    return `the Corefile exposes only the namespaces ${plugin.namespaces.join(', ')}`;
  const near = didYouMean(namespace, namespaces);
  const elsewhere = [...services.values()].find(({ meta }) => meta.name === service);
  const meant = near ?? elsewhere?.meta.namespace;
  return `there is no namespace ${namespace}${hint(meant === undefined || service === '' ? meant : `${service}.${meant}`)}`;
}

function noService({ services }: Backend, { service, namespace }: RecordRequest): string {
  const none = `namespace ${namespace} has no Service ${service}`;
  if (service === 'kubernetes' && namespace === 'default')
    return `${none}: every cluster has it, this input does not (kubectl get svc kubernetes -o yaml)`;
  const here: string[] = [];
  let elsewhere: string | undefined;
  for (const { meta } of services.values()) {
    if (meta.namespace === namespace) here.push(meta.name);
    else if (meta.name === service) elsewhere ??= `${service}.${meta.namespace}`;
  }
  const near = elsewhere === undefined ? didYouMean(service, here) : undefined;
  return `${none}${hint(elsewhere ?? (near === undefined ? undefined : `${near}.${namespace}`))}`;
}

function noPod(
  { plugin, podsByIp }: Backend,
  { namespace, service: label }: RecordRequest,
  { type }: DnsQuery,
): string {
  if (plugin.pods === 'disabled') return 'the Corefile does not answer for pods (pods disabled)';
  if (label === '') return `namespace ${namespace} is there; its pods are 10-244-1-2.${namespace}.pod`;
  const ip = addressOfPodLabel(label);
  if (ip === undefined) return `${label} is not an address with dashes, as in 10-244-1-2`;
  if (plugin.pods === 'verified' && !podsByIp.get(ip)?.some(({ meta }) => meta.namespace === namespace))
    return `no pod of namespace ${namespace} has this address (pods verified)`;
  return `pods have addresses only, and this one has no ${type} record`;
}

/** The Service is there; what stands before it is not. */
function noPart(backend: Backend, service: Service, request: RecordRequest): string {
  const called = `Service ${service.meta.namespace}/${service.meta.name}`;
  const { endpoint, port, protocol } = request;
  if (service.type === 'ExternalName') {
    return endpoint === '' && port === ''
      ? `${called} has an address as its externalName, which is no name: ${service.externalName}`
      : `${called} is an ExternalName, and has no names below it`;
  }
  const slices = backend.endpoints.get(keyOf(service.meta.name, service.meta.namespace)) ?? [];
  if (request.directive !== '') return `${called} is not headless: only headless Services have names by zone`;
  const hosts = slices.flatMap(({ addresses }) => addresses.map(({ host }) => host));
  if (endpoint !== '') {
    if (hosts.length === 0) return `${called} has no ready endpoints${notReady(backend, service)}`;
    const meant = didYouMean(endpoint, hosts);
    const some = [...new Set(hosts)].slice(0, 3).join(', ');
    return `${called} has no ready endpoint ${endpoint}${meant === undefined ? `; it has ${some}` : hint(meant)}${notReady(backend, service)}`;
  }
  if (hosts.length === 0 && (service.headless || backend.plugin.ignoreEmptyService))
    return `${called} has no ready endpoints${notReady(backend, service)}`;
  const ports = service.headless ? slices.flatMap((slice) => slice.ports) : service.ports;
  const names = [
    ...new Set(
      ports.flatMap(({ name = '', protocol: own }) => (name === '' ? [] : `_${name}._${own.toLowerCase()}`)),
    ),
  ];
  const has = names.length === 0 ? 'it names none of its ports' : `it has ${names.join(', ')}`;
  return `${called} has no port _${port}._${protocol}; ${has}`;
}

function notReady(backend: Backend, service: Service): string {
  if (backend.plugin.noEndpoints) return ' (noendpoints in the Corefile)';
  const slices = backend.endpoints.get(keyOf(service.meta.name, service.meta.namespace)) ?? [];
  const waiting = slices.flatMap(({ slice }) =>
    slice.endpoints
      .filter(({ ready }) => !ready)
      .map(({ targetRef, hostname }) => targetRef?.name ?? hostname),
  );
  if (waiting.length === 0) return '';
  const list = `${waiting.slice(0, 3).join(', ')}${waiting.length > 3 ? ', ...' : ''}`;
  return ` (not ready: ${list}; publishNotReadyAddresses would name them)`;
}

/** An alias that comes to no address: its target is followed to where it ends. */
function noTarget(backend: Backend, service: Service, { type }: DnsQuery, zone: string): string {
  const called = `Service ${service.meta.namespace}/${service.meta.name}`;
  if (type !== 'A' && type !== 'AAAA') return `${called} is an ExternalName: it has a CNAME, and no ${type}`;
  const seen = new Set<string>();
  let target = fqdn(service.externalName.toLowerCase());
  for (;;) {
    if (seen.has(target)) return `${called} is an ExternalName that leads back to ${target.slice(0, -1)}`;
    seen.add(target);
    const request = isWithin(target, zone) ? parseRequest(target, zone) : undefined;
    const next = backend.services.get(keyOf(request?.service ?? '', request?.namespace ?? ''));
    if (next?.type !== 'ExternalName' || request?.branch !== 'svc') break;
    target = fqdn(next.externalName.toLowerCase());
  }
  const leads = `${called} is an ExternalName that leads to ${target.slice(0, -1)}`;
  if (!isWithin(target, zone)) return `${leads}, which has no ${type} record`;
  const there = findRecords(backend, target, zone) !== undefined;
  const why = explain(backend, { name: target, type }, zone, there ? 'no record' : 'no name');
  return `${leads}: ${why}`;
}

/** The name is there, its records are of other types. */
function noRecord(service: Service, request: RecordRequest, { type }: DnsQuery): string {
  const called = `Service ${service.meta.namespace}/${service.meta.name}`;
  if (type === 'SRV') return `${called} has no ports`;
  if (type === 'A' || type === 'AAAA') {
    if (request.directive !== '') return `${called} has no ready endpoint in zone ${request.zone}`;
    return `${called} has no ${type === 'A' ? 'IPv4' : 'IPv6'} address`;
  }
  return `${called} has no ${type} record`;
}

/** Names that the zone is not asked for. */
export function explainOutside(
  server: DnsServer,
  { name: asked, type }: DnsQuery,
  ips: readonly Ip[] | undefined,
): string {
  const name = asked.replace(/(?<=.)\.$/, '');
  if (ips !== undefined) return `host ${name} has no ${type} record`;
  if (isReverse(asked)) return 'no Service, no ready endpoint and no host of the Topology has this address';
  const meant = didYouMean(asked, server.hosts.keys())?.replace(/\.$/, '');
  if (meant !== undefined) return `no host outside the cluster is called ${name}${hint(meant)}`;
  return (
    nameOfZone(server, name) ??
    `no host outside the cluster is called ${name}: a Topology names those that there are`
  );
}

/** web, web.default and web.default.svc, where there is such a Service: the rest was forgotten. */
function nameOfZone({ blocks }: DnsServer, name: string): string | undefined {
  const [service = '', namespace, svc, ...more] = labelsOf(name.toLowerCase());
  if (more.length > 0 || (svc !== undefined && svc !== 'svc')) return undefined;
  for (const { backend } of blocks) {
    const zone = backend?.plugin.zones.find((one) => !isReverse(one))?.replace(/\.$/, '');
    const found =
      namespace === undefined
        ? [...(backend?.services.values() ?? [])].find(({ meta }) => meta.name === service)
        : backend?.services.get(keyOf(service, namespace));
    if (zone === undefined || found === undefined) continue;
    const { meta } = found;
    return `${name} is not in the zone ${zone}${hint(`${meta.name}.${meta.namespace}.svc.${zone}`)}`;
  }
  return undefined;
}
