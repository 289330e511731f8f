/**
 * What every mode of kube-proxy must do alike on the cluster of the suite: a Service is a Service. Each behaviour is what
 * Kubernetes promises, with flows and all that a client can see of them.
 */
export interface Behaviour {
  readonly name: string;
  readonly flows: Readonly<Record<string, readonly string[]>>;
}

export const SHARED: readonly Behaviour[] = [
  {
    name: 'a ClusterIP is answered by every ready pod, which sees the pod that asks',
    flows: {
      'pod/client 10.96.0.10:80 -p tcp': ['web-0 sees 10.244.1.9', 'web-1 sees 10.244.1.9'],
      'pod/client 10.96.0.10:53 -p udp': [
        'web-0 sees 10.244.1.9, answers from 10.96.0.10',
        'web-1 sees 10.244.1.9, answers from 10.96.0.10',
      ],
      'pod/client 10.96.0.11:80 -p tcp': ['only sees 10.244.1.9'],
    },
  },
  {
    name: 'a pod reaches itself by its own Service, and sees the bridge',
    flows: {
      'pod/web-0 10.96.0.10:80 -p tcp': ['web-0 sees 10.244.1.1', 'web-1 sees 10.244.1.2'],
      'pod/only 10.96.0.11:80 -p tcp': ['only sees 10.244.2.1'],
    },
  },
  {
    name: 'a ClusterIP is answered to a node, which is masqueraded',
    flows: {
      'node/node1 10.96.0.10:80 -p tcp': ['web-0 sees 10.244.1.1', 'web-1 sees 10.244.1.0'],
      'node/node2 10.96.0.11:80 -p tcp': ['only sees 10.244.2.1'],
    },
  },
  {
    name: 'a ClusterIP means nothing outside the cluster',
    flows: { 'external 10.96.0.10:80 -p tcp': ['silence'] },
  },
  {
    name: 'a NodePort is answered by every node, masqueraded',
    flows: {
      'external 192.168.56.11:30080 -p tcp': ['web-0 sees 10.244.1.1', 'web-1 sees 10.244.1.0'],
      'external 192.168.56.11:30053 -p udp': [
        'web-0 sees 10.244.1.1, answers from 192.168.56.11',
        'web-1 sees 10.244.1.0, answers from 192.168.56.11',
      ],
      'external 192.168.56.11:30081 -p tcp': ['only sees 10.244.1.0'],
      'external 192.168.56.12:30081 -p tcp': ['only sees 10.244.2.1'],
      'pod/client 192.168.56.11:30081 -p tcp': ['only sees 10.244.1.0'],
      'pod/client 192.168.56.12:30081 -p tcp': ['only sees 10.244.2.1'],
      'node/node1 192.168.56.11:30081 -p tcp': ['only sees 10.244.1.0'],
      'node/node1 192.168.56.12:30081 -p tcp': ['only sees 10.244.2.1'],
    },
  },
  {
    name: 'an external IP is answered to everybody, masqueraded',
    flows: {
      'external 198.51.100.50:80 -p tcp': ['web-0 sees 10.244.1.1', 'web-1 sees 10.244.1.0'],
      'pod/client 198.51.100.50:80 -p tcp': ['web-0 sees 10.244.1.1', 'web-1 sees 10.244.1.0'],
    },
  },
  {
    name: 'externalTrafficPolicy Local keeps the client where a pod runs',
    flows: {
      'external 203.0.113.12:80 -p tcp': ['only sees 192.168.56.100'],
      'external 192.168.56.12:30082 -p tcp': ['only sees 192.168.56.100'],
      'external 192.168.56.11:30085 -p tcp': ['web-0 sees 192.168.56.100'],
    },
  },
  {
    name: 'externalTrafficPolicy Local has all endpoints for those inside, where no pod runs',
    flows: {
      'pod/client 203.0.113.12:80 -p tcp': ['only sees 10.244.1.9'],
      'node/node1 203.0.113.12:80 -p tcp': ['only sees 10.244.1.0'],
      'pod/client 192.168.56.12:30082 -p tcp': ['only sees 192.168.56.11'],
    },
  },
  {
    name: 'healthCheckNodePort is answered by every node itself',
    flows: {
      'external 192.168.56.12:32000 -p tcp': ['node/node2 sees 192.168.56.100'],
      'external 192.168.56.11:32000 -p tcp': ['node/node1 sees 192.168.56.100'],
    },
  },
  {
    name: 'loadBalancerSourceRanges let in whom they name and the nodes',
    flows: {
      'external 203.0.113.14:80 -p tcp': ['web-0 sees 10.244.1.1', 'web-1 sees 10.244.1.0'],
      'external/203.0.113.99 203.0.113.14:80 -p tcp': ['silence'],
      'pod/client 203.0.113.14:80 -p tcp': ['silence'],
      'node/node1 203.0.113.14:80 -p tcp': ['web-0 sees 10.244.1.1', 'web-1 sees 10.244.1.0'],
    },
  },
  {
    name: 'internalTrafficPolicy Local stays on a node that has a pod',
    flows: {
      'pod/only 10.96.0.13:80 -p tcp': ['only sees 10.244.2.1'],
      'node/node2 10.96.0.13:80 -p tcp': ['only sees 10.244.2.1'],
    },
  },
  {
    name: 'a Service without endpoints refuses, and a datagram of the own node is denied',
    flows: {
      'pod/client 10.96.0.17:80 -p tcp': ['refused'],
      'pod/client 10.96.0.17:514 -p udp': ['refused'],
      'node/node1 10.96.0.17:80 -p tcp': ['refused'],
      'node/node1 10.96.0.17:514 -p udp': ['denied'],
      'external 192.168.56.11:30087 -p tcp': ['refused'],
      'external 192.168.56.11:30514 -p udp': ['refused'],
    },
  },
  {
    name: 'a pod in the network of its node serves like any other',
    flows: {
      'pod/client 10.96.0.18:9100 -p tcp': ['agent sees 192.168.56.11'],
      'node/node2 10.96.0.18:9100 -p tcp': ['agent sees 192.168.56.12'],
    },
  },
  {
    name: 'a targetPort where nobody listens refuses',
    flows: { 'pod/client 10.96.0.19:80 -p tcp': ['refused'] },
  },
  {
    name: 'sessionAffinity ClientIP may begin with any pod',
    flows: { 'pod/client 10.96.0.16:80 -p tcp': ['web-0 sees 10.244.1.9', 'web-1 sees 10.244.1.9'] },
  },
  {
    name: 'the address of a node is its own, as are its closed ports',
    flows: {
      'pod/client 192.168.56.12 -p icmp': ['answered by 192.168.56.12'],
      'pod/client 192.168.56.12:30099 -p tcp': ['refused'],
    },
  },
];
