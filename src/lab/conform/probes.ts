import { formatIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { isFinished, type Pod, type Protocol } from '../../k8s/index.ts';
import { seededRandom } from '../../kernel/index.ts';
import { keepOutsideWorld, type TraceProtocol } from '../../trace/index.ts';
import { type Probe, probeOf } from './probe.ts';

export interface ProbeOptions {
  readonly seed: number;
  /** How many; undefined: every source to every destination. */
  readonly count?: number;
  /** Pings need a tool; default true. */
  readonly icmp?: boolean;
  /** Datagrams that must not be fragmented need another one, python3; default true. */
  readonly wholeDatagrams?: boolean;
}

type Kind = 'cluster IP' | 'exposed' | 'hostPort' | 'pod' | 'ping' | 'nobody' | 'short TTL' | 'size';

/** A sample takes its probes from the kinds in turn, so that the many pings and closed ports do not crowd out Services. */
const TURNS: readonly Kind[] = [
  'cluster IP',
  'exposed',
  'pod',
  'cluster IP',
  'short TTL',
  'hostPort',
  'exposed',
  'ping',
  'cluster IP',
  'size',
  'exposed',
  'nobody',
];

interface Target {
  readonly kind: Kind;
  readonly destination: string;
  readonly protocol: TraceProtocol;
  /** Only from a node: 127.0.0.1. */
  readonly nodesOnly?: true;
  readonly ttl?: number;
  readonly size?: number;
  readonly df?: boolean;
}

/** How many targets with a short TTL, and with a size around the MTU, there are for every plain one. */
const SHORT_TTLS = [1, 2, 3];
const SIZES = [1372, 1422, 1423, 1472, 1473, 2000];

/**
 * The probes of a cluster: every source (pods, nodes, hosts outside) to every kind of destination: Services by all
 * their addresses and ports, pods, nodes, closed ports, addresses that nobody has; also with little TTL and with
 * packets around the MTU. SCTP is left out: Node has no SCTP sockets.
 */
export function probesOf(cluster: Cluster, options: ProbeOptions): Probe[] {
  const random = seededRandom(options.seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[random() % Math.max(1, list.length)];
  const sources = sourcesOf(cluster);
  const targets = [...serviceTargets(cluster), ...podTargets(cluster), ...otherTargets(cluster)];
  const wanted = options.icmp === false ? targets.filter(({ protocol }) => protocol !== 'icmp') : targets;
  const whole = options.wholeDatagrams ?? true;
  const varied = wanted.flatMap((target) =>
    variants(target, pick).filter(({ protocol, df }) => whole || df === undefined || protocol === 'icmp'),
  );
  const all = sources.flatMap((source) =>
    varied
      .filter((target) =>
        source.startsWith('node/') ? !isForeignTtl(target) : target.nodesOnly === undefined,
      )
      .map((target) => ({ source, target })),
  );
  const chosen = options.count === undefined ? all : sample(all, options.count, random);
  const probes: Probe[] = [];
  for (const { source, target } of chosen) {
    const { nodesOnly: _, kind: __, ...asked } = target;
    const probe = probeOf(cluster, { ...asked, source, namespace: 'default' });
    if (probe.ok) probes.push(probe.value);
  }
  for (const { request } of probes) keepOutsideWorld(cluster, request);
  return probes;
}

/** The TTL of a stream is its namespace's default, and on a node that is also the TTL of the tunnel's packets. */
function isForeignTtl({ protocol, ttl }: Target): boolean {
  return protocol === 'tcp' && ttl !== undefined;
}

/** Plain, with a short TTL, and where there are data to send with a size, with DF or as the kernel likes it. */
function variants(target: Target, pick: <T>(list: readonly T[]) => T | undefined): Target[] {
  const ttl = pick(SHORT_TTLS) ?? 1;
  const short: Target = { ...target, kind: 'short TTL', ttl };
  if (target.protocol === 'tcp') return [target, short];
  const size = pick(SIZES) ?? 1472;
  const long: Target = { ...target, kind: 'size', size };
  return [target, short, long, { ...long, df: true }];
}

interface Asked {
  readonly source: string;
  readonly target: Target;
}

function sample(all: readonly Asked[], count: number, random: () => number): Asked[] {
  const left = new Map<Kind, Asked[]>();
  for (const one of all) {
    const group = left.get(one.target.kind);
    if (group === undefined) left.set(one.target.kind, [one]);
    else group.push(one);
  }
  const wanted = Math.min(count, all.length);
  const out: Asked[] = [];
  for (let turn = 0; out.length < wanted; turn++) {
    const kind = TURNS[turn % TURNS.length];
    const group = kind === undefined ? undefined : left.get(kind);
    if (group === undefined || group.length === 0) continue;
    const [one] = group.splice(random() % group.length, 1);
    if (one !== undefined) out.push(one);
  }
  return out;
}

function sourcesOf({ objects, world }: Cluster): string[] {
  const hosts = [...world.netns.values()].filter(({ kind }) => kind === 'host');
  return [
    ...objects.pods
      .filter((pod) => hasNetwork(pod) && world.netns.has(`pod/${pod.meta.namespace}/${pod.meta.name}`))
      .map(({ meta }) => `pod/${meta.namespace}/${meta.name}`),
    ...objects.nodes.map(({ meta }) => `node/${meta.name}`),
    ...(hosts.length === 0 ? [] : ['external']),
  ];
}

function hasNetwork(pod: Pod): boolean {
  return (
    !isFinished(pod) &&
    !pod.hostNetwork &&
    pod.nodeName !== '' &&
    pod.podIPs.some((ip) => typeof ip === 'number')
  );
}

function lower(protocol: Protocol): TraceProtocol | undefined {
  return protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : undefined;
}

const CLOSED_PORT = 9;

function serviceTargets({ objects }: Cluster): Target[] {
  const nodes = objects.nodes.flatMap(({ internalIPs }) =>
    internalIPs.filter((ip) => typeof ip === 'number'),
  );
  return objects.services.flatMap((service) => {
    const addresses = [
      ...service.clusterIPs,
      ...service.externalIPs,
      ...service.loadBalancerIngress.flatMap(({ ip }) => (ip === undefined ? [] : [ip])),
    ].filter((ip) => typeof ip === 'number');
    const clusterIPs = new Set(service.clusterIPs);
    const targets: Target[] = addresses.map((ip) => ({
      kind: 'ping',
      destination: formatIp(ip),
      protocol: 'icmp',
    }));
    for (const port of service.ports) {
      const protocol = lower(port.protocol);
      if (protocol === undefined) continue;
      for (const ip of addresses) {
        const kind = clusterIPs.has(ip) ? 'cluster IP' : 'exposed';
        targets.push({ kind, destination: `${formatIp(ip)}:${port.port}`, protocol });
        targets.push({ kind: 'nobody', destination: `${formatIp(ip)}:${CLOSED_PORT}`, protocol });
      }
      if (port.nodePort === 0) continue;
      for (const ip of nodes)
        targets.push({ kind: 'exposed', destination: `${formatIp(ip)}:${port.nodePort}`, protocol });
      const destination = `127.0.0.1:${port.nodePort}`;
      targets.push({ kind: 'exposed', destination, protocol, nodesOnly: true });
    }
    if (service.healthCheckNodePort !== 0) {
      for (const ip of nodes) {
        const destination = `${formatIp(ip)}:${service.healthCheckNodePort}`;
        targets.push({ kind: 'exposed', destination, protocol: 'tcp' });
      }
    }
    return targets;
  });
}

function podTargets({ objects }: Cluster): Target[] {
  const addressOf = new Map(
    objects.nodes.map((node) => [node.meta.name, node.internalIPs.find((ip) => typeof ip === 'number')]),
  );
  return objects.pods
    .filter((pod) => !isFinished(pod) && pod.nodeName !== '')
    .flatMap((pod) => {
      const ip = pod.podIPs.find((one) => typeof one === 'number');
      if (ip === undefined) return [];
      const at = formatIp(ip);
      const targets: Target[] = [
        { kind: 'ping', destination: at, protocol: 'icmp' },
        { kind: 'nobody', destination: `${at}:${CLOSED_PORT}`, protocol: 'tcp' },
        { kind: 'nobody', destination: `${at}:${CLOSED_PORT}`, protocol: 'udp' },
      ];
      const node = addressOf.get(pod.nodeName);
      for (const { protocol: name, containerPort, hostPort } of pod.ports) {
        const protocol = lower(name);
        if (protocol === undefined) continue;
        targets.push({ kind: 'pod', destination: `${at}:${containerPort}`, protocol });
        if (hostPort === 0 || node === undefined || pod.hostNetwork) continue;
        targets.push({ kind: 'hostPort', destination: `${formatIp(node)}:${hostPort}`, protocol });
        const destination = `127.0.0.1:${hostPort}`;
        targets.push({ kind: 'hostPort', destination, protocol, nodesOnly: true });
      }
      return targets;
    });
}

/** Nodes, addresses of pod networks that nobody has, and the world outside. */
function otherTargets({ objects }: Cluster): Target[] {
  return [
    ...objects.nodes.flatMap(({ internalIPs, podCIDRs }): Target[] => {
      const ip = internalIPs.find((one) => typeof one === 'number');
      const range = podCIDRs.find(({ base }) => typeof base === 'number');
      const own: Target[] =
        ip === undefined ? [] : [{ kind: 'ping', destination: formatIp(ip), protocol: 'icmp' }];
      if (typeof range?.base !== 'number') return own;
      const gateway = formatIp(range.base + 1);
      const nobody = formatIp(range.base + 250);
      return [
        ...own,
        { kind: 'ping', destination: gateway, protocol: 'icmp' },
        { kind: 'nobody', destination: `${gateway}:${CLOSED_PORT}`, protocol: 'tcp' },
        { kind: 'nobody', destination: `${nobody}:80`, protocol: 'tcp' },
        { kind: 'nobody', destination: nobody, protocol: 'icmp' },
      ];
    }),
    { kind: 'nobody', destination: '203.0.113.9:80', protocol: 'tcp' },
    { kind: 'nobody', destination: '203.0.113.9:53', protocol: 'udp' },
  ];
}
