import { formatHostPort, formatIp, type Ip } from '../addr/index.ts';
import { type Cluster, podNetnsId } from '../cluster/index.ts';
import {
  type Endpoint,
  type EndpointPort,
  isFinished,
  matchLabels,
  noNetwork,
  type Pod,
  type Service,
} from '../k8s/index.ts';
import { ANY_PORT } from '../kernel/index.ts';
import { podStatus } from './columns-core.ts';
import { slicesByService } from './endpoints.ts';

/** One address and port of a Service's EndpointSlices. */
export interface EndpointRow {
  /** `Pod/web-0`, or the slice that lists it. */
  readonly target: string;
  readonly address: string;
  /** The name of the Service's port; empty: it has none. */
  readonly port: string;
  readonly node: string;
  /** Why it gets no traffic; empty: it does. */
  readonly why: string;
  /** That it will not answer, though it gets traffic. */
  readonly remark: string;
}

export function endpointRows(service: Service, cluster: Cluster): EndpointRow[] {
  const { namespace, name } = service.meta;
  const pods = new Map(
    cluster.objects.pods
      .filter((pod) => pod.meta.namespace === namespace)
      .map((pod) => [pod.meta.name, pod] as const),
  );
  const slices = slicesByService(cluster.objects.endpointSlices).get(`${namespace}/${name}`) ?? [];
  return slices.flatMap((slice) =>
    slice.endpoints.flatMap((endpoint) =>
      endpoint.addresses.flatMap((ip) =>
        (slice.ports.length === 0 ? [undefined] : slice.ports).map((port): EndpointRow => {
          const { targetRef } = endpoint;
          const pod = targetRef?.kind === 'Pod' ? pods.get(targetRef.name) : undefined;
          return {
            target:
              targetRef === undefined
                ? `EndpointSlice/${slice.meta.name}`
                : `${targetRef.kind}/${targetRef.name}`,
            address: addressOf(ip, port),
            port: port?.name ?? '',
            node: endpoint.nodeName,
            why: whyNot(endpoint),
            remark: pod === undefined || port === undefined ? '' : silence(pod, port, cluster),
          };
        }),
      ),
    ),
  );
}

function addressOf(ip: Ip, port: EndpointPort | undefined): string {
  return port?.port === undefined ? formatIp(ip) : formatHostPort(ip, port.port);
}

function whyNot({ ready, serving, terminating }: Endpoint): string {
  if (ready) return '';
  if (!terminating) return 'not ready';
  return serving ? 'terminating: serves only while nobody is ready' : 'terminating';
}

function silence(pod: Pod, { port, protocol }: EndpointPort, cluster: Cluster): string {
  const netns = cluster.world.netns.get(podNetnsId(pod));
  const transport = protocol.toLowerCase();
  if (netns === undefined || port === undefined) return '';
  const listens = netns.sockets.some(
    (socket) =>
      socket.protocol === transport &&
      (socket.port === ANY_PORT || (socket.port === port && socket.ip === undefined)),
  );
  return listens ? '' : `nothing listens on ${port}/${protocol}`;
}

/** A pod that the selector chooses and no slice lists for some port, and why. */
export interface LeftOut {
  readonly pod: string;
  readonly why: string;
}

export function leftOut(service: Service, cluster: Cluster, rows: readonly EndpointRow[]): LeftOut[] {
  const { selector, meta } = service;
  if (selector === undefined || selector.size === 0) return [];
  const selected = cluster.objects.pods.filter(
    (pod) => pod.meta.namespace === meta.namespace && matchLabels(selector, pod.meta.labels),
  );
  return selected.flatMap((pod) => {
    const served = rows.filter(({ target }) => target === `Pod/${pod.meta.name}`);
    const why = reasons(service, pod, served);
    return why.map((text) => ({ pod: pod.meta.name, why: text }));
  });
}

function reasons(service: Service, pod: Pod, served: readonly EndpointRow[]): string[] {
  if (isFinished(pod)) return [`it has ended (${podStatus(pod)})`];
  if (pod.podIPs.length === 0 && served.length === 0)
    return [`it ${noNetwork(pod)?.why ?? 'has no address'}`];
  const missing = service.ports.filter(
    ({ name, targetPort, protocol }) =>
      typeof targetPort === 'string' &&
      !served.some((row) => row.port === name) &&
      !pod.ports.some((port) => port.name === targetPort && port.protocol === protocol),
  );
  if (missing.length > 0) {
    return missing.map(
      ({ targetPort, protocol }) => `no container of it names a port "${targetPort}" (${protocol})`,
    );
  }
  return served.length === 0 ? ['the EndpointSlices that are given do not list it'] : [];
}
