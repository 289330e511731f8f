import { type CoreDnsConfig, type ForwardPlugin, kubernetesPlugin } from '../../k8s/index.ts';
import { fqdn } from './names.ts';

const REVERSE = ['in-addr.arpa.', 'ip6.arpa.'];

/** `forward . /etc/resolv.conf` */
export const FORWARD_ALL: ForwardPlugin = {
  from: '.',
  except: [],
  to: [{ kind: 'file', path: '/etc/resolv.conf', transport: 'UDP' }],
  policy: 'random',
};

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
        forward: [FORWARD_ALL],
      },
    ],
  };
}

export const KUBEADM_COREFILE: CoreDnsConfig = kubeadmCorefile('cluster.local');
