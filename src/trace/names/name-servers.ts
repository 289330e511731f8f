import { formatIp, type Ip, isLoopback, parseIp } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import {
  answer,
  clusterDnsService,
  type DnsAnswer,
  type DnsQuery,
  type DnsServer,
  dnsServer,
  isWithin,
} from '../../controllers/dns/index.ts';
import { clusterDnsAddress } from '../../controllers/kubelet/index.ts';
import type { ClusterObjects } from '../../k8s/index.ts';

/** Who answers DNS queries in and around a cluster. */
export interface NameServers {
  /** What CoreDNS answers. */
  readonly cluster: (query: DnsQuery) => DnsAnswer;
  /** What a resolver outside answers: it knows the hosts of the Topology, and nothing of the cluster. */
  readonly outside: (query: DnsQuery) => DnsAnswer;
  /** Addresses at which CoreDNS is asked. */
  readonly isCluster: (server: string) => boolean;
  /** Whether a pod is one of CoreDNS. */
  readonly isCoreDns: (namespace: string, pod: string) => boolean;
  /** Whether CoreDNS asks somebody else for a name. */
  readonly isForwarded: (name: string) => boolean;
}

/** What a query to an address comes to, whatever the way there is like: who answers it, or that nobody does. */
export type Asked =
  | ((query: DnsQuery) => DnsAnswer)
  | { readonly kind: 'closed' | 'silence'; readonly reason: string };

/** Who answers at the address of a nameserver. */
export function askedAt(cluster: Pick<Cluster, 'objects'>, server: string): Asked {
  const servers = nameServers(cluster);
  if (servers.isCluster(server)) return servers.cluster;
  const ip = parseIp(server);
  if (ip === undefined) return { kind: 'closed', reason: `nameserver ${server} is no address` };
  if (isLoopback(ip)) return { kind: 'closed', reason: `nobody listens on ${server}:53` };
  const owner = ownerOf(cluster.objects, ip);
  if (owner === undefined) return servers.outside;
  // Nothing serves this port of a Service, and what no rule takes is swallowed outside.
  return {
    kind: owner.startsWith('Service') ? 'silence' : 'closed',
    reason: `${server} is ${owner}, which answers no DNS queries`,
  };
}

function ownerOf({ services, pods, nodes }: ClusterObjects, ip: Ip): string | undefined {
  const service = services.find(({ clusterIPs }) => clusterIPs.includes(ip));
  if (service !== undefined) return `Service ${service.meta.namespace}/${service.meta.name}`;
  const pod = pods.find(({ podIPs, hostNetwork }) => !hostNetwork && podIPs.includes(ip));
  if (pod !== undefined) return `pod ${pod.meta.namespace}/${pod.meta.name}`;
  const node = nodes.find(({ internalIPs }) => internalIPs.includes(ip));
  return node === undefined ? undefined : `node ${node.meta.name}`;
}

const known = new WeakMap<ClusterObjects, NameServers>();

/** The servers of a cluster; its objects are read once. */
export function nameServers({ objects }: Pick<Cluster, 'objects'>): NameServers {
  let servers = known.get(objects);
  if (servers === undefined) {
    servers = serversOf(objects);
    known.set(objects, servers);
  }
  return servers;
}

/** A resolver that has nothing to do with the cluster. */
const OUTSIDE = { servers: [{ zones: ['.'], forward: ['.'] }] } as const;

function serversOf(objects: ClusterObjects): NameServers {
  const cluster = dnsServer(objects);
  const outside = dnsServer(objects, objects.topology.hosts, { config: OUTSIDE });
  const service = clusterDnsService(objects);
  const slices = objects.endpointSlices.filter(
    ({ serviceName, meta }) =>
      serviceName === service?.meta.name && meta.namespace === service.meta.namespace,
  );
  const pods = new Set(
    slices.flatMap(({ endpoints }) =>
      endpoints.flatMap(({ targetRef }) =>
        targetRef === undefined ? [] : [`${targetRef.namespace}/${targetRef.name}`],
      ),
    ),
  );
  const addresses = [
    clusterDnsAddress(objects),
    ...(objects.kubelet?.clusterDNS ?? []),
    ...(service?.clusterIPs ?? []),
    ...slices.flatMap(({ endpoints }) => endpoints.flatMap((endpoint) => endpoint.addresses)),
  ];
  const asked = new Set(addresses.map((ip) => formatIp(ip)));
  return {
    cluster: (query) => answer(cluster, query),
    outside: (query) => answer(outside, query),
    isCluster: (server) => asked.has(server),
    isCoreDns: (namespace, pod) => pods.has(`${namespace}/${pod}`),
    isForwarded: (name) => isForwarded(cluster, name),
  };
}

function isForwarded({ blocks }: DnsServer, name: string): boolean {
  const zones = blocks.flatMap(({ server }) => server.kubernetes?.zones ?? []);
  return !zones.some((zone) => isWithin(name.toLowerCase(), zone));
}
