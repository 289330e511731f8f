import { describe, expect, test } from 'vitest';
import { codes, diagnose, loadFine } from './fixtures.ts';

const workload = (version: string, kind: string, spec: string = ''): string =>
  `apiVersion: ${version}\nkind: ${kind}\nmetadata: { name: web }\nspec:\n${spec}  template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: c }] } }\n`;

describe('API versions of older books', () => {
  test.each([
    ['extensions/v1beta1', 'Deployment'],
    ['apps/v1beta1', 'Deployment'],
    ['extensions/v1beta1', 'DaemonSet'],
    ['extensions/v1beta1', 'ReplicaSet'],
    ['apps/v1beta1', 'StatefulSet'],
  ])('%s %s without a selector selects the labels of its template', (version, kind) => {
    const text = workload(version, kind);
    const [made] = loadFine(text).workloads;
    expect(made?.kind).toBe(kind);
    expect([...(made?.selector.matchLabels ?? [])]).toEqual([['app', 'web']]);
    expect([...(made?.meta.labels ?? [])]).toEqual([['app', 'web']]);
    const told = diagnose(text).find(({ code }) => code === 'PW124');
    expect(told?.message).toContain(
      `no matches for kind "${kind}" in version "${version}", ensure CRDs are installed first`,
    );
    expect(told?.fix).toBe('write apiVersion: apps/v1 and spec.selector.matchLabels: { app: "web" }');
  });

  test('apps/v1beta2 had no such default: the selector is required', () => {
    expect(codes(workload('apps/v1beta2', 'Deployment'))).toContain('error PW201');
    const selector = '  selector: { matchLabels: { app: web } }\n';
    expect(loadFine(workload('apps/v1beta2', 'Deployment', selector)).workloads).toHaveLength(1);
  });

  test('a NetworkPolicy of extensions/v1beta1 is that of today', () => {
    const text =
      'apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: { name: a }\nspec: { podSelector: {} }\n';
    expect(loadFine(text).networkPolicies).toMatchObject([{ policyTypes: ['Ingress'] }]);
    expect(codes(text)).toContain('warning PW124');
  });

  test('an Ingress of v1beta1 is told with what its back ends are called today', () => {
    const text =
      'apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: { name: a }\nspec: { backend: { serviceName: web, servicePort: 80 } }\n';
    const told = diagnose(text).find(({ code }) => code === 'PW124');
    expect(told?.fix).toMatch(/^write apiVersion: networking\.k8s\.io\/v1 and service\.name .* pathType/);
  });

  test('an EndpointSlice of v1beta1 has nodes and zones in its topology', () => {
    const text =
      'apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\nmetadata: { name: a }\naddressType: IPv4\nendpoints:\n  - addresses: [10.244.1.2]\n    topology: { kubernetes.io/hostname: node1, topology.kubernetes.io/zone: z1 }\n';
    expect(loadFine(text).endpointSlices[0]?.endpoints).toMatchObject([{ nodeName: 'node1', zone: 'z1' }]);
  });

  test('a version that a kind never had is an error still', () => {
    expect(codes(workload('apps/v1beta9', 'Deployment'))).toContain('error PW109');
  });
});
