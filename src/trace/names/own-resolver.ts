import {
  NODE_HOSTS,
  nameSettings,
  nodeResolvConf,
  podHosts,
  podResolvConf,
} from '../../controllers/kubelet/index.ts';
import type { ResolverFiles } from '../../controllers/resolver/index.ts';
import { parseHosts } from '../../formats/files/index.ts';
import type { ClusterObjects } from '../../k8s/index.ts';
import type { NameClient } from './name-client.ts';

/** The files by which a source looks up names. */
export interface OwnResolver {
  readonly files: ResolverFiles;
  /** `ClusterFirst`, `ClusterFirst (Default on the host network)`, `node1`. */
  readonly policy: string;
  /** Suffix of the cluster's names, without a final dot. */
  readonly clusterDomain: string;
}

/**
 * The resolver of a pod or node; that of a host outside asks the gateway of its LAN, as one does that got its settings
 * by DHCP, and knows nothing of the cluster.
 */
export function ownResolver(objects: ClusterObjects, source: Pick<NameClient, 'kind' | 'end'>): OwnResolver {
  const node = objects.nodes.find(({ meta }) => meta.name === source.end.node);
  const settings = nameSettings(objects, node);
  const { clusterDomain } = settings;
  const pod =
    source.kind === 'pod'
      ? objects.pods.find(
          ({ meta }) => meta.name === source.end.name && meta.namespace === source.end.namespace,
        )
      : undefined;
  if (pod === undefined) {
    const files = { resolvConf: nodeResolvConf(objects, node), hosts: parseHosts(NODE_HOSTS) };
    const policy = source.kind === 'external' ? 'outside the cluster' : `node ${source.end.node}`;
    return { files, policy, clusterDomain };
  }
  const { conf, effective } = podResolvConf(pod, settings);
  const given = pod.dnsPolicy ?? 'ClusterFirst';
  const policy =
    effective === 'host' && given !== 'Default'
      ? `${given}, which is Default ${pod.hostNetwork ? 'on the host network' : 'without a clusterDNS'}`
      : given;
  return {
    files: { resolvConf: conf, hosts: parseHosts(podHosts(pod, clusterDomain)) },
    policy,
    clusterDomain,
  };
}

/** The resolver of a pod that nothing is known of but its namespace. */
export function anyPodResolver(objects: ClusterObjects, namespace: string): OwnResolver {
  const settings = nameSettings(objects, undefined);
  const meta = { name: '', namespace, labels: NONE, annotations: NONE, ownerReferences: [], deleting: false };
  const { conf } = podResolvConf({ meta, hostNetwork: false }, settings);
  return {
    files: { resolvConf: conf, hosts: parseHosts(NODE_HOSTS) },
    policy: 'ClusterFirst',
    clusterDomain: settings.clusterDomain,
  };
}

const NONE: ReadonlyMap<string, string> = new Map();
