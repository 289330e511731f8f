import { DIG_OPTIONS, DIG_TYPES } from '../../formats/dig/index.ts';
import type { ClusterObjects, Meta, Service } from '../../k8s/index.ts';
import { findKind, KINDS, listObjects, resourceOf } from '../../render/index.ts';

/** A word that may stand at the end of the line, and what it is. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** Names as the commands take them: bare in the namespace of `-n`, else with their own before them. */
function named(prefix: string, { namespace, name }: Meta, current: string): string {
  return namespace === '' || namespace === current ? `${prefix}${name}` : `${prefix}${namespace}/${name}`;
}

const SOURCE_KINDS = { Deployment: 'deploy', StatefulSet: 'sts', DaemonSet: 'ds' } as const;

/** What may send: pods, nodes, workloads, the outside. */
export function sources(objects: ClusterObjects, namespace: string): Candidate[] {
  return [
    ...objects.pods.map((pod) => ({ value: named('pod/', pod.meta, namespace), description: 'Pod' })),
    ...objects.workloads.flatMap(({ kind, meta }) => {
      if (kind !== 'Deployment' && kind !== 'StatefulSet' && kind !== 'DaemonSet') return [];
      return [{ value: named(`${SOURCE_KINDS[kind]}/`, meta, namespace), description: kind }];
    }),
    ...objects.nodes.map(({ meta }) => ({ value: `node/${meta.name}`, description: 'Node' })),
    { value: 'external', description: "the LAN's client" },
  ];
}

/** What may be reached; behind a colon, the ports of the Service or pod that stands before it. */
export function destinations(objects: ClusterObjects, namespace: string, current: string): Candidate[] {
  const services = objects.services.map((service) => ({
    service,
    value: named('svc/', service.meta, namespace),
  }));
  const colon = current.lastIndexOf(':');
  if (colon >= 0) {
    const before = current.slice(0, colon);
    const service = services.find(({ value }) => value === before)?.service;
    if (service !== undefined) return portsOf(service, before);
    const pod = objects.pods.find(({ meta }) => named('pod/', meta, namespace) === before);
    const byName = objects.services.find(({ meta }) => hostName(meta, namespace) === before);
    if (byName !== undefined)
      return portsOf({ ...byName, ports: byName.ports.map((p) => ({ ...p, name: '' })) }, before);
    return (pod?.ports ?? []).map(({ containerPort, name }) => ({
      value: `${before}:${containerPort}`,
      description: name,
    }));
  }
  return [
    ...services.map(({ service, value }) => ({ value, description: `Service ${service.type}` })),
    ...objects.pods.map(({ meta }) => ({ value: named('pod/', meta, namespace), description: 'Pod' })),
    ...objects.nodes.map(({ meta }) => ({ value: `node/${meta.name}`, description: 'Node' })),
    // Names would bury the objects until a letter of them is there.
    ...(current === '' ? [] : hostNames(objects, namespace)),
  ];
}

/** Words of a line of dig: options behind a plus, else names and types. */
export function queryWords(objects: ClusterObjects | undefined, current: string): Candidate[] {
  if (current.startsWith('+')) return DIG_OPTIONS.map((name) => ({ value: `+${name}` }));
  const domain = objects?.kubelet?.clusterDomain ?? 'cluster.local';
  const services = (objects?.services ?? []).map(({ meta: { name, namespace }, type }) => ({
    value: `${name}.${namespace}.svc.${domain}`,
    description: `Service ${type}`,
  }));
  return [...services, ...DIG_TYPES.map((value) => ({ value, description: 'type' }))];
}

/** Names as programs write them: those of Services, and of hosts outside. */
export function hostNames(objects: ClusterObjects | undefined, namespace: string): Candidate[] {
  const services = (objects?.services ?? []).map(({ meta, type }) => ({
    value: hostName(meta, namespace),
    description: `Service ${type}`,
  }));
  const hosts = (objects?.topology.hosts ?? []).filter(({ name }) => name.includes('.'));
  return [...services, ...hosts.map(({ name }) => ({ value: name, description: 'host outside' }))];
}

/** `web`, or of another namespace `web.prod`. */
function hostName({ name, namespace }: Meta, current: string): string {
  return namespace === current ? name : `${name}.${namespace}`;
}

function portsOf(service: Service, before: string): Candidate[] {
  return service.ports.flatMap(({ port, name, protocol }) => [
    { value: `${before}:${port}`, description: protocol },
    ...(name === '' ? [] : [{ value: `${before}:${name}`, description: `${port}/${protocol}` }]),
  ]);
}

/** The ports that pods declare, as `matrix --port` takes them. */
export function policyPorts(objects: ClusterObjects | undefined): Candidate[] {
  return (objects?.pods ?? []).flatMap(({ ports }) =>
    ports.map(({ containerPort, protocol, name }) => ({
      value: protocol === 'TCP' ? `${containerPort}` : `${containerPort}/${protocol.toLowerCase()}`,
      description: name,
    })),
  );
}

/** Kinds, or behind a slash the names of one. */
export function types(
  objects: () => ClusterObjects | undefined,
  namespace: string,
  current: string,
): Candidate[] {
  const slash = current.indexOf('/');
  if (slash < 0) {
    return KINDS.flatMap(({ plural, names, kind }) =>
      [plural, ...names.slice(1)].map((value) => ({ value, description: kind })),
    ).concat({ value: 'all', description: 'pods, services, workloads' });
  }
  const type = current.slice(0, slash);
  return names(objects(), type, namespace).map(({ value, ...more }) => ({
    value: `${type}/${value}`,
    ...more,
  }));
}

/** Names of the objects of a kind in the namespace. */
export function names(objects: ClusterObjects | undefined, type: string, namespace: string): Candidate[] {
  const info = findKind(type);
  if (info === undefined || objects === undefined) return [];
  const inScope = (meta: Meta): boolean => !info.namespaced || meta.namespace === namespace;
  return listObjects(info, objects, inScope).objects.map(({ meta }) => ({
    value: meta.name,
    description: resourceOf(info),
  }));
}
