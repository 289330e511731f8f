import { formatIp } from '../../addr/index.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { ClusterObjects, EndpointSlice, Meta, Service } from '../objects.ts';
import { matchLabels } from '../selector.ts';
import { listed, warn } from './advice.ts';

function key({ namespace, name }: Meta): string {
  return `${namespace}/${name}`;
}

/** Addresses outside the cluster that two Services want on one port (PW323). */
export function checkSharedAddresses(services: readonly Service[]): Diagnostic[] {
  const holders = new Map<string, Service>();
  return services.flatMap((service) => {
    const { meta } = service;
    const ingress = service.loadBalancerIngress.map(({ ip }, i) => ({
      ip,
      path: ['status', 'loadBalancer', 'ingress', i, 'ip'],
    }));
    const external = service.externalIPs.map((ip, i) => ({ ip, path: ['spec', 'externalIPs', i] }));
    return [...ingress, ...external].flatMap(({ ip, path }) =>
      service.ports.flatMap(({ protocol, port }) => {
        if (ip === undefined) return [];
        const address = `${formatIp(ip)} port ${port}/${protocol}`;
        const first = holders.get(address);
        if (first === undefined) holders.set(address, service);
        if (first === undefined || first === service) return [];
        const message = `Service ${key(meta)} wants ${address}, which Service ${key(first.meta)} has`;
        return [warn(meta, path, 'PW323', message, 'give it another address or port')];
      }),
    );
  });
}

/** StatefulSets whose governing Service is not there, or does not select their pods (PW324). */
export function checkGoverningServices({
  services,
  workloads,
}: Pick<ClusterObjects, 'services' | 'workloads'>): Diagnostic[] {
  const known = new Map(services.map((service) => [key(service.meta), service]));
  return workloads.flatMap((workload) => {
    if (workload.kind !== 'StatefulSet' || workload.serviceName === '') return [];
    const { meta, serviceName, template } = workload;
    const tell = (message: string, fix?: string): Diagnostic[] => [
      warn(meta, ['spec', 'serviceName'], 'PW324', `StatefulSet ${key(meta)}: ${message}`, fix),
    ];
    const service = known.get(`${meta.namespace}/${serviceName}`);
    if (service === undefined) {
      const own = services.filter((one) => one.meta.namespace === meta.namespace);
      const near = didYouMean(
        serviceName,
        own.map((one) => one.meta.name),
      );
      return tell(
        `its Service "${serviceName}" does not exist: its pods have no names in DNS`,
        near === undefined
          ? 'add a headless Service (clusterIP: None) of that name'
          : `did you mean "${near}"?`,
      );
    }
    if (service.selector !== undefined && !matchLabels(service.selector, template.labels)) {
      return tell(
        `its Service "${serviceName}" does not select its pods: they have no names in DNS`,
        `make the selector of Service ${key(service.meta)} match the template's labels`,
      );
    }
    return [];
  });
}

/** Services that have neither a selector nor endpoints (PW325), and slices with ports that they do not have (PW327). */
export function checkSliceReferences({
  services,
  endpointSlices,
}: Pick<ClusterObjects, 'services' | 'endpointSlices'>): Diagnostic[] {
  const slices = new Map<string, EndpointSlice[]>();
  for (const slice of endpointSlices) {
    const service = `${slice.meta.namespace}/${slice.serviceName}`;
    const list = slices.get(service);
    if (list === undefined) slices.set(service, [slice]);
    else list.push(slice);
  }
  return services.flatMap((service) => {
    const { meta, type } = service;
    const own = slices.get(key(meta)) ?? [];
    // The API server keeps the endpoints of its own Service; a partial dump may not have them.
    const apiServer = meta.namespace === 'default' && meta.name === 'kubernetes';
    if (own.length === 0 && service.selector === undefined && type !== 'ExternalName' && !apiServer) {
      const message = `Service ${key(meta)} has neither a selector nor EndpointSlices: nothing answers`;
      return [warn(meta, ['spec'], 'PW325', message, 'add a selector, or an EndpointSlice for it')];
    }
    return own.flatMap((slice) => unknownPorts(slice, service));
  });
}

function unknownPorts(slice: EndpointSlice, service: Service): Diagnostic[] {
  if (slice.meta.source === undefined || service.ports.length === 0) return [];
  const names = service.ports.map((port) => port.name);
  return slice.ports.flatMap(({ name = '' }, i) => {
    if (names.includes(name)) return [];
    const shown = names.map((one) => JSON.stringify(one));
    const near = didYouMean(name, names);
    const message = `EndpointSlice ${key(slice.meta)} has a port named "${name}", which Service ${key(service.meta)} does not have: nothing is sent there`;
    const fix = near === undefined ? `its ports are ${listed(shown)}` : `did you mean "${near}"?`;
    return [warn(slice.meta, ['ports', i, 'name'], 'PW327', message, fix)];
  });
}

/** Namespaces that every cluster has. */
const BUILT_IN = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Objects in a namespace whose name is a slip of one that is given (PW326). */
export function checkNamespaces(objects: ClusterObjects): Diagnostic[] {
  if (objects.namespaces.length === 0) return [];
  const known = new Set([...BUILT_IN, ...objects.namespaces.map(({ meta }) => meta.name)]);
  const placed = [...objects.workloads, ...objects.services, ...objects.pods, ...objects.endpointSlices];
  const told = new Set<string>();
  return placed.flatMap(({ kind, meta }) => {
    const { source, namespace } = meta;
    if (source === undefined || known.has(namespace) || told.has(namespace)) return [];
    const near = didYouMean(namespace, known);
    if (near === undefined) return [];
    told.add(namespace);
    const message = `${kind} ${meta.name} is in namespace "${namespace}", which is not among those given`;
    return [warn(meta, ['metadata', 'namespace'], 'PW326', message, `did you mean "${near}"?`)];
  });
}
