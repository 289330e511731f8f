import { describe, expect, test } from 'vitest';
import { formatDiagnostic, loadCluster, type SourceText } from '../../../src/k8s/index.ts';
import { codes, flannel, kubeProxy, loadFine, service } from './fixtures.ts';

const sources = (...texts: string[]): SourceText[] =>
  texts.map((text, i) => ({ file: `${i + 1}.yaml`, text }));
const notNotes = (given: readonly SourceText[]): string[] =>
  loadCluster(given).diagnostics.flatMap((d) => (d.severity === 'note' ? [] : [`${d.severity} ${d.code}`]));

describe('the same object twice', () => {
  test('is silence when they say the same, whatever the order of keys and the bookkeeping', () => {
    const a = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { a: b, c: d } }\n';
    const b = 'kind: Namespace\napiVersion: v1\nmetadata: { labels: { c: d, a: b }, name: shop, uid: x-1 }\n';
    expect(notNotes(sources(a, b))).toEqual([]);
    const loaded = loadCluster(sources(a, b, b));
    expect(loaded.objects.namespaces).toHaveLength(1);
    expect(loaded.diagnostics.find(({ code }) => code === 'PW127')?.message).toMatch(/^2 objects/);
  });

  test('is one whose later form counts, in the place of the first, with both places told', () => {
    const first = `${service('{ ports: [{ port: 80 }] }')}---\n${service('{ ports: [{ port: 1 }] }', 'other')}`;
    const given = sources(first, service('{ ports: [{ port: 81 }] }'));
    const { objects, diagnostics } = loadCluster(given);
    expect(objects.services.map(({ meta, ports }) => [meta.name, ports[0]?.port])).toEqual([
      ['web', 81],
      ['other', 1],
    ]);
    const told = diagnostics.filter(({ severity }) => severity === 'warning');
    expect(told.map(({ code }) => code)).toEqual(['PW301']);
    const [text] = told.map((one) => formatDiagnostic(one, given));
    expect(text).toMatch(/^2\.yaml:3:19: warning PW301 Service "default\/web" is there twice and differs/);
    expect(text).toContain('\n  the first: 1.yaml:3:19\n');
  });

  test('names a Deployment by its kind and name, whatever the API version', () => {
    const of = (version: string, replicas: number): string =>
      `apiVersion: ${version}\nkind: Deployment\nmetadata: { name: web }\nspec:\n  replicas: ${replicas}\n  selector: { matchLabels: { a: b } }\n  template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c }] } }\n`;
    const { workloads } = loadFine(`${of('extensions/v1beta1', 1)}---\n${of('apps/v1', 3)}`);
    expect(workloads).toMatchObject([{ kind: 'Deployment', replicas: 3 }]);
  });

  test.each([
    ['kube-proxy', kubeProxy('mode: iptables'), kubeProxy('mode: ipvs')],
    [
      'flannel',
      flannel('{"Network": "10.1.0.0/16", "Backend": {"Type": "vxlan"}}'),
      flannel('{"Network": "10.2.0.0/16", "Backend": {"Type": "vxlan"}}'),
    ],
  ])('holds for the configuration of %s as well', (_, a, b) => {
    expect(notNotes(sources(a, a))).toEqual([]);
    expect(notNotes(sources(a, b))).toEqual(['warning PW301']);
    const { kubeProxy: proxy, flannel: network } = loadCluster(sources(a, b)).objects;
    const last = loadCluster(sources(b)).objects;
    expect(proxy.mode).toBe(last.kubeProxy.mode);
    expect(network.network).toEqual(last.flannel.network);
  });
});

describe('generateName', () => {
  const made =
    'apiVersion: v1\nkind: Service\nmetadata: { generateName: web- }\nspec: { ports: [{ port: 80 }] }\n';

  test('gives each object a name of its own, always the same', () => {
    const names = (text: string): string[] => loadFine(text).services.map(({ meta }) => meta.name);
    const two = names(`${made}---\n${made}`);
    expect(new Set(two).size).toBe(2);
    for (const name of two) expect(name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(names(`${made}---\n${made}`)).toEqual(two);
    expect(names(made)).toEqual(two.slice(0, 1));
  });

  test('gives thousands of them different names', () => {
    const items = Array.from({ length: 8000 }, () => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: 'a-' },
      spec: { containers: [{ name: 'c' }] },
    }));
    const { pods } = loadFine(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    expect(new Set(pods.map(({ meta }) => meta.name)).size).toBe(8000);
  });

  test('that breaks the rules of names is told, and never that it is missing', () => {
    expect(codes(made.replace('web-', 'Web_'))).toEqual(expect.arrayContaining(['error PW202']));
    expect(codes(made.replace('web-', 'Web_'))).not.toContain('error PW201');
  });
});
