import { contains, formatCidr, formatIp, hostCidr, isLoopback } from '../addr/index.ts';
import type { ClusterObjects, Service, ServicePort } from '../k8s/index.ts';
import type { ObjectRef } from '../kernel/index.ts';
import type { Trace } from '../trace/index.ts';
import { hasBackends, slicesOf } from './backends.ts';
import { cniFaults } from './cni-faults.ts';
import { type Conflict, conflictsOf, faultsOf } from './conflicts/index.ts';
import { editService, type ObjectFault, refTo } from './object-fault.ts';
import { deafEndpoints, deafPod, notReady, unknownPortName, unselected } from './pod-faults.ts';
import { policyFaults } from './policy-faults.ts';
import { type Asked, isAdmitted, nodePortOf, senderAddress } from './promise.ts';

/** What a request fails for although the state is as the programs left it; the likeliest first. */
export function objectFaults(objects: ClusterObjects, asked: Asked, trace: Trace): ObjectFault[] {
  const conflicts = metConflicts(objects, asked, trace);
  return [
    ...policyFaults(objects, trace),
    ...conflicts.filter(({ wide }) => wide !== true).flatMap(faultsOf),
    ...otherFaults(objects, asked, trace),
    ...conflicts.filter(({ wide }) => wide === true).flatMap(faultsOf),
  ];
}

/** What of the objects' conflicts the walk met. Where a policy denied it, they are no cause. */
function metConflicts(objects: ClusterObjects, asked: Asked, trace: Trace): Conflict[] {
  if (trace.paths.some(({ reason }) => reason === 'POLICY' || reason === 'NO_LISTENER')) return [];
  const { destination, source } = asked;
  const nodes = new Set(
    trace.paths.flatMap(({ hops, reply, returned }) =>
      [...hops, ...(reply ?? returned ?? { hops: [] }).hops]
        .filter(({ kind }) => kind === 'node')
        .map(({ place }) => place),
    ),
  );
  const met = {
    destination: destination.ip,
    port: destination.port,
    source: senderAddress(objects, source),
    nodes,
  };
  return conflictsOf(objects).filter(({ severity, touches }) => severity === 'warning' && touches(met));
}

function otherFaults(objects: ClusterObjects, asked: Asked, trace: Trace): ObjectFault[] {
  return [...cniFaults(objects, trace), ...serviceFaults(objects, asked, trace)];
}

function serviceFaults(objects: ClusterObjects, asked: Asked, trace: Trace): ObjectFault[] {
  const found = askedService(objects, asked);
  if (found === undefined) return deafPod(objects, asked, trace);
  const { service, port } = found;
  if (port === undefined) return [missingPort(service, asked)];
  return [
    ...closedNodePort(objects, asked, service, port),
    ...unselected(objects, service),
    ...notReady(objects, service),
    ...unknownPortName(objects, service, port),
    ...excluded(objects, asked, service),
    ...noneLocal(objects, service, port),
    ...deafEndpoints(objects, service, port, trace),
  ];
}

interface AskedService {
  readonly service: Service;
  /** Undefined: the Service has no such port. */
  readonly port: ServicePort | undefined;
}

/** The Service that has the address, or the node port, that is asked for. */
function askedService(objects: ClusterObjects, { destination }: Asked): AskedService | undefined {
  const { ip, port, protocol } = destination;
  if (protocol === 'icmp') return undefined;
  const service = objects.services.find(
    (s) =>
      s.clusterIPs.includes(ip) ||
      s.externalIPs.includes(ip) ||
      s.loadBalancerIngress.some((i) => i.ip === ip && i.ipMode === 'VIP'),
  );
  if (service !== undefined)
    return {
      service,
      port: service.ports.find((p) => p.port === port && p.protocol.toLowerCase() === protocol),
    };
  const onNode = isLoopback(ip) || objects.nodes.some((n) => n.internalIPs.includes(ip));
  return onNode ? nodePortOf(objects, destination) : undefined;
}

