import { formatIp } from '../../addr/index.ts';
import type { ResolvConf } from '../../formats/files/index.ts';
import type { DnsConfig, DnsPolicy, Pod } from '../../k8s/index.ts';
import type { NameSettings } from './name-settings.ts';

/** validation.MaxDNSNameservers, MaxDNSSearchPaths and MaxDNSSearchListChars, and the longest DNS name. */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_SEARCH_LENGTH = 253;

/** An event that kubelet records about a pod, of type Warning. */
export interface KubeletEvent {
  readonly reason: 'MissingClusterDNS' | 'DNSConfigForming';
  readonly message: string;
}

export interface PodResolvConf {
  readonly conf: ResolvConf;
  /** What the policy comes to: on the host network ClusterFirst is Default. */
  readonly effective: 'cluster' | 'host' | 'none';
  readonly events: readonly KubeletEvent[];
}

/** What of a pod decides. */
export type NamingPod = Pick<Pod, 'meta' | 'hostNetwork' | 'dnsPolicy' | 'dnsConfig'>;

/**
 * The /etc/resolv.conf that kubelet gives a pod (Configurer.GetPodDNS of pkg/kubelet/network/dns, v1.30): by the policy
 * the cluster's nameserver with `ndots:5` or the node's own file, then what dnsConfig adds, then the limits.
 */
export function podResolvConf(pod: NamingPod, settings: NameSettings): PodResolvConf {
  const events: KubeletEvent[] = [];
  const wanted = effectivePolicy(pod);
  const missing = wanted === 'cluster' && settings.clusterDNS.length === 0;
  if (missing)
    events.push({
      reason: 'MissingClusterDNS',
      message: `pod: "${pod.meta.name}_${pod.meta.namespace}". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.`,
    });
  const effective = missing ? 'host' : wanted;
  const base = baseOf(effective, pod, settings);
  const merged = pod.dnsConfig === undefined ? base : withDnsConfig(base, pod.dnsConfig);
  return { conf: fitted(merged, events), effective, events };
}

/** getPodDNSType. */
function effectivePolicy({ dnsPolicy = 'ClusterFirst', hostNetwork }: NamingPod): PodResolvConf['effective'] {
  const policy: DnsPolicy = dnsPolicy;
  switch (policy) {
    case 'None':
      return 'none';
    case 'ClusterFirstWithHostNet':
      return 'cluster';
    case 'ClusterFirst':
      return hostNetwork ? 'host' : 'cluster';
    case 'Default':
      return 'host';
  }
}

function baseOf(
  effective: PodResolvConf['effective'],
  { meta }: NamingPod,
  { clusterDNS, clusterDomain, host }: NameSettings,
): ResolvConf {
  // Same domain with and without its final dot counts once (parseResolvConf).
  const hostSearch = host.search.map((suffix) => (suffix === '.' ? suffix : suffix.replace(/\.$/, '')));
  switch (effective) {
    case 'none':
      return { nameservers: [], search: [], options: [] };
    case 'host':
      return { nameservers: host.nameservers, search: hostSearch, options: host.options };
    case 'cluster': {
      const cluster =
        clusterDomain === ''
          ? []
          : [`${meta.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
      return {
        nameservers: clusterDNS,
        search: [...new Set([...cluster, ...hostSearch])],
        options: ['ndots:5'],
      };
    }
  }
}

/** appendDNSConfig, mergeDNSOptions: what is there already is not added again; an option of the pod's own wins. */
function withDnsConfig(base: ResolvConf, { nameservers, searches, options }: DnsConfig): ResolvConf {
  const merged = new Map<string, string>();
  for (const option of base.options) {
    const colon = option.indexOf(':');
    merged.set(colon < 0 ? option : option.slice(0, colon), colon < 0 ? '' : option.slice(colon + 1));
  }
  for (const { name, value = '' } of options) merged.set(name, value);
  return {
    nameservers: [...new Set([...base.nameservers, ...nameservers.map((ip) => formatIp(ip))])],
    search: [...new Set([...base.search, ...searches])],
    options: [...merged].map(([name, value]) => (value === '' ? name : `${name}:${value}`)),
  };
}

/** formDNSConfigFitsLimits: what is too much is cut off, with an event. */
function fitted(conf: ResolvConf, events: KubeletEvent[]): ResolvConf {
  const nameservers = conf.nameservers.slice(0, MAX_NAMESERVERS);
  const form = (message: string): void => void events.push({ reason: 'DNSConfigForming', message });
  if (nameservers.length < conf.nameservers.length)
    form(
      `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${nameservers.join(' ')}`,
    );
  const search = conf.search.slice(0, MAX_SEARCHES).filter((suffix) => suffix.length <= MAX_SEARCH_LENGTH);
  while (search.join(' ').length > MAX_SEARCH_CHARACTERS) search.pop();
  if (search.length < conf.search.length)
    form(
      `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${search.join(' ')}`,
    );
  return { nameservers, search, options: conf.options };
}
