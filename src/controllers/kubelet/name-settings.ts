import { contains, formatIp } from '../../addr/index.ts';
import { parseResolvConf, type ResolvConf } from '../../formats/files/index.ts';
import { type ClusterObjects, clusterDnsAddress, inferServiceRange, type Node } from '../../k8s/index.ts';

/** What kubelet knows when it tells a pod how to look up names. */
export interface NameSettings {
  /** clusterDNS of its configuration. */
  readonly clusterDNS: readonly string[];
  /** clusterDomain, without a final dot. */
  readonly clusterDomain: string;
  /** The node's own /etc/resolv.conf. */
  readonly host: ResolvConf;
}

const DEFAULT_DOMAIN = 'cluster.local';

/**
 * The settings of the kubelet of a node: its KubeletConfiguration where one is given; else the address of the Service
 * kube-system/kube-dns, or where kubeadm would put it, and the domain that CoreDNS answers for.
 */
export function nameSettings(objects: ClusterObjects, node: Node | undefined): NameSettings {
  const { kubelet } = objects;
  return {
    clusterDNS: (kubelet?.clusterDNS ?? [clusterDnsAddress(objects)]).map((ip) => formatIp(ip)),
    clusterDomain: kubelet?.clusterDomain ?? DEFAULT_DOMAIN,
    host: nodeResolvConf(objects, node),
  };
}

/** The range of the ClusterIPs, as they suggest it. */
export function serviceRange({
  services,
}: Pick<ClusterObjects, 'services'>): ReturnType<typeof inferServiceRange> {
  return inferServiceRange(
    4,
    services.flatMap(({ clusterIPs }) => clusterIPs),
  );
}

/** The node's own file: the Topology's resolvConf, else the gateway of its LAN as the only nameserver. */
export function nodeResolvConf(
  { topology }: Pick<ClusterObjects, 'topology'>,
  node: Node | undefined,
): ResolvConf {
  if (topology.resolvConf !== undefined) return parseResolvConf(topology.resolvConf);
  const own = node?.internalIPs ?? [];
  const lan =
    topology.networks.find(({ cidr }) =>
      own.some((ip) => typeof ip === typeof cidr.base && contains(cidr, ip)),
    ) ?? topology.networks[0];
  return {
    nameservers: lan === undefined ? [] : [formatIp(lan.gateway)],
    search: [],
    options: [],
  };
}
