import { formatIp, type Ip } from '../../addr/index.ts';
import {
  type ClusterObjects,
  isFinished,
  type Node,
  type Service,
  type ServicePort,
} from '../../k8s/index.ts';
import type { TraceProtocol } from '../model.ts';
import type { Question } from '../resolve-question.ts';

/** A question about a Service that may come to something else in another mode. */
export type Pair = Pick<Question, 'source' | 'destination' | 'protocol' | 'via'>;

/** A port that hardly any Service has: what is undefined on a ClusterIP. */
const UNDEFINED_PORT = 9;

/**
 * What is worth asking of a Service: every way in (ClusterIP, NodePort, also on 127.0.0.1, LoadBalancer and external
 * address), from pods and nodes that have an endpoint of it and that have none, and from outside; a port that it does not
 * have, and a ping. IPv4.
 */
export function notablePairs(objects: ClusterObjects, service: Service): Pair[] {
  const ip = service.clusterIPs.find((one) => typeof one === 'number');
  if (ip === undefined || service.type === 'ExternalName') return [];
  const nodes = nodesByEndpoint(objects, service);
  const senders = nodes.flatMap((node) => {
    const pod = podOn(objects, node, service);
    return [...(pod === undefined ? [] : [pod]), `node/${node.meta.name}`];
  });
  const pairs = service.ports.flatMap((port) => portPairs(service, port, ip, nodes, senders));
  const [first] = senders;
  if (first === undefined) return pairs;
  const lacks = !service.ports.some(({ port }) => port === UNDEFINED_PORT);
  const undefinedPort: Pair[] = lacks
    ? [first, ...senders.filter((sender) => sender.startsWith('node/')).slice(0, 1)].map((source) => ({
        source,
        destination: `${formatIp(ip)}:${UNDEFINED_PORT}`,
        protocol: 'tcp',
      }))
    : [];
  return [...pairs, ...undefinedPort, { source: first, destination: formatIp(ip), protocol: 'icmp' }];
}

/** A node that has an endpoint of the Service, and one that has none, where there are such nodes. */
function nodesByEndpoint({ nodes, endpointSlices }: ClusterObjects, { meta }: Service): Node[] {
  const slices = endpointSlices.filter(
    (slice) => slice.serviceName === meta.name && slice.meta.namespace === meta.namespace,
  );
  const serving = new Set(slices.flatMap(({ endpoints }) => endpoints.map(({ nodeName }) => nodeName)));
  const near = nodes.find((node) => serving.has(node.meta.name));
  const far = nodes.find((node) => !serving.has(node.meta.name));
  return [near, far].filter((node) => node !== undefined);
}

/** A pod of the node, rather one that does not serve the Service. */
function podOn(
  { pods, endpointSlices }: ClusterObjects,
  { meta }: Node,
  service: Service,
): string | undefined {
  const serving = new Set(
    endpointSlices
      .filter(
        (slice) => slice.serviceName === service.meta.name && slice.meta.namespace === service.meta.namespace,
      )
      .flatMap(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses)),
  );
  const here = pods.filter((pod) => pod.nodeName === meta.name && !pod.hostNetwork && !isFinished(pod));
  const pod = here.find(({ podIPs }) => !podIPs.some((ip) => serving.has(ip))) ?? here[0];
  return pod === undefined ? undefined : `pod/${pod.meta.namespace}/${pod.meta.name}`;
}

function portPairs(
  service: Service,
  { port, nodePort, protocol: upper }: ServicePort,
  clusterIP: Ip,
  nodes: readonly Node[],
  senders: readonly string[],
): Pair[] {
  const protocol = upper.toLowerCase() as TraceProtocol;
  const ask = (source: string, destination: string, via?: string): Pair => ({
    source,
    destination,
    protocol,
    ...(via === undefined ? {} : { via }),
  });
  const balanced = [
    ...service.externalIPs,
    ...service.loadBalancerIngress.flatMap(({ ip, ipMode }) =>
      ip === undefined || ipMode === 'Proxy' ? [] : [ip],
    ),
  ].filter((ip) => typeof ip === 'number');
  const outward = balanced.flatMap((ip) => {
    const to = `${formatIp(ip)}:${port}`;
    return [
      ...nodes.map(({ meta }) => ask('external', to, meta.name)),
      ...senders.map((sender) => ask(sender, to)),
    ];
  });
  const onNodes =
    nodePort === 0
      ? []
      : nodes.flatMap(({ meta: { name } }) => {
          const to = `node/${name}:${nodePort}`;
          const own = senders.filter((sender) => sender !== `node/${name}`);
          return [
            ask('external', to),
            ...own.slice(0, 1).map((sender) => ask(sender, to)),
            ask(`node/${name}`, to),
            ask(`node/${name}`, `127.0.0.1:${nodePort}`),
          ];
        });
  return [...senders.map((sender) => ask(sender, `${formatIp(clusterIP)}:${port}`)), ...onNodes, ...outward];
}
