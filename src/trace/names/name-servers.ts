import {
  type Cidr,
  cidrFamily,
  contains,
  familyOf,
  formatIp,
  type Ip,
  isLinkLocal,
  isLoopback,
  parseIp,
} from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import {
  type AskUpstream,
  answer,
  type DnsAnswer,
  type DnsQuery,
  dnsServer,
  failure,
  outsideAnswer,
} from '../../controllers/dns/index.ts';
import {
  type ClusterObjects,
  clusterDnsAddress,
  clusterDnsService,
  isNodeLocalDns,
} from '../../k8s/index.ts';

/** Who answers DNS queries in and around a cluster. */
export interface NameServers {
  /** What CoreDNS answers. */
  readonly cluster: (query: DnsQuery, upstream?: AskUpstream) => DnsAnswer;
  /** What a resolver outside answers: it knows the hosts of the Topology, and nothing of the cluster. */
  readonly outside: (query: DnsQuery, ttl?: number) => DnsAnswer;
  /** Addresses at which CoreDNS is asked. */
  readonly isCluster: (server: string) => boolean;
  /** Whether a pod is one of CoreDNS. */
  readonly isCoreDns: (namespace: string, pod: string) => boolean;
  /** What the cache on a node answers, where there is one. */
  readonly nodeLocal?: (query: DnsQuery, upstream?: AskUpstream) => DnsAnswer;
  /** Whether a pod is such a cache. */
  readonly isNodeLocal: (namespace: string, pod: string) => boolean;
  /** Addresses at which such a cache is asked. */
  readonly isNodeLocalAddress: (server: string) => boolean;
  /** The address by which such a cache asks CoreDNS. */
  readonly upstreamOfNodeLocal: Ip;
  /** The addresses of a host outside. */
  readonly hostAddresses: (name: string) => readonly Ip[];
}

/** What a query to an address comes to, whatever the way there is like: who answers it, or that nobody does. */
export type Asked =
  | ((query: DnsQuery) => DnsAnswer)
  | { readonly kind: 'closed' | 'silence'; readonly reason: string };

/** Who answers at the address of a nameserver. */
export function askedAt(cluster: Pick<Cluster, 'objects'>, server: string): Asked {
  const servers = nameServers(cluster);
  if (servers.nodeLocal !== undefined && servers.isNodeLocalAddress(server)) return servers.nodeLocal;
  if (servers.isCluster(server)) return servers.cluster;
  const ip = parseIp(server);
  if (ip === undefined) return { kind: 'closed', reason: `nameserver ${server} is no address` };
  if (isLoopback(ip)) return { kind: 'closed', reason: `nobody listens on ${server}:53` };
  const owner = ownerOf(cluster.objects, ip);
  if (owner === undefined) return servers.outside;
  return { kind: owner.kind, reason: saidOf(server, owner) };
}

function saidOf(server: string, { called, serves }: Owner): string {
  const what = serves ? 'and what it answers to DNS queries is not modelled' : 'which answers no DNS queries';
  return `${server} is ${called}, ${what}`;
}

/** What has an address of the cluster that is not CoreDNS', whether port 53 is served there, and what a query finds else. */
interface Owner {
  readonly called: string;
  readonly serves: boolean;
  readonly kind: 'closed' | 'silence';
}

const DNS_PORT = 53;
/** Of NodeLocal DNSCache's manifests. */
const UPSTREAM_SERVICE = 'kube-dns-upstream';

