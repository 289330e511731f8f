import { expect, it } from 'vitest';
import { checkPolicies } from '../../../src/intent/index.ts';
import { clusterOf } from '../../fixtures/objects.ts';

const CLUSTER = `# YAML
{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { containers: [{ name: c, image: x, ports: [{ name: http, containerPort: 8080 }] }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: db, labels: { app: db } }, spec: { containers: [{ name: c, image: x, ports: [{ containerPort: 5432 }] }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { clusterIP: 10.96.0.10, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] } }
`;

function codes(spec: string): string[] {
  const policy = `---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: p }\nspec: ${spec}\n`;
  return checkPolicies(clusterOf(CLUSTER + policy).objects).map(({ code }) => code);
}

const WEB = 'podSelector: { matchLabels: { app: web } }';
const PEERS = 'namespaceSelector: { matchLabels: { team: a } }';

it.each([
  ['a policy that selects no pod', '{ podSelector: { matchLabels: { app: wbe } } }', 'PW330'],
  [
    'a dash that makes two peers of one',
    `{ ${WEB}, ingress: [{ from: [{ ${PEERS} }, { ${WEB} }] }] }`,
    'PW331',
  ],
  [
    'a dash that makes two peers of one, the other way round',
    `{ ${WEB}, ingress: [{ from: [{ ${WEB} }, { ${PEERS} }] }] }`,
    'PW331',
  ],
  [
    'ports as a rule of their own, before the peers',
    `{ ${WEB}, ingress: [{ ports: [{ port: 8080 }] }, { from: [{ ${WEB} }] }] }`,
    'PW332',
  ],
  [
    'a block in the range of Services that holds none',
    `{ ${WEB}, ingress: [{ from: [{ ipBlock: { cidr: 10.100.0.0/24 } }] }] }`,
    'PW333',
  ],
  [
    'ports as a rule of their own',
    `{ ${WEB}, ingress: [{ from: [{ ${WEB} }] }, { ports: [{ port: 8080 }] }] }`,
    'PW332',
  ],
  [
    'a block of Service addresses',
    `{ ${WEB}, egress: [{ to: [{ ipBlock: { cidr: 10.96.0.0/16 } }] }, { ports: [{ port: 53, protocol: UDP }] }] }`,
    'PW333',
  ],
  ["a Service's port", `{ ${WEB}, ingress: [{ ports: [{ port: 80 }] }] }`, 'PW334'],
  ['a name that no destination has', `{ ${WEB}, ingress: [{ ports: [{ port: htpp }] }] }`, 'PW335'],
  [
    'a name asked of addresses',
    `{ ${WEB}, egress: [{}, { to: [{ ipBlock: { cidr: 192.0.2.0/24 } }], ports: [{ port: http }] }] }`,
    'PW335',
  ],
  ['egress without DNS', `{ ${WEB}, egress: [{ ports: [{ port: 5432 }] }] }`, 'PW336'],
])('%s is told', (_, spec, code) => {
  expect(codes(spec)).toEqual([code]);
});

it.each([
  ['one peer of both selectors', `{ ${WEB}, ingress: [{ from: [{ ${PEERS}, ${WEB} }] }] }`],
  [
    'those namespaces and the own one',
    `{ ${WEB}, ingress: [{ from: [{ ${PEERS} }, { podSelector: {} }] }] }`,
  ],
  ['one rule of peers and ports', `{ ${WEB}, ingress: [{ from: [{ ${WEB} }], ports: [{ port: 8080 }] }] }`],
  ['the port of the pods', `{ ${WEB}, ingress: [{ ports: [{ port: http }] }] }`],
  ['egress with DNS', `{ ${WEB}, egress: [{ ports: [{ port: 53, protocol: UDP }] }] }`],
  ['a block of everything', `{ ${WEB}, egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }] }`],
])('%s is not told', (_, spec) => {
  expect(codes(spec)).toEqual([]);
});
