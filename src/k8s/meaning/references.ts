import { formatIp } from '../../addr/index.ts';
import type { Diagnostic, Severity } from '../diagnostics.ts';
import { didYouMean, speller } from '../did-you-mean.ts';
import type { ClusterObjects, EndpointSlice, Meta, Service } from '../objects.ts';
import { matchLabels } from '../selector.ts';
import { differsByNumber } from './absence.ts';
import { listed, tellOf, warn } from './advice.ts';
import { type KnownPods, withoutWritten } from './known-pods.ts';

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
export function checkGoverningServices(
  { services, workloads }: Pick<ClusterObjects, 'services' | 'workloads'>,
  known: KnownPods,
): Diagnostic[] {
  const named = new Map(services.map((service) => [key(service.meta), service]));
  const near = spellersOf(services);
  const selecting = new Set(
    services.flatMap(({ meta, selector }) =>
      selector === undefined ? [] : known.select(meta.namespace, selector).map(({ meta: pod }) => key(pod)),
    ),
  );
  return workloads.flatMap((workload) => {
    if (workload.kind !== 'StatefulSet' || workload.serviceName === '') return [];
    const { meta, serviceName, template, firstOrdinal } = workload;
    const tell = (severity: Severity, message: string, fix?: string): Diagnostic[] => [
      tellOf(severity, meta, ['spec', 'serviceName'], 'PW324', `StatefulSet ${key(meta)}: ${message}`, fix),
    ];
    const service = named.get(`${meta.namespace}/${serviceName}`);
    if (service === undefined) {
      const meant = near(meta.namespace, serviceName);
      // A Service of its pods under another name shows that its Services are in the input, and this one is not.
      const given = selecting.has(`${meta.namespace}/${meta.name}-${firstOrdinal}`);
      return tell(
        meant === undefined && !given ? 'note' : 'warning',
        `its Service "${serviceName}" does not exist: its pods have no names in DNS`,
        meant === undefined
          ? 'add a headless Service (clusterIP: None) of that name'
          : `did you mean "${meant}"?`,
      );
    }
    const { selector } = service;
    const stated = selector === undefined ? undefined : withoutWritten(selector);
    if (stated !== undefined && !matchLabels(stated, template.labels)) {
      // A label that the template lacks may be set on some of the pods, by who runs them: `role: primary`.
      const other = [...stated].some(
        ([label, value]) => template.labels.has(label) && template.labels.get(label) !== value,
      );
      return tell(
        other ? 'warning' : 'note',
        `its Service "${serviceName}" does not select its pods: they have no names in DNS`,
        `make the selector of Service ${key(service.meta)} match the template's labels`,
      );
    }
    return [];
  });
}

/** For each namespace, the Service whose name is nearly a word. */
function spellersOf(services: readonly Service[]): (namespace: string, word: string) => string | undefined {
  const names = new Map<string, string[]>();
  for (const { meta } of services) {
    const own = names.get(meta.namespace);
    if (own === undefined) names.set(meta.namespace, [meta.name]);
    else own.push(meta.name);
  }
  const spellers = new Map<string, (word: string) => string | undefined>();
  return (namespace, word) => {
    const spell = spellers.get(namespace) ?? speller(names.get(namespace) ?? []);
    spellers.set(namespace, spell);
    const near = spell(word);
    return near !== undefined && differsByNumber(near, word) ? undefined : near;
  };
}

/**
 * Services that have neither a selector nor endpoints (PW325), and slices with ports that they do not have (PW327).
 * Whoever leaves the selector out writes the endpoints himself, or has a program do it: a note, unless endpoints are
 * there under nearly the Service's name, or a Deployment under the same.
 */
export function checkSliceReferences(
  { services, endpointSlices }: Pick<ClusterObjects, 'services' | 'endpointSlices'>,
  known: KnownPods,
): Diagnostic[] {
  const slices = new Map<string, EndpointSlice[]>();
  for (const slice of endpointSlices) {
    const service = `${slice.meta.namespace}/${slice.serviceName}`;
    const list = slices.get(service);
    if (list === undefined) slices.set(service, [slice]);
    else list.push(slice);
  }
  return services.flatMap((service) => {
    const { meta, type, ports } = service;
    const own = slices.get(key(meta)) ?? [];
    // The API server keeps the endpoints of its own Service; a partial dump may not have them.
    const apiServer = meta.namespace === 'default' && meta.name === 'kubernetes';
    if (own.length === 0 && service.selector === undefined && type !== 'ExternalName' && !apiServer) {
      const workload = known.workloadNamed(meta.namespace, meta.name);
      const meant = workload !== undefined && workload.kind !== 'StatefulSet' && ports.length > 0;
      const message = `Service ${key(meta)} has neither a selector nor EndpointSlices: nothing answers`;
      const fix = meant
        ? `add a selector: the pods of ${workload.kind} ${key(meta)} have ${listed([...workload.template.labels].map(([label, value]) => `${label}=${value}`))}`
        : 'add a selector, or an EndpointSlice for it';
      return [tellOf(meant ? 'warning' : 'note', meta, ['spec'], 'PW325', message, fix)];
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
