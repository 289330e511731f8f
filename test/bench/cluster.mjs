import { nodeItems } from './nodes.mjs';

/**
 * A cluster for measurements: 10 nodes, 1,000 pods, and `services` Services that each choose 10 of the pods (by
 * EndpointSlice, as the controller would write it). Plain JSON text, as `kubectl get -o json` gives it.
 */
export function clusterText(services, { nodes = 10, pods = 1000, endpoints = 10 } = {}) {
  // Node 1 has 10.244.1.0/24; from the 256th on the third byte starts again in the next /16.
  const range = (n) => `10.${244 + (n >> 8)}.${n & 255}`;
  const items = nodeItems(nodes, {
    name: (n) => `node${n + 1}`,
    podRange: (n) => `${range(n + 1)}.0/24`,
  });
  const address = (p) => `${range((p % nodes) + 1)}.${2 + Math.floor(p / nodes)}`;
  for (let p = 0; p < pods; p++) {
    items.push({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `pod-${p}`, namespace: 'default', labels: { app: `app-${p}` } },
      spec: {
        nodeName: `node${(p % nodes) + 1}`,
        containers: [
          { name: 'c', image: 'registry.example/c', ports: [{ containerPort: 8080, protocol: 'TCP' }] },
        ],
      },
      status: { phase: 'Running', podIP: address(p), podIPs: [{ ip: address(p) }] },
    });
  }
  for (let s = 0; s < services; s++) {
    const name = `svc-${s}`;
    const ip = `10.${96 + (s >> 16)}.${(s >> 8) & 255}.${s & 255}`.replace('10.96.0.0', '10.96.255.254');
    items.push({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: {
        type: 'ClusterIP',
        clusterIP: ip,
        clusterIPs: [ip],
        ports: [{ protocol: 'TCP', port: 80, targetPort: 8080 }],
      },
    });
    items.push({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-abcde`,
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType: 'IPv4',
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      endpoints: Array.from({ length: endpoints }, (_, e) => {
        const p = (s * 7 + e * 101) % pods;
        return {
          addresses: [address(p)],
          conditions: { ready: true },
          nodeName: `node${(p % nodes) + 1}`,
          targetRef: { kind: 'Pod', namespace: 'default', name: `pod-${p}` },
        };
      }),
    });
  }
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