function ownerOf(objects: ClusterObjects, ip: Ip): Owner | undefined {
  const { services, pods, nodes, serviceRanges } = objects;
  const service = services.find(({ clusterIPs }) => clusterIPs.includes(ip));
  // What no rule of a Service takes is swallowed outside.
  if (service !== undefined) {
    const { namespace, name } = service.meta;
    const serves = service.ports.some(({ port, protocol }) => port === DNS_PORT && protocol === 'UDP');
    return { called: `Service ${namespace}/${name}`, serves, kind: 'silence' };
  }
  const pod = pods.find(({ podIPs, hostNetwork }) => !hostNetwork && podIPs.includes(ip));
  if (pod !== undefined) {
    const { namespace, name } = pod.meta;
    const serves = pod.ports.some(({ containerPort }) => containerPort === DNS_PORT);
    return { called: `pod ${namespace}/${name}`, serves, kind: serves ? 'silence' : 'closed' };
  }
  const node = nodes.find(({ internalIPs }) => internalIPs.includes(ip));
  if (node !== undefined) return { called: `node ${node.meta.name}`, serves: false, kind: 'closed' };
  const inside = (range: Cidr): boolean => cidrFamily(range) === familyOf(ip) && contains(range, ip);
  return serviceRanges.some(inside)
    ? { called: 'an address of no Service', serves: false, kind: 'silence' }
    : undefined;
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

/** Seconds; of a resolver outside nothing is known but its hosts. */
const OUTSIDE_TTL = 30;

function serversOf(objects: ClusterObjects): NameServers {
  const cluster = dnsServer(objects);
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
    // A cache on each node; what else kubelets are told of must be the Service's.
    ...(objects.kubelet?.clusterDNS ?? []).filter(isLinkLocal),
    ...(service?.clusterIPs ?? []),
    ...slices.flatMap(({ endpoints }) => endpoints.flatMap((endpoint) => endpoint.addresses)),
  ];
  const asked = new Set(addresses.map((ip) => formatIp(ip)));
  const isCluster = (server: string): boolean => asked.has(server);
  const hostAddresses = (name: string): readonly Ip[] =>
    cluster.hosts.get(`${name.toLowerCase().replace(/\.$/, '')}.`) ?? [];
  const directly: AskUpstream = ({ to }, query, ttl) => {
    let lost = 'it has no address';
    for (const upstream of to) {
      if (upstream.kind === 'file') return outsideAnswer(cluster, query, ttl);
      if (upstream.kind === 'cluster') return answer(cluster, query, directly);
      const ips = upstream.kind === 'name' ? hostAddresses(upstream.name) : [upstream.ip];
      for (const ip of ips) {
        const reason = unreachable(objects, ip, isCluster);
        if (reason === undefined) return outsideAnswer(cluster, query, ttl);
        lost = reason;
      }
    }
    return failure('SERVFAIL', `CoreDNS could not ask its resolver: ${lost}`);
  };
  const { nodeLocalDns } = objects;
  const cache =
    nodeLocalDns === undefined
      ? undefined
      : dnsServer(objects, objects.topology.hosts, { config: nodeLocalDns, localIPs: nodeLocalDns.localIPs });
  const caches = new Set(
    objects.pods.flatMap(({ meta }) =>
      cache !== undefined && isNodeLocalDns(meta, meta.labels) ? [`${meta.namespace}/${meta.name}`] : [],
    ),
  );
  const cached = new Set((nodeLocalDns?.localIPs ?? []).filter(isLinkLocal).map((ip) => formatIp(ip)));
  const ownService = objects.services.find(
    ({ meta }) => meta.namespace === 'kube-system' && meta.name === UPSTREAM_SERVICE,
  );
  // A cache asks CoreDNS by an address that is CoreDNS' too.
  const throughCache: AskUpstream = (forward, query, ttl) => {
    const toCluster = forward.to.some(
      (one) => one.kind === 'address' && one.ip === clusterDnsAddress(objects),
    );
    return toCluster ? answer(cluster, query, directly) : directly(forward, query, ttl);
  };
  return {
    ...(cache === undefined
      ? {}
      : {
          nodeLocal: (query: DnsQuery, upstream: AskUpstream = throughCache) =>
            answer(cache, query, upstream),
        }),
    isNodeLocal: (namespace, pod) => caches.has(`${namespace}/${pod}`),
    isNodeLocalAddress: (server) => cached.has(server),
    upstreamOfNodeLocal: ownService?.clusterIPs[0] ?? clusterDnsAddress(objects),
    cluster: (query, upstream = directly) => answer(cluster, query, upstream),
    outside: ({ name, type }, ttl = OUTSIDE_TTL) =>
      outsideAnswer(cluster, { name: name.endsWith('.') ? name : `${name}.`, type: type.toUpperCase() }, ttl),
    isCluster,
    isCoreDns: (namespace, pod) => pods.has(`${namespace}/${pod}`),
    hostAddresses,
  };
}

/** Why a resolver that CoreDNS forwards to gives no answer, whatever the way there is like. */
function unreachable(
  objects: ClusterObjects,
  ip: Ip,
  isCluster: (server: string) => boolean,
): string | undefined {
  const server = formatIp(ip);
  if (isCluster(server)) return `${server}: the query comes back to CoreDNS`;
  if (isLoopback(ip)) return `nobody listens on ${server}:53`;
  const owner = ownerOf(objects, ip);
  return owner === undefined ? undefined : saidOf(server, owner);
}
