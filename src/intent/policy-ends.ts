import { formatIp, type Ip } from '../addr/index.ts';
import { type ClusterObjects, isFinished, noNetwork, type Pod } from '../k8s/index.ts';
import type { PortQuery } from './policy-match.ts';
import { type PolicyEnd, policedPods } from './policy-model.ts';

/** An end that a matrix lists, with the ports that are asked about where it is the destination. */
export interface MatrixEnd {
  /** `ns/pod`, or an address. */
  readonly name: string;
  readonly end: PolicyEnd;
  readonly ports: readonly PortQuery[];
}

/** What is asked of a destination outside the cluster: the web, and names. */
const OUTSIDE_PORTS: readonly PortQuery[] = [
  { port: 80, protocol: 'TCP' },
  { port: 53, protocol: 'UDP' },
];

/** All pods but finished and Pending ones, which reach nobody, then the addresses outside. */
export function matrixEnds(
  objects: Pick<ClusterObjects, 'pods' | 'endpointSlices'>,
  outside: readonly Ip[],
): MatrixEnd[] {
  const served = portsServed(objects);
  const pods = policedPods(objects)
    .filter((pod) => noNetwork(pod) === undefined)
    .map((pod): MatrixEnd => ({ name: nameOf(pod), end: { kind: 'pod', pod }, ports: portsOf(pod, served) }));
  const addresses = outside.map(
    (ip): MatrixEnd => ({ name: formatIp(ip), end: { kind: 'address', ip }, ports: OUTSIDE_PORTS }),
  );
  return [...pods, ...addresses];
}

function nameOf({ meta }: Pod): string {
  return `${meta.namespace}/${meta.name}`;
}

/** The declared ports; of a pod that declares none those that Services send it, else TCP 80. */
function portsOf(pod: Pod, served: ReadonlyMap<string, readonly PortQuery[]>): readonly PortQuery[] {
  const declared = pod.ports.map(({ containerPort, protocol }) => ({ port: containerPort, protocol }));
  const ports = declared.length > 0 ? declared : (served.get(nameOf(pod)) ?? []);
  return ports.length > 0 ? distinctPorts(ports) : [{ port: 80, protocol: 'TCP' }];
}

/** Pod -> the ports that Services send it. */
function portsServed({
  pods,
  endpointSlices,
}: Pick<ClusterObjects, 'pods' | 'endpointSlices'>): Map<string, PortQuery[]> {
  const silent = new Set(pods.filter((pod) => pod.ports.length === 0 && !isFinished(pod)).map(nameOf));
  const served = new Map<string, PortQuery[]>();
  if (silent.size === 0) return served;
  for (const { ports, endpoints } of endpointSlices) {
    for (const { targetRef } of endpoints) {
      const name = targetRef?.kind === 'Pod' ? `${targetRef.namespace}/${targetRef.name}` : '';
      if (!silent.has(name)) continue;
      const own = served.get(name) ?? [];
      served.set(name, own);
      for (const { port, protocol } of ports) if (port !== undefined) own.push({ port, protocol });
    }
  }
  return served;
}

/** Each port once, by number and protocol. */
export function distinctPorts(ports: Iterable<PortQuery>): PortQuery[] {
  const known = new Map<string, PortQuery>();
  for (const query of ports) known.set(portText(query), query);
  return [...known.values()].sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
}

/** `80/TCP` */
export function portText({ port, protocol }: PortQuery): string {
  return `${port}/${protocol}`;
}
