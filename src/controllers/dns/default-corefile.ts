import { type CoreDnsConfig, kubernetesPlugin } from '../../k8s/index.ts';

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
