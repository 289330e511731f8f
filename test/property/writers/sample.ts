const meta = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  labels: { app: name, tier: 'x' },
  annotations: { note: 'text', 'podwalk.dev/owner': 'team' },
  ...more,
});

const container = {
  name: 'main',
  image: 'nginx:1.27',
  command: ['nginx', '--port'],
  args: ['-g', 'daemon off;'],
  env: [{ name: 'MODE', value: 'plain' }],
  ports: [{ name: 'http', containerPort: 8080 }],
  readinessProbe: { httpGet: { path: '/', port: 8080, httpHeaders: [{ name: 'h', value: 'v' }] } },
};

/** A small cluster with something of every kind that is read, many of its strings free. */
export const SAMPLE: readonly Record<string, unknown>[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: meta('default') },
  ...['node1', 'node2'].map((name, i) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: meta(name),
    spec: {
      podCIDR: `10.244.${i + 1}.0/24`,
      taints: i === 0 ? [] : [{ key: 'k', value: 'v', effect: 'PreferNoSchedule' }],
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: `192.168.56.1${i + 1}` },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: { kubeletVersion: 'v1.33.1', osImage: 'Debian' },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'fine' }],
    },
  })),
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta('client'),
    spec: {
      nodeName: 'node2',
      hostname: 'client',
      subdomain: 'web',
      serviceAccountName: 'default',
      nodeSelector: { app: 'node2' },
      tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoExecute' }],
      hostAliases: [{ ip: '192.0.2.7', hostnames: ['db.example.com'] }],
      dnsConfig: {
        nameservers: ['10.96.0.10'],
        searches: ['example.com'],
        options: [{ name: 'ndots', value: '2' }],
      },
      containers: [container],
    },
    status: {
      phase: 'Running',
      reason: 'Because',
      message: 'a message',
      conditions: [{ type: 'Ready', status: 'True', reason: 'r', message: 'm' }],
      containerStatuses: [
        { name: 'main', ready: true, state: { waiting: { reason: 'CrashLoopBackOff', message: 'm' } } },
      ],
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta('web'),
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels: { app: 'web' }, annotations: { a: 'b' } },
        spec: { containers: [container] },
      },
    },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: meta('once'),
    spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta('web'),
    spec: {
      selector: { app: 'web' },
      type: 'NodePort',
      ports: [{ name: 'http', port: 80, targetPort: 'http', appProtocol: 'http' }],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta('out'),
    spec: { type: 'ExternalName', externalName: 'db.example.com' },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta('none'),
    spec: { selector: { app: 'nobody' }, ports: [{ port: 81 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: meta('legacy-1', { labels: { 'kubernetes.io/service-name': 'legacy' } }),
    addressType: 'IPv4',
    endpoints: [{ addresses: ['198.51.100.9'], nodeName: 'node1', zone: 'z', hostname: 'h' }],
    ports: [{ name: 'p', port: 9, protocol: 'TCP' }],
  },
  { apiVersion: 'v1', kind: 'Service', metadata: meta('legacy'), spec: { ports: [{ name: 'p', port: 9 }] } },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: meta('allow'),
    spec: {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [
            { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['client', 'x'] }] } },
            { namespaceSelector: { matchLabels: { team: 'x' } } },
            { ipBlock: { cidr: '192.168.56.0/24', except: ['192.168.56.128/25'] } },
          ],
          ports: [{ port: 'http', protocol: 'TCP' }],
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-flannel-cfg', namespace: 'kube-flannel' },
    data: { 'net-conf.json': '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}' },
  },
  {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clusterCIDR: '10.244.0.0/16',
  },
  { apiVersion: 'example.com/v1', kind: 'Unread', metadata: meta('odd'), spec: { text: 'free' } },
  {
    apiVersion: 'podwalk/v1',
    kind: 'Topology',
    networks: [{ name: 'lan-a', cidr: '192.168.56.0/24', gateway: '192.168.56.1' }],
    hosts: [{ name: 'db.example.com', ip: '192.168.56.50', listens: ['tcp/5432'] }],
    breaks: [
      { on: 'node1', run: 'iptables -A FORWARD -m comment --comment "a comment" -j LOG --log-prefix prefix' },
      { on: 'node2', run: 'ipset create odd hash:ip comment' },
      { on: 'node2', run: 'ip link add br9 type bridge' },
    ],
  },
];

export const EXPECTATIONS = {
  apiVersion: 'podwalk/v1',
  kind: 'Expectations',
  expectations: [
    { name: 'client may ask', from: 'pod/client', to: 'svc/web', port: 80, expect: 'allowed' },
    { name: 'client may not ask', from: 'pod/client', to: 'svc/web', port: 80, expect: 'denied' },
    { from: 'external', to: 'svc/out', port: 'http', expect: 'allowed' },
  ],
};
