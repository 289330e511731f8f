import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const MANIFESTS = fileURLToPath(new URL('../../../docs/manifests/', import.meta.url));
const SHOP = ['-f', `${MANIFESTS}shop.yaml`, '-f', `${MANIFESTS}shop-policies.yaml`];

/** Sixty pods of six workloads, and a policy that lets two of them into a third. */
function large(): string {
  const items: object[] = [];
  for (let p = 0; p < 60; p++) {
    const app = `app${p % 6}`;
    items.push({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${app}-abcde-${p}`,
        labels: { app, 'pod-template-hash': 'abcde' },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${app}-abcde`, controller: true },
        ],
      },
      spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80 }] }] },
    });
  }
  items.push({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'app0' },
    spec: {
      podSelector: { matchLabels: { app: 'app0' } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'app1' } } }] }],
    },
  });
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

describe('podwalk matrix', () => {
  it('draws a row for each workload of a cluster that is large, and says so', async () => {
    const { code, stdout, stderr } = await podwalk(['matrix', '-f', '-'], { stdin: large() });
    expect(code).toBe(0);
    expect(stderr).toContain('a row for each workload');
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'TCP 80        default/app0  default/app1  default/app2  default/app3  default/app4  default/app5',
      'default/app0  X             .             .             .             .             .',
      'default/app1  .             .             .             .             .             .',
    ]);
  });

  it('numbers columns that do not fit', async () => {
    const { stdout } = await podwalk(['matrix', '-f', '-', '--by', 'pod'], { stdin: large() });
    const lines = stdout.split('\n');
    expect(lines[2]).toBe(
      ` 1 default/app0-abcde-0   #.....X.....X.....X.....X.....X.....X.....X.....X.....X.....`,
    );
    expect(lines).toHaveLength(63);
  });

  it('counts pairs where a row is more than a pod', async () => {
    const { stdout } = await podwalk(['matrix', '-f', '-', '--by', 'workload', '-o', 'json'], {
      stdin: large(),
    });
    const cells = JSON.parse(stdout) as { from: string; to: string; pairs: number; allowedPairs: number }[];
    const cell = (from: string, to: string) => cells.find((one) => one.from === from && one.to === to);
    expect(cell('default/app0', 'default/app0')).toMatchObject({ pairs: 90, allowedPairs: 0 });
    expect(cell('default/app1', 'default/app0')).toMatchObject({ pairs: 100, allowedPairs: 100 });
  });

  it('judges a Service by its endpoints, and before DNAT where that is asked for', async () => {
    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'out', namespace: 'shop' },
      spec: {
        podSelector: { matchLabels: { app: 'web' } },
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: {} }] }],
      },
    };
    const argv = ['matrix', ...SHOP, '-f', '-', '--svc', '-o', 'csv'];
    const stdin = JSON.stringify(policy);
    expect((await podwalk(argv, { stdin })).stdout).toContain('shop/web,svc/shop/db,3306,TCP,1,1,true\n');
    const before = await podwalk([...argv, '--mode', 'serviceAddress=before-dnat'], { stdin });
    expect(before.stdout).toContain('shop/web,svc/shop/db,3306,TCP,1,0,false\n');
  });

  it('tells what a change opens, with exit 1', async () => {
    const argv = ['matrix', '-f', `${MANIFESTS}shop.yaml`, '--port', '3306', '--diff'];
    const files = [`${MANIFESTS}shop-policies.yaml`, `${MANIFESTS}shop-policies-open.yaml`];
    const { code, stdout } = await podwalk([...argv, ...files]);
    expect(code).toBe(1);
    expect(stdout).toBe(
      'opened  shop/web -> shop/db TCP 3306\nopened  dev/test -> shop/db TCP 3306\n2 opened, 0 closed\n',
    );
  });

  it.each([
    [['--port', '0'], '"0" is no port'],
    [['--external', '10.0.0'], '"10.0.0" is no IP address'],
    [['--mode', 'hairpn=both'], 'unknown mode "hairpn" (did you mean "hairpin"?)'],
    [['--mode', 'hairpin=yes'], '"yes" is none of either, both, allowed'],
    [['--explain', 'shop/web shop/bd:80'], 'pod "shop/bd" not found (did you mean "shop/db"?)'],
    [['--diff'], '--diff takes two inputs'],
    [['a.yaml'], 'unexpected "a.yaml"'],
  ])('%j is refused', async (argv, message) => {
    const { code, stdout, stderr } = await podwalk(['matrix', ...SHOP, ...argv]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
