import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

/** A policy of another pod makes the controller accept what leaves client, so that no REJECT stops it. */
const INPUT = `apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: 10.96.0.50, selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {containers: [{name: c, image: x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, labels: {app: other}}
spec: {containers: [{name: c, image: x}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec: {podSelector: {matchLabels: {app: other}}, policyTypes: [Ingress]}
`;

async function fixFor(destination: string): Promise<string> {
  const { stdout } = await podwalk(['trace', 'pod/client', destination, '-f', '-', '-o', 'json'], {
    stdin: INPUT,
  });
  const [path] = JSON.parse(stdout).paths;
  return `${path.reason}: ${path.fix}`;
}

describe('what to change where a packet leaves the cluster', () => {
  it('for a Service without endpoints is its selector, not the address', async () => {
    expect(await fixFor('svc/db')).toBe(
      'LEFT_CLUSTER: make the selector match a ready pod, or wait until one is ready',
    );
  });

  it('for a port that the Service does not have is the port', async () => {
    expect(await fixFor('10.96.0.50:80')).toBe(
      'LEFT_CLUSTER: check the port: Service default/db has the address, and the ports 5432/TCP',
    );
  });

  it('for an address that nobody has is the address', async () => {
    expect(await fixFor('10.96.0.51:80')).toMatch(
      /^LEFT_CLUSTER: check the address: no Service, pod or node/,
    );
  });
});
