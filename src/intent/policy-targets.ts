import { formatIp, type Ip } from '../addr/index.ts';
import type { ClusterObjects, Expectation, Pod } from '../k8s/index.ts';
import {
  type DestinationSpec,
  formatTargetError,
  parseDestination,
  parseSource,
  podOfWorkload,
  type SourceSpec,
} from '../trace/index.ts';
import { distinctPorts } from './policy-ends.ts';
import type { PortQuery } from './policy-match.ts';
import { type PolicyEnd, policedPods } from './policy-model.ts';
import { type ServiceTarget, serviceTargets } from './policy-services.ts';

/** What an expectation is about; text says what is not there. */
export type ExpectedTarget =
  | { readonly kind: 'end'; readonly end: PolicyEnd; readonly query: PortQuery }
  | { readonly kind: 'service'; readonly target: ServiceTarget };

/** Where names of sources and destinations are looked up for the evaluator. */
export interface PolicyDirectory {
  readonly source: (text: string, namespace: string) => PolicyEnd | string;
  readonly destination: (
    expectation: Pick<Expectation, 'to' | 'port' | 'protocol'>,
    namespace: string,
  ) => ExpectedTarget | string;
}

const KINDS = /^(pods?|po|nodes?|no|svc|services?|external)\//;

/** `deploy/NAME`, `sts/NS/NAME`, ...: one of the pods of a workload, as a source names it. */
export function workloadOf(
  to: string,
  namespace: string,
): Extract<SourceSpec, { kind: 'workload' }> | undefined {
  const parsed = to.includes('/') ? parseSource(to, namespace) : undefined;
  return parsed?.ok === true && parsed.value.kind === 'workload' ? parsed.value : undefined;
}

