import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

describe('podwalk trace', () => {
  const walk = ['trace', 'pod/client', 'svc/web:80', '-t', 'two-nodes'];

  it('exits 0 when delivered and 1 for a valid no', async () => {
    const good = await podwalk(walk);
    expect(good.code).toBe(0);
    expect(good.stdout).toMatch(/^flow {5}tcp /);
    expect(good.stdout.trimEnd().split('\n').at(-1)).toMatch(/^verdict {2}DELIVERED/);
    expect(good.stderr).toBe('');
    expect((await podwalk(['trace', 'pod/client', 'svc/web', '-t', 'no-endpoints'])).code).toBe(1);
  });

  it('with --all exits 0 only when every path is delivered', async () => {
    expect((await podwalk([...walk, '--all'])).code).toBe(0);
    const refused = await podwalk(['trace', 'pod/client', 'svc/web', '-t', 'wrong-target-port', '--all']);
    expect(refused.code).toBe(1);
  });

  it('prints JSON in two forms of the same trace', async () => {
    const pretty = await podwalk([...walk, '-o', 'json']);
    const line = await podwalk([...walk, '-o', 'jsonl']);
    expect(JSON.parse(pretty.stdout)).toEqual(JSON.parse(line.stdout));
    expect(line.stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(line.stdout)).toMatchObject({
      apiVersion: 'podwalk/v1',
      kind: 'Trace',
      verdict: 'delivered',
    });
  });

  it('takes global options before and after the command', async () => {
    const before = await podwalk(['-t', 'two-nodes', 'trace', 'pod/client', 'svc/web:80']);
    expect(before).toEqual(await podwalk(walk));
  });

  it('reads manifests from stdin and resolves names in -n', async () => {
    const manifest = `
apiVersion: v1
kind: Pod
metadata: { name: a, namespace: shop }
spec: { nodeName: node1, containers: [{ name: c, image: x }] }
---
apiVersion: v1
kind: Pod
metadata: { name: b, namespace: shop }
spec: { nodeName: node2, containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] }
`;
    const ran = await podwalk(['trace', 'pod/a', 'pod/b', '-n', 'shop', '-f', '-'], { stdin: manifest });
    expect(ran.stdout).toMatch(/shop\/a -> shop\/b\n/);
    expect(ran.code).toBe(0);
  });

  it('obeys --set, --sport and --seed, and gives the same bytes for the same seed', async () => {
    const hostGw = await podwalk([...walk, '--set', 'flannel.Backend.Type=host-gw', '--sport', '1234']);
    expect(hostGw.stdout).not.toContain('vxlan');
    expect(hostGw.stdout).toContain(':1234 > ');
    const seeded = await podwalk([...walk, '--seed', '7']);
    expect(seeded).toEqual(await podwalk([...walk, '--seed', '7']));
    const first = await Promise.all(
      Array.from(
        { length: 16 },
        async (_, seed) =>
          JSON.parse((await podwalk([...walk, '--seed', `${seed}`, '-o', 'json'])).stdout).paths[0].endpoint
            .pod,
      ),
    );
    expect(new Set(first)).toEqual(new Set(['web-0', 'web-1']));
  });

  it('colours for terminals only', async () => {
    expect((await podwalk(walk)).stdout).not.toContain('\u001b');
    expect((await podwalk(walk, { isTTY: true })).stdout).toContain('\u001b[32m');
    expect((await podwalk(walk, { isTTY: true, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b');
  });

  it('stops at errors of the input with file and line', async () => {
    const bad = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  ports:\n    - port: 0\n';
    const { code, stdout, stderr } = await podwalk(['trace', 'pod/a', 'svc/web', '-f', '-'], { stdin: bad });
    expect(stderr).toMatch(/<stdin>:6:\d+: error PW\d+ .*spec\.ports\[0\]\.port/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('walks to every endpoint of a headless Service with --all, and notes what is odd', async () => {
    const manifest = ['0', '1', '2']
      .map(
        (i) =>
          `apiVersion: v1\nkind: Pod\nmetadata: { name: db-${i}, labels: { app: db } }\nspec: { nodeName: node1, containers: [{ name: c, image: x, ports: [{ containerPort: 5432 }] }] }\n---\n`,
      )
      .join('')
      .concat(
        'apiVersion: v1\nkind: Service\nmetadata: { name: db }\nspec: { clusterIP: None, selector: { app: db }, ports: [{ port: 5432 }, { name: x, port: 80, targetPort: 5432 }] }\n',
      )
      .replace('ports: [{ port: 5432 }', 'ports: [{ name: db, port: 5432 }');
    const all = await podwalk(['trace', 'node/node2', 'svc/db:5432', '--all', '-o', 'json', '-f', '-'], {
      stdin: manifest,
    });
    const { paths, flow } = JSON.parse(all.stdout);
    expect(
      paths.map((path: { odds: string; endpoint: { pod: string } }) => [path.odds, path.endpoint.pod]),
    ).toEqual([
      ['1/3', 'db-0'],
      ['1/3', 'db-1'],
      ['1/3', 'db-2'],
    ]);
    expect(flow.destination).toEqual({ kind: 'service', namespace: 'default', name: 'db', port: 5432 });
    const one = await podwalk(['trace', 'node/node2', 'svc/db:80', '-f', '-'], { stdin: manifest });
    expect(one.stderr).toMatch(/note: service default\/db is headless: no port is translated/);
    expect(one.code).toBe(1);
  });
});
