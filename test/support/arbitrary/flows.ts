import { formatIp } from '../../../src/addr/index.ts';
import type { ClusterObjects, Question, TraceProtocol } from '../../../src/index.ts';

/** Flows through a cluster: from every pod, every node and outside. */
export interface RandomFlows {
  /** To every address and port of every Service, and to a port that it does not have. */
  readonly toServices: readonly Question[];
  /** To pods, nodes and addresses that nobody has. */
  readonly toOthers: readonly Question[];
}

export function flowsOf(objects: ClusterObjects): RandomFlows {
  const sources = [
    ...objects.pods
      .filter((pod) => pod.phase === 'Running')
      .map(({ meta }) => `pod/${meta.namespace}/${meta.name}`),
    ...objects.nodes.map(({ meta }) => `node/${meta.name}`),
    'external',
    'external/198.51.100.9',
  ];
  const from = (targets: readonly Target[]): Question[] =>
    sources.flatMap((source) =>
      targets.map(([destination, protocol]) => ({ source, destination, protocol, namespace: 'default' })),
    );
  return { toServices: from(serviceTargets(objects)), toOthers: from(otherTargets(objects)) };
}

type Target = readonly [destination: string, protocol: TraceProtocol];

function serviceTargets({ services, nodes }: ClusterObjects): Target[] {
  return services.flatMap((service) => {
    const ips = [
      ...service.clusterIPs,
      ...service.externalIPs,
      ...service.loadBalancerIngress.flatMap(({ ip }) => ip ?? []),
    ].map(formatIp);
    const entries = [...nodes.map(({ meta }) => `node/${meta.name}`), '127.0.0.1'];
    const ports = service.ports.flatMap(({ port, nodePort, protocol }): Target[] => {
      const by = protocol.toLowerCase() as TraceProtocol;
      return [
        ...ips.map((ip): Target => [`${ip}:${port}`, by]),
        ...(nodePort === 0 ? [] : entries.map((at): Target => [`${at}:${nodePort}`, by])),
      ];
    });
    const none = ips.flatMap((ip): Target[] => [
      [`${ip}:9`, 'tcp'],
      [ip, 'icmp'],
    ]);
    return [...ports, ...ports, ...none];
  });
}

function otherTargets({ pods, nodes }: ClusterObjects): Target[] {
  const toPods = pods
    .flatMap((pod) => pod.podIPs.map(formatIp))
    .flatMap((ip): Target[] => [
      [`${ip}:8080`, 'tcp'],
      [`${ip}:8080`, 'udp'],
      [`${ip}:7`, 'tcp'],
      [ip, 'icmp'],
    ]);
  const toNodes = nodes.flatMap(({ meta }): Target[] => [
    [`node/${meta.name}`, 'icmp'],
    [`node/${meta.name}:7`, 'udp'],
  ]);
  const toNobody: Target[] = [
    ['10.244.1.250:80', 'tcp'],
    ['192.168.56.99:80', 'tcp'],
    ['203.0.113.200:443', 'tcp'],
  ];
  return [...toPods, ...toNodes, ...toNobody];
}
