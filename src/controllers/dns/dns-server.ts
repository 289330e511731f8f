import type { Ip } from '../../addr/index.ts';
import {
  type ClusterObjects,
  type CoreDnsConfig,
  type CorefileServer,
  clusterDnsService,
  type EndpointSlice,
  type Pod,
  type TopologyHost,
} from '../../k8s/index.ts';
import { type Backend, backendOf } from './backend.ts';
import { KUBEADM_COREFILE, kubeadmCorefile } from './default-corefile.ts';
import { fqdn } from './names.ts';

/** CoreDNS as it stands before a cluster: read once, asked often. */
export interface DnsServer {
  readonly blocks: readonly ServerBlock[];
  /** Names outside the cluster, lower case and fully qualified, as every resolver out there knows them. */
  readonly hosts: ReadonlyMap<string, readonly Ip[]>;
  /** Whether the kubernetes plugin has read the cluster; until then what it does not know is a failure. */
  readonly synced: boolean;
}

export interface ServerBlock {
  readonly server: CorefileServer;
  readonly backend?: Backend;
}

export interface DnsServerOptions {
  /** In place of the objects' own Corefile. */
  readonly config?: CoreDnsConfig;
  /** CoreDNS' own addresses; default: those of a ready endpoint of the Service `clusterDnsService` finds. */
  readonly localIPs?: readonly Ip[];
  /** Default true. */
  readonly synced?: boolean;
}

/**
 * CoreDNS for a cluster whose objects are complete (pods placed, EndpointSlices computed), configured by its Corefile or
 * as kubeadm does. Hosts of a Topology are what a resolver outside answers; one without a domain has no name there.
 */
export function dnsServer(
  objects: ClusterObjects,
  topologyHosts: readonly TopologyHost[] = objects.topology.hosts,
  options: DnsServerOptions = {},
): DnsServer {
  // kubeadm tells kubelets and CoreDNS of the same domain.
  const domain = objects.kubelet?.clusterDomain ?? '';
  const usual = domain === '' ? KUBEADM_COREFILE : kubeadmCorefile(domain);
  const config = options.config ?? objects.coreDns ?? usual;
  const localIPs = options.localIPs ?? coreDnsAddresses(objects);
  const hosts = new Map<string, Ip[]>();
  for (const { name, ip } of topologyHosts) {
    if (!name.includes('.')) continue;
    const key = fqdn(name.toLowerCase());
    hosts.set(key, [...(hosts.get(key) ?? []), ip]);
  }
  const blocks = config.servers.map((server): ServerBlock => {
    const { kubernetes } = server;
    return kubernetes === undefined
      ? { server }
      : { server, backend: backendOf(objects, kubernetes, localIPs) };
  });
  return { blocks, hosts, synced: options.synced ?? true };
}

/** The first address of the first CoreDNS that is ready. */
function coreDnsAddresses(objects: ClusterObjects): readonly Ip[] {
  for (const slice of dnsSlices(objects)) {
    const endpoint = slice.endpoints.find(({ ready }) => ready);
    if (endpoint === undefined) continue;
    const { targetRef } = endpoint;
    const pod = objects.pods.find(
      ({ meta }: Pod) => meta.name === targetRef?.name && meta.namespace === targetRef.namespace,
    );
    return pod === undefined || pod.podIPs.length === 0 ? endpoint.addresses : pod.podIPs;
  }
  return [];
}

function dnsSlices(objects: ClusterObjects): readonly EndpointSlice[] {
  const service = clusterDnsService(objects);
  return objects.endpointSlices.filter(
    ({ serviceName, meta }) =>
      serviceName === service?.meta.name && meta.namespace === service.meta.namespace,
  );
}
