import { cidrFamily, type Family, type Ip, isLinkLocal, nthIp } from '../addr/index.ts';
import type { ClusterObjects, Service } from './objects.ts';
import { inferServiceRange } from './ranges.ts';

/** kubeadm gives DNS the tenth address of the Service range (GetDNSIP). */
const DNS_INDEX = 10;

/** The Service that pods ask for names: kube-system/kube-dns, or the one with the label k8s-app=kube-dns. */
export function clusterDnsService({ services }: Pick<ClusterObjects, 'services'>): Service | undefined {
  const system = services.filter(({ meta }) => meta.namespace === 'kube-system');
  return (
    system.find(({ meta }) => meta.name === 'kube-dns') ??
    system.find(({ meta }) => meta.labels.get('k8s-app') === 'kube-dns')
  );
}

/**
 * The address of the cluster's DNS: that of its Service; else the one that the kubelets are told of, if it is free; else
 * the one that kubeadm would give it, or the next that is free.
 */
export function clusterDnsAddress(objects: Pick<ClusterObjects, 'services' | 'nodes' | 'kubelet'>): Ip {
  const [given] = clusterDnsService(objects)?.clusterIPs ?? [];
  if (given !== undefined) return given;
  const { services, kubelet } = objects;
  const taken = new Set(services.flatMap(({ clusterIPs }) => clusterIPs));
  // A link-local address is that of a cache on each node.
  const told = kubelet?.clusterDNS?.find((ip) => !taken.has(ip) && !isLinkLocal(ip));
  if (told !== undefined) return told;
  const range = inferServiceRange(familyOfCluster(objects), [...taken]);
  let index = DNS_INDEX;
  while (taken.has(nthIp(range, index))) index++;
  return nthIp(range, index);
}

/** IPv6 only where no Node has an IPv4 subnet. */
function familyOfCluster({ nodes }: Pick<ClusterObjects, 'nodes'>): Family {
  const cidrs = nodes.flatMap(({ podCIDRs }) => podCIDRs);
  return cidrs.length > 0 && cidrs.every((cidr) => cidrFamily(cidr) === 6) ? 6 : 4;
}
