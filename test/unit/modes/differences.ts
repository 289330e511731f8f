import type { Mode } from './modes.ts';

/** A difference of the modes that is really there, and why. */
export interface NamedDifference {
  readonly name: string;
  readonly reason: string;
  /** `--set` arguments of the cluster besides its mode. */
  readonly set?: readonly string[];
  readonly flows: Readonly<Record<string, Readonly<Record<Mode, readonly string[]>>>>;
}

const SILENCE_OR_REFUSAL = { iptables: ['silence'], ipvs: ['refused'] };

export const DIFFERENCES: readonly NamedDifference[] = [
  {
    name: 'ping of an address of a Service',
    reason:
      'iptables mode translates ports and leaves the address to the default route; in IPVS mode it is on kube-ipvs0, and KUBE-IPVS-FILTER rejects what is not a port of a Service (before v1.27 the node answered)',
    flows: {
      'pod/client 10.96.0.10 -p icmp': SILENCE_OR_REFUSAL,
      'node/node1 10.96.0.10 -p icmp': SILENCE_OR_REFUSAL,
      'external 203.0.113.12 -p icmp': { iptables: ['unreachable'], ipvs: ['refused'] },
    },
  },
  {
    name: 'a port that the Service does not have',
    reason: 'as for a ping: the packet leaves by the default route, or is rejected on the node',
    flows: {
      'pod/client 10.96.0.10:81 -p tcp': SILENCE_OR_REFUSAL,
      'pod/client 10.96.0.10:80 -p udp': SILENCE_OR_REFUSAL,
      'external 198.51.100.50:81 -p tcp': { iptables: ['unreachable'], ipvs: ['refused'] },
    },
  },
  {
    name: 'NodePort on 127.0.0.1',
    reason:
      'iptables mode matches every local address and sets route_localnet; IPVS mode has virtual servers at the addresses of the node that are not loopback (kubernetes#67730, #96879)',
    flows: {
      'node/node1 127.0.0.1:30080 -p tcp': {
        iptables: ['web-0 sees 10.244.1.1', 'web-1 sees 10.244.1.0'],
        ipvs: ['refused'],
      },
      'node/node1 127.0.0.1:30053 -p udp': {
        iptables: [
          'web-0 sees 10.244.1.1, answers from 127.0.0.1',
          'web-1 sees 10.244.1.0, answers from 127.0.0.1',
        ],
        ipvs: ['refused'],
      },
    },
  },
  {
    name: 'internalTrafficPolicy Local without a local pod',
    reason:
      'iptables mode drops in KUBE-SERVICES; a virtual server without a real one answers port unreachable',
    flows: {
      'pod/client 10.96.0.13:80 -p tcp': SILENCE_OR_REFUSAL,
      'node/node1 10.96.0.13:80 -p tcp': SILENCE_OR_REFUSAL,
    },
  },
  {
    name: 'externalTrafficPolicy Local without a local pod',
    reason:
      'iptables mode drops in KUBE-EXTERNAL-SERVICES; IPVS mode falls back to the endpoints of all nodes, which flannel masquerades on their way (kubernetes#97081)',
    flows: {
      'external 192.168.56.11:30082 -p tcp': { iptables: ['silence'], ipvs: ['only sees 10.244.1.0'] },
    },
  },
  {
    name: 'externalTrafficPolicy Local, asked from inside where a pod runs',
    reason:
      'iptables mode takes pods and the own node past the policy, to all endpoints, and masquerades the node; a virtual server has one list of real servers, whoever asks',
    flows: {
      'pod/client 192.168.56.11:30085 -p tcp': {
        iptables: ['web-0 sees 10.244.1.9', 'web-1 sees 10.244.1.9'],
        ipvs: ['web-0 sees 10.244.1.9'],
      },
      'node/node1 192.168.56.11:30085 -p tcp': {
        iptables: ['web-0 sees 10.244.1.1', 'web-1 sees 10.244.1.0'],
        ipvs: ['web-0 sees 192.168.56.11'],
      },
      'node/node2 192.168.56.12:30082 -p tcp': {
        iptables: ['only sees 10.244.2.1'],
        ipvs: ['only sees 192.168.56.12'],
      },
    },
  },
  {
    name: 'the own node asks a ClusterIP, and nobody told kube-proxy what the pods are',
    reason:
      'without clusterCIDR iptables mode masquerades no ClusterIP; in IPVS mode the node takes the address that it asks for its own source (kubernetes#65158), and that must be masqueraded (KUBE-CLUSTER-IP src,dst)',
    set: ['kube-proxy.clusterCIDR='],
    flows: {
      'node/node1 10.96.0.10:80 -p tcp': {
        iptables: ['web-0 sees 192.168.56.11', 'web-1 sees 10.244.1.0'],
        ipvs: ['web-0 sees 10.244.1.1', 'web-1 sees 10.244.1.0'],
      },
    },
  },
];
