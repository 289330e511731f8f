import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const pod = (name: string, more: string = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { ${more}containers: [{ name: c }] }\n`;
const node = (name: string, spec: string): string =>
  `apiVersion: v1\nkind: Node\nmetadata: { name: ${name} }\nspec: ${spec}\nstatus: { addresses: [{ type: InternalIP, address: 192.168.56.${name === 'n1' ? 11 : 12} }] }\n`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podwalk-'));
  mkdirSync(join(folder, 'kust'));
  writeFileSync(join(folder, 'kust/kustomization.yaml'), 'namePrefix: prod-\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder with a program that a PATH leads to. */
function program(name: string, script: string): string {
  const path = join(folder, `bin-${name}-${script.length}`);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(path, name), 0o755);
  return path;
}

describe('-k', () => {
  const printed = 'printf \'apiVersion: v1\\nkind: Namespace\\nmetadata: {name: %s}\\n\' "$1"';

  it.each([
    ['kubectl', 'kustomize'],
    ['kustomize', 'build'],
  ])('renders with %s %s when that is on the PATH', async (name, word) => {
    const env = { PATH: program(name, printed) };
    const ran = await podwalk(['get', 'ns', '-k', join(folder, 'kust'), '-o', 'name'], { env });
    expect(ran).toEqual({ code: 0, stdout: `namespace/${word}\n`, stderr: '' });
  });

  it('says plainly that there is neither', async () => {
    const { code, stderr } = await podwalk(['get', 'ns', '-k', join(folder, 'kust')], {
      env: { PATH: folder },
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error PW118 .*neither kubectl nor kustomize is on the PATH.*\n {2}fix: .*kubectl kustomize/,
    );
  });

  it('tells what the program said when it failed', async () => {
    const env = { PATH: program('kubectl', 'echo "no such base" >&2; exit 1') };
    const { code, stderr } = await podwalk(['lint', '-k', join(folder, 'kust')], { env });
    expect(code).toBe(2);
    expect(stderr).toContain('failed: no such base');
  });

  it('takes no URL and no folder without a kustomization', async () => {
    const url = await podwalk(['get', 'ns', '-k', 'https://example.com/x']);
    expect(url.stderr).toContain('error PW122');
    const plain = await podwalk(['get', 'ns', '-k', folder]);
    expect(plain.stderr).toContain('it holds no kustomization.yaml');
    expect([url.code, plain.code]).toEqual([2, 2]);
  });
});

describe('--skip-invalid', () => {
  const input = [
    node('n1', '{ podCIDR: 10.244.1.0/24 }'),
    node('n2', '{ podCIDR: nonsense }'),
    pod('stays', 'nodeName: n1, '),
    pod('goes', 'nodeName: n2, '),
    'a: [\n',
  ].join('---\n');

  it('leaves out what is invalid, what is then invalid, and what does not parse, each with a warning', async () => {
    expect((await podwalk(['get', 'pods', '-f', '-'], { stdin: input })).code).toBe(2);
    const ran = await podwalk(['get', 'pods,nodes', '-o', 'name', '--skip-invalid', '-f', '-'], {
      stdin: input,
    });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toBe('pod/stays\nnode/n1\n');
    expect(ran.stderr).toContain('PW119 Node "n2" is left out');
    expect(ran.stderr).toContain('PW119 Pod "goes" is left out');
    expect(ran.stderr).toContain('the document is left out');
    expect(ran.stderr).not.toContain('error');
  });

  it('goes on in lint, which fails by the warnings', async () => {
    const { code, stdout } = await podwalk(['lint', '--skip-invalid', '-f', '-'], { stdin: input });
    expect(code).toBe(1);
    expect(stdout).toMatch(/\n0 errors, /);
  });

  it('leaves out what only the building finds wrong', async () => {
    const hostGw =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kube-flannel-cfg, namespace: kube-flannel }\ndata:\n  net-conf.json: \'{"Network": "10.244.0.0/16", "Backend": {"Type": "host-gw"}}\'\n';
    const only6 = [node('n1', '{ podCIDR: "fd00::/64" }'), node('n2', '{}'), pod('a'), hostGw].join('---\n');
    const refused = await podwalk(['trace', 'pod/a', 'node/n2', '-p', 'icmp', '-f', '-'], {
      stdin: only6,
    });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('error PW436 Node n1 has no IPv4 podCIDR');
    const ran = await podwalk(['trace', 'pod/a', 'node/n2', '-p', 'icmp', '--skip-invalid', '-f', '-'], {
      stdin: only6,
    });
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('PW119 Node "n1" is left out');
  });

  it('has nothing to go on with when nothing is left', async () => {
    const { code, stderr } = await podwalk(['get', 'pods', '--skip-invalid', '-f', '-'], { stdin: 'a: [\n' });
    expect(code).toBe(2);
    expect(stderr).toContain('error PW112');
  });
});

describe('kinds before a name', () => {
  const trace = (from: string): Promise<{ code: number; stderr: string }> =>
    podwalk(['trace', from, 'svc/web', '-t', 'two-nodes']);

  it.each(['cronjob/backup', 'cj/backup', 'cronjobs.batch/backup', 'cj/shop/backup'])(
    '%s is told that CronJobs make no pods here',
    async (from) => {
      const { code, stderr } = await trace(from);
      expect(code).toBe(2);
      expect(stderr).toContain('a CronJob makes no pods here');
      expect(stderr).toContain('kubectl create job --from=cronjob/backup --dry-run=client -o yaml');
    },
  );

  it.each([
    ['deployments.apps/x', 'Deployment'],
    ['statefulset.v1.apps/x', 'StatefulSet'],
    ['DaemonSet/x', 'DaemonSet'],
    ['jobs.batch/x', 'Job'],
    ['po/x', 'pod'],
  ])('%s is a %s, never a namespace', async (from, kind) => {
    expect((await trace(from)).stderr).toMatch(
      new RegExp(`^error: ${kind} "x" not found in namespace "default"`),
    );
  });

  it.each(['ing/x', 'cm/x', 'secrets/x', 'svc/x', 'netpol/x'])('%s sends nothing', async (from) => {
    expect((await trace(from)).stderr).toMatch(/ sends nothing/);
  });
});
