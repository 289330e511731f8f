import type { CoreDnsConfig, KubernetesPlugin } from '../../k8s/index.ts';

/** The plugin's own defaults (plugin/kubernetes/setup.go), for a zone. */
export function kubernetesPlugin(zones: readonly string[]): KubernetesPlugin {
  return {
    zones,
    ttl: 5,
    pods: 'disabled',
    endpointPodNames: false,
    namespaces: [],
    noEndpoints: false,
    ignoreEmptyService: false,
    fallthrough: [],
    ptrHostnameOnly: false,
    zonal: false,
  };
}

const REVERSE = ['in-addr.arpa.', 'ip6.arpa.'];

/** What kubeadm installs: pods insecure, fallthrough of the reverse zones, ttl 30, everything else to the node's resolver. */
export const KUBEADM_COREFILE: CoreDnsConfig = {
  servers: [
    {
      zones: ['.'],
      kubernetes: {
        ...kubernetesPlugin(['cluster.local.', ...REVERSE]),
        ttl: 30,
        pods: 'insecure',
        fallthrough: REVERSE,
      },
      forward: ['.'],
    },
  ],
};
