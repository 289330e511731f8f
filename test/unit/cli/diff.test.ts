import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const GIVEN = readFileSync('topologies/two-nodes/cluster.yaml', 'utf8');
const FOLDER = mkdtempSync(join(tmpdir(), 'podwalk-diff-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

/** A file with the topology two-nodes, changed. */
function changed(name: string, change: (text: string) => string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, change(GIVEN));
  return path;
}

const SAME = changed('same.yaml', (text) => `# the same\n${text}`);
const OTHER_PORT = changed('port.yaml', (text) => text.replace('port: 80,', 'port: 81,'));

describe('podwalk diff', () => {
  it('is silent and exits 0 when nothing differs', async () => {
    const nothing = { code: 0, stdout: '', stderr: '' };
    expect(await podwalk(['diff', '-t', 'two-nodes', '-f', SAME])).toEqual(nothing);
    expect(await podwalk(['diff', '-f', SAME, '-f', SAME])).toEqual(nothing);
  });

  it('shows objects, then the lines that the nodes have more or less, and exits 1', async () => {
    const { code, stdout } = await podwalk(['diff', '-t', 'two-nodes', '-f', OTHER_PORT]);
    const rule = (port: number): string =>
      `-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport ${port} -j KUBE-SVC-CDGGSHYLG3RE2FKL`;
    expect(code).toBe(1);
    expect(stdout.split('\n').slice(0, 8)).toEqual([
      '--- two-nodes',
      `+++ ${OTHER_PORT}`,
      '@@ objects @@',
      ' Service default/web',
      '-  spec.ports[0].port: 80',
      '+  spec.ports[0].port: 81',
      '@@ node1, node2: iptables-save -t nat, chain KUBE-SERVICES @@',
      `-${rule(80)}`,
    ]);
    expect(stdout).toContain(`\n+${rule(81)}\n`);
  });

  it('gives the same as data', async () => {
    const { code, stdout } = await podwalk(['diff', '-t', 'two-nodes', '-f', OTHER_PORT, '-o', 'json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      apiVersion: 'podwalk/v1',
      kind: 'Diff',
      equal: false,
      objects: [
        {
          change: 'changed',
          kind: 'Service',
          namespace: 'default',
          name: 'web',
          fields: [{ path: 'spec.ports[0].port', before: 80, after: 81 }],
        },
      ],
      places: [
        {
          kind: 'node',
          name: 'node1',
          texts: [{ command: 'iptables-save', table: 'nat', chain: 'KUBE-SERVICES' }, {}],
        },
        { kind: 'node', name: 'node2' },
      ],
    });
    const same = await podwalk(['diff', '-t', 'two-nodes', '-f', SAME, '-o', 'json']);
    expect(JSON.parse(same.stdout)).toEqual({
      apiVersion: 'podwalk/v1',
      kind: 'Diff',
      equal: true,
      objects: [],
      places: [],
    });
  });

  it('tells objects that come, go and change, and settings', async () => {
    const more = changed(
      'more.yaml',
      (text) =>
        `${text.replace('name: client\n', 'name: caller\n').replace('name: web-1\n  labels: { app: web }', 'name: web-1\n  labels: { app: web, tier: "1" }')}
---
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: deny }, spec: { podSelector: {} } }
`,
    );
    const { stdout } = await podwalk(['diff', '-t', 'two-nodes', '-f', more]);
    expect(stdout).toContain('\n-Pod default/client\n');
    expect(stdout).toContain('\n+Pod default/caller\n');
    expect(stdout).toContain('\n Pod default/web-1\n+  metadata.labels.tier: "1"\n');
    expect(stdout).toContain('\n+NetworkPolicy default/deny\n');
    const settings = await podwalk(['diff', '-t', 'two-nodes', '--set', 'flannel.Backend.Type=host-gw']);
    expect(settings.stdout).toContain(
      '\n ConfigMap kube-flannel-cfg\n-  spec.backend.type: "vxlan"\n+  spec.backend.type: "host-gw"\n',
    );
    expect(settings.stdout).toMatch(
      /\n@@ node1: ip route @@\n-10\.244\.2\.0\/24 via 10\.244\.2\.0 dev flannel\.1 onlink\n\+10\.244\.2\.0\/24 via 192\.168\.56\.12 dev eth0\n/,
    );
  });

  it('shows of one side what --break does to it', async () => {
    const { code, stdout } = await podwalk([
      'diff',
      '-t',
      'two-nodes',
      '--break',
      'node1: ip route del default',
    ]);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout:
        "--- two-nodes\n+++ two-nodes --break 'node1: ip route del default'\n@@ node1: ip route @@\n-default via 192.168.56.1 dev eth0\n",
    });
  });

  it('colours what a terminal shows', async () => {
    const argv = ['diff', '-t', 'two-nodes', '--break', 'node1: ip route del default'];
    expect((await podwalk(argv, { isTTY: true })).stdout).toContain('\u001b[31m-default via');
    expect((await podwalk(argv, { isTTY: true, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b');
  });

  it.each([
    [['diff', '-t', 'two-nodes'], /two sides to compare, not 1/],
    [['diff', '-f', 'a', '-f', 'b', '-f', 'c'], /two sides to compare, not 3/],
    [['diff'], /two sides to compare, not 0: podwalk diff -f BEFORE -f AFTER/],
    [['diff', '-f', '-', '-f', '-'], /only one side can be read from stdin/],
    [['diff', '-t', 'two-nodes', '-f', 'no/such/file'], /no\/such\/file/],
  ])('%j is bad usage', async (argv, message) => {
    const { code, stdout, stderr } = await podwalk(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
