import { formatIp } from '../../src/addr/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import type { Service } from '../../src/k8s/index.ts';
import type { Probe, Shown } from '../../src/lab/index.ts';

/** What a probe is one of; most are of several kinds. */
export const KINDS = [
  'to a cluster IP',
  'to a load balancer or external IP',
  'to a nodePort',
  'to a Service with externalTrafficPolicy: Local',
  'to itself by a Service (hairpin)',
  'to a hostPort',
  'ping',
  'TTL of 1 to 3',
  'longer than an MTU',
  'longer than an MTU, with DF: ping',
  'longer than an MTU, with DF: UDP',
  'to a closed port or an address that nobody has',
  'answered',
  'refused or unreachable',
  'silence',
] as const;

export type Kind = (typeof KINDS)[number];

/** The smallest MTU is that of a tunnel, less the headers of IP and UDP. */
const FITS = 1422;

export function kindsOf({ objects }: Cluster, { probe, outcome }: Shown): readonly Kind[] {
  const { destination, ttl, size = 0, df } = probe.request;
  const { protocol, port } = destination;
  const at = formatIp(destination.ip);
  const has = (service: Service, addresses: readonly (number | bigint)[]): boolean =>
    addresses.some((ip) => formatIp(ip) === at) &&
    (protocol === 'icmp' || service.ports.some((one) => one.port === port));
  const ingress = ({ externalIPs, loadBalancerIngress }: Service): (number | bigint)[] => [
    ...externalIPs,
    ...loadBalancerIngress.flatMap(({ ip }) => (ip === undefined ? [] : [ip])),
  ];
  const toNode =
    at === '127.0.0.1' || objects.nodes.some((node) => node.internalIPs.some((ip) => formatIp(ip) === at));
  const byNodePort = (service: Service): boolean =>
    toNode && port !== undefined && service.ports.some(({ nodePort }) => nodePort === port);
  const { services } = objects;
  const outside = services.filter((service) => has(service, ingress(service)) || byNodePort(service));
  const isOfService = outside.length > 0 || services.some((service) => has(service, service.clusterIPs));
  const isHostPort =
    toNode && objects.pods.some((pod) => !pod.hostNetwork && pod.ports.some((p) => p.hostPort === port));
  const answered = outcome.kind === 'answer';
  const checks: Record<Kind, boolean> = {
    'to a cluster IP': services.some((service) => has(service, service.clusterIPs)),
    'to a load balancer or external IP': services.some((service) => has(service, ingress(service))),
    'to a nodePort': services.some(byNodePort),
    'to a Service with externalTrafficPolicy: Local': outside.some(
      ({ externalTrafficPolicy }) => externalTrafficPolicy === 'Local',
    ),
    'to itself by a Service (hairpin)': isOfService && answered && outcome.who === podOf(probe),
    'to a hostPort': isHostPort && port !== undefined && port !== 0,
    ping: protocol === 'icmp',
    'TTL of 1 to 3': ttl !== undefined,
    'longer than an MTU': size > FITS,
    'longer than an MTU, with DF: ping': size > FITS && df === true && protocol === 'icmp',
    'longer than an MTU, with DF: UDP': size > FITS && df === true && protocol === 'udp',
    'to a closed port or an address that nobody has': port === 9 || at.endsWith('.250'),
    answered,
    'refused or unreachable': outcome.kind === 'errno',
    silence: outcome.kind === 'silence',
  };
  return KINDS.filter((kind) => checks[kind]);
}

function podOf({ source }: Probe): string {
  return source.replace(/^pod\//, '');
}