function missingPort(service: Service, { destination: { port, protocol } }: Asked): ObjectFault {
  const ports = service.ports.map((p) => `${p.port}/${p.protocol.toLowerCase()}`).join(', ');
  return {
    object: refTo(service),
    field: 'spec.ports',
    what: `has no port ${port}/${protocol}; its ports: ${ports || 'none'}`,
  };
}

function excluded(objects: ClusterObjects, asked: Asked, service: Service): ObjectFault[] {
  const { ip } = asked.destination;
  if (!service.loadBalancerIngress.some((i) => i.ip === ip) || isAdmitted(objects, asked, service)) return [];
  const sender = senderAddress(objects, asked.source);
  const ranges = service.loadBalancerSourceRanges.map(formatCidr).join(', ');
  const field = 'spec.loadBalancerSourceRanges';
  if (sender === undefined)
    return [{ object: refTo(service), field, what: `${ranges} does not hold the sender` }];
  const range = hostCidr(sender);
  return [
    {
      object: refTo(service),
      field,
      what: `${ranges} does not hold ${formatIp(sender)}`,
      edit: {
        text: `add ${formatCidr(range)} to ${field}`,
        apply: editService(service, (s) => ({
          ...s,
          loadBalancerSourceRanges: [...s.loadBalancerSourceRanges, range],
        })),
      },
    },
  ];
}

/** A policy Local, and endpoints elsewhere only. */
function noneLocal(objects: ClusterObjects, service: Service, port: ServicePort): ObjectFault[] {
  if (!hasBackends(objects, service, port)) return [];
  const nodes = [
    ...new Set(
      slicesOf(objects, service).flatMap((s) => s.endpoints.filter((e) => e.ready).map((e) => e.nodeName)),
    ),
  ];
  return (['externalTrafficPolicy', 'internalTrafficPolicy'] as const)
    .filter((policy) => service[policy] === 'Local')
    .map((policy) => ({
      object: refTo(service),
      field: `spec.${policy}`,
      what: `is Local, and its endpoints are on ${nodes.join(', ')} only`,
      edit: {
        text: `spec.${policy}: Cluster`,
        apply: editService(service, (s) => ({ ...s, [policy]: 'Cluster' })),
      },
    }));
}

/** kube-proxy does not open node ports on that address. */
function closedNodePort(
  objects: ClusterObjects,
  asked: Asked,
  service: Service,
  port: ServicePort,
): ObjectFault[] {
  const { ip, port: number } = asked.destination;
  if (port.nodePort !== number || service.clusterIPs.includes(ip)) return [];
  const object: ObjectRef = { kind: 'KubeProxyConfiguration', name: 'kube-proxy' };
  const configure =
    (change: Partial<ClusterObjects['kubeProxy']>) =>
    (all: ClusterObjects): ClusterObjects => ({
      ...all,
      kubeProxy: { ...all.kubeProxy, ...change },
    });
  const { iptables, nodePortAddresses } = objects.kubeProxy;
  const faults: ObjectFault[] = [];
  if (isLoopback(ip) && !iptables.localhostNodePorts)
    faults.push({
      object,
      field: 'iptables.localhostNodePorts',
      what: 'is false: node ports are not open on 127.0.0.1',
      edit: {
        text: 'iptables.localhostNodePorts: true',
        apply: configure({ iptables: { ...iptables, localhostNodePorts: true } }),
      },
    });
  if (nodePortAddresses.length > 0 && !nodePortAddresses.some((range) => contains(range, ip)))
    faults.push({
      object,
      field: 'nodePortAddresses',
      what: `${nodePortAddresses.map(formatCidr).join(', ')} does not hold ${formatIp(ip)}`,
      edit: { text: 'nodePortAddresses: []', apply: configure({ nodePortAddresses: [] }) },
    });
  return faults;
}