/** `ns/name` of a destination is a pod, as it is of a source. */
export function spelledOut(to: string): string {
  return /^[^/:]+\/[^/:]+$/.test(to) && !KINDS.test(to) ? `pod/${to}` : to.replace(/^external\//, '');
}

/** Looks names up among completed objects. */
export function policyDirectory(objects: ClusterObjects): PolicyDirectory {
  const pods = new Map(policedPods(objects).map((pod) => [`${pod.meta.namespace}/${pod.meta.name}`, pod]));
  const byIp = new Map<Ip, Pod>();
  for (const pod of pods.values()) if (!pod.hostNetwork) for (const ip of pod.podIPs) byIp.set(ip, pod);
  const services = serviceTargets(objects);
  const podEnd = (namespace: string, name: string): PolicyEnd | string => {
    const pod = pods.get(`${namespace}/${name}`);
    return pod === undefined ? `pod "${namespace}/${name}" not found` : { kind: 'pod', pod };
  };
  const nodeEnd = (name: string): PolicyEnd | string => {
    const ip = objects.nodes.find(({ meta }) => meta.name === name)?.internalIPs[0];
    return ip === undefined ? `node "${name}" not found` : { kind: 'address', ip };
  };
  const addressEnd = (ip: Ip): PolicyEnd => {
    const pod = byIp.get(ip);
    return pod === undefined ? { kind: 'address', ip } : { kind: 'pod', pod };
  };
  const nameEnd = (value: Exclude<DestinationSpec, { kind: 'ip' }>): PolicyEnd | string => {
    if (value.kind === 'name') return `names are not looked up here: "${value.name}"`;
    return value.kind === 'node' ? nodeEnd(value.name) : podEnd(value.namespace, value.name);
  };
  const workloadEnd = (spec: Extract<SourceSpec, { kind: 'workload' }>): PolicyEnd | string => {
    const found = podOfWorkload(spec.workload, spec.namespace, spec.name, objects);
    return found.ok ? { kind: 'pod', pod: found.value } : formatTargetError(found.error);
  };
  const source = (text: string, namespace: string): PolicyEnd | string => {
    const parsed = parseSource(text.includes('/') || text === 'external' ? text : `pod/${text}`, namespace);
    if (!parsed.ok) return formatTargetError(parsed.error);
    const { value } = parsed;
    switch (value.kind) {
      case 'pod':
        return podEnd(value.namespace, value.name);
      case 'workload':
        return workloadEnd(value);
      case 'node':
        return nodeEnd(value.name);
      case 'external': {
        const ip = value.ip ?? objects.topology.hosts[0]?.ip;
        return ip === undefined ? 'there is no host outside the cluster' : { kind: 'address', ip };
      }
    }
  };
  const destination: PolicyDirectory['destination'] = ({ to, port, protocol }, namespace) => {
    const workload = workloadOf(to, namespace);
    if (workload !== undefined) {
      const end = workloadEnd(workload);
      if (typeof end === 'string') return end;
      const query = portOf(end, port, protocol);
      return typeof query === 'string' ? query : { kind: 'end', end, query };
    }
    const parsed = parseDestination(spelledOut(to), namespace);
    if (!parsed.ok) return formatTargetError(parsed.error);
    const { value } = parsed;
    const wanted = port ?? value.port;
    if (value.kind === 'service') {
      return findService(services, `svc/${value.namespace}/${value.name}`, wanted, protocol, objects);
    }
    if (value.kind === 'ip') {
      const asService = services.filter(({ addresses }) => addresses.includes(value.ip));
      const [first] = asService;
      if (first !== undefined) return findService(asService, first.name, wanted, protocol, objects);
    }
    const end = value.kind === 'ip' ? addressEnd(value.ip) : nameEnd(value);
    if (typeof end === 'string') return end;
    const query = portOf(end, wanted, protocol);
    return typeof query === 'string' ? query : { kind: 'end', end, query };
  };
  return { source, destination };
}

function portOf(
  end: PolicyEnd,
  wanted: number | string | undefined,
  protocol: PortQuery['protocol'] | undefined,
): PortQuery | string {
  const own = end.kind === 'pod' ? end.pod.ports : [];
  const fits = own.filter((port) => protocol === undefined || port.protocol === protocol);
  if (typeof wanted === 'number') {
    const declared = fits.filter(({ containerPort }) => containerPort === wanted);
    return { port: wanted, protocol: protocol ?? declared[0]?.protocol ?? 'TCP' };
  }
  const [found] = wanted === undefined ? fits : fits.filter(({ name }) => name === wanted);
  if (found !== undefined) return { port: found.containerPort, protocol: found.protocol };
  if (wanted === undefined) return 'no port: the destination declares none';
  const name = end.kind === 'pod' ? `${end.pod.meta.namespace}/${end.pod.meta.name}` : formatIp(end.ip);
  return `no port "${wanted}" at ${name}`;
}

function findService(
  services: readonly ServiceTarget[],
  name: string,
  wanted: number | string | undefined,
  protocol: PortQuery['protocol'] | undefined,
  objects: ClusterObjects,
): ExpectedTarget | string {
  const own = services.filter((one) => one.name === name);
  if (own.length === 0) return `${name} not found, or without ports`;
  const number = typeof wanted === 'string' ? namedPort(objects, name, wanted) : wanted;
  const [target] = own.filter(
    (one) =>
      (wanted === undefined || one.port === number) && (protocol === undefined || one.protocol === protocol),
  );
  if (target !== undefined) return { kind: 'service', target };
  const ports = distinctPorts(own).map((one) => `${one.port}/${one.protocol}`);
  return `${name} has no port ${wanted}${protocol === undefined ? '' : `/${protocol}`}; it has ${ports.join(', ')}`;
}

function namedPort(objects: ClusterObjects, service: string, name: string): number | undefined {
  const found = objects.services.find(({ meta }) => `svc/${meta.namespace}/${meta.name}` === service);
  return found?.ports.find((port) => port.name === name)?.port;
}
