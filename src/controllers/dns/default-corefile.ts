import { type CoreDnsConfig, kubernetesPlugin } from '../../k8s/index.ts';
import { fqdn } from './names.ts';

const REVERSE = ['in-addr.arpa.', 'ip6.arpa.'];

/** What kubeadm installs: pods insecure, fallthrough of the reverse zones, ttl 30, everything else to the node's resolver. */
export function kubeadmCorefile(domain: string): CoreDnsConfig {
  return {
    servers: [
      {
        zones: ['.'],
        kubernetes: {
          ...kubernetesPlugin([fqdn(domain.toLowerCase()), ...REVERSE]),
          ttl: 30,
          pods: 'insecure',
          fallthrough: REVERSE,
        },
        forward: ['.'],
      },
    ],
  };
}

export const KUBEADM_COREFILE: CoreDnsConfig = kubeadmCorefile('cluster.local');
