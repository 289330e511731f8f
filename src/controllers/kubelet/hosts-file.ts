import { formatIp } from '../../addr/index.ts';
import type { Pod } from '../../k8s/index.ts';

/** A host name has 63 characters at most; a longer one is cut, and does not end in `-` or `.` (truncatePodHostnameIfNeeded). */
const HOSTNAME_MAX = 63;

/** What a machine's own file says at the least. */
export const NODE_HOSTS = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n';

/** The name that the kernel of a pod gives as its own. */
export function podHostname({ hostname, meta }: Pick<Pod, 'hostname' | 'meta'>): string {
  const name = hostname === '' ? meta.name : hostname;
  return name.length <= HOSTNAME_MAX ? name : name.slice(0, HOSTNAME_MAX).replace(/[-.]+$/, '');
}

/**
 * The /etc/hosts that kubelet writes for a pod (managedHostsFileContent and nodeHostsFileContent of kubelet_pods.go): the
 * pod's own name and hostAliases, no Service.
 */
export function podHosts(
  pod: Pick<Pod, 'hostname' | 'subdomain' | 'meta' | 'podIPs' | 'hostNetwork' | 'hostAliases'>,
  clusterDomain: string,
): string {
  const aliases = (pod.hostAliases ?? []).map(
    ({ ip, hostnames }) => `${formatIp(ip)}\t${hostnames.join('\t')}\n`,
  );
  const added = aliases.length === 0 ? '' : `\n# Entries added by HostAliases.\n${aliases.join('')}`;
  if (pod.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${NODE_HOSTS}${added}`;
  const name = podHostname(pod);
  const full =
    pod.subdomain === '' ? '' : `${name}.${pod.subdomain}.${pod.meta.namespace}.svc.${clusterDomain}\t`;
  return [
    '# Kubernetes-managed hosts file.\n',
    '127.0.0.1\tlocalhost\n',
    '::1\tlocalhost ip6-localhost ip6-loopback\n',
    'fe00::0\tip6-localnet\n',
    'fe00::0\tip6-mcastprefix\n',
    'fe00::1\tip6-allnodes\n',
    'fe00::2\tip6-allrouters\n',
    ...pod.podIPs.map((ip) => `${formatIp(ip)}\t${full}${name}\n`),
    added,
  ].join('');
}
