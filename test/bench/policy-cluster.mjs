import { nodeItems } from './nodes.mjs';

/**
 * A cluster for measurements of NetworkPolicies, as plain JSON text: `pods` pods of Deployments of ten, in namespaces
 * of a hundred, and `policies` policies of the usual kinds. Every workload has a label of its own, so that the number
 * of classes is the number of workloads and not a small constant.
 */
export function policyClusterText({ pods = 1000, policies = 100, nodes = 50 } = {}) {
  const range = (n) => `10.${100 + (n >> 8)}.${n & 255}`;
  const items = nodeItems(nodes, { name: (n) => `node${n}`, podRange: (n) => `${range(n)}.0/24` });
  const spaces = Math.ceil(pods / 100);
  for (let s = 0; s < spaces; s++) {
    items.push({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: `space-${s}`,
        labels: { team: `team-${s % 7}`, stage: s % 3 === 0 ? 'prod' : 'test' },
      },
    });
  }
  for (let p = 0; p < pods; p++) {
    const n = p % nodes;
    const ip = `${range(n)}.${2 + Math.floor(p / nodes)}`;
    const workload = Math.floor(p / 10);
    items.push({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `app-${workload}-5d4f8c7b9-${String(p % 10).padStart(5, 'a')}`,
        namespace: `space-${Math.floor(p / 100)}`,
        labels: {
          app: `app-${workload}`,
          tier: ['web', 'api', 'db'][workload % 3],
          'pod-template-hash': '5d4f8c7b9',
        },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: `app-${workload}-5d4f8c7b9`,
            controller: true,
            uid: 'u',
          },
        ],
      },
      spec: {
        nodeName: `node${n}`,
        containers: [
          {
            name: 'c',
            image: 'registry.example/c',
            ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          },
        ],
      },
      status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
    });
  }
  for (let i = 0; i < policies; i++) {
    const space = i % spaces;
    const app = space * 10 + (Math.floor(i / spaces) % 10);
    items.push({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `policy-${i}`, namespace: `space-${space}` },
      spec: specOf(i, app),
    });
  }
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

function specOf(i, app) {
  const own = { matchLabels: { app: `app-${app}` } };
  switch (i % 5) {
    case 0:
      return { podSelector: own, policyTypes: ['Ingress'] };
    case 1:
      return {
        podSelector: own,
        policyTypes: ['Ingress'],
        ingress: [
          { from: [{ podSelector: { matchLabels: { tier: 'web' } } }], ports: [{ port: 'http' }] },
          { from: [{ namespaceSelector: { matchLabels: { stage: 'prod' } } }] },
        ],
      };
    case 2:
      return {
        podSelector: own,
        policyTypes: ['Egress'],
        egress: [
          {
            to: [{ namespaceSelector: { matchLabels: { team: `team-${i % 7}` } }, podSelector: {} }],
            ports: [{ port: 8000, endPort: 8999 }],
          },
        ],
      };
    case 3:
      return {
        podSelector: {
          matchExpressions: [{ key: 'app', operator: 'In', values: [`app-${app}`, `app-${app + 1}`] }],
        },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ ipBlock: { cidr: '10.100.0.0/16', except: [`10.100.${i % 40}.0/24`] } }] }],
        egress: [
          { to: [{ namespaceSelector: {} }], ports: [{ port: 'http' }, { port: 53, protocol: 'UDP' }] },
        ],
      };
    default:
      return {
        podSelector: { matchLabels: { tier: 'db' } },
        ingress: [
          {
            from: [
              { podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] } },
            ],
          },
        ],
      };
  }
}
