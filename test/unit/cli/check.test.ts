import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EXPECTATION_KEYS } from '../../../src/k8s/index.ts';
import { podwalk } from '../../fixtures/cli.ts';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));
const SHOP = ['-f', `${DOCS}manifests/shop.yaml`, '-f', `${DOCS}manifests/shop-policies.yaml`];

function file(...expectations: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'podwalk/v1', kind: 'Expectations', expectations });
}

async function result(expectation: object): Promise<number> {
  return (await podwalk(['check', '-', ...SHOP], { stdin: file(expectation) })).code;
}

describe('podwalk check', () => {
  it('holds by what --init prints', async () => {
    const init = await podwalk(['check', '--init', ...SHOP]);
    expect(init.code).toBe(0);
    expect(init.stdout).toContain('{ from: "dev/test", to: "shop/db", port: 5432/TCP, expect: denied }');
    const { code, stdout } = await podwalk(['check', '-', ...SHOP], { stdin: init.stdout });
    expect(code).toBe(0);
    expect(stdout).toContain('9 of 9 hold');
  });

  it.each([
    [{ from: 'shop/web', to: 'svc/shop/db', port: 3306, expect: 'allowed' }, 0],
    [{ from: 'shop/web', to: 'svc/shop/db', port: 3306, expect: 'denied' }, 1],
    [{ from: 'shop/web', to: '10.96.0.20', port: 3306, expect: 'allowed', endpoint: 'shop/db' }, 0],
    [{ from: 'shop/web', to: '10.96.0.20', port: 3306, expect: 'allowed', endpoint: 'shop/web' }, 1],
    [{ from: 'shop/web', to: 'svc/shop/db', expect: 'allowed', snat: true }, 1],
    [{ from: 'external', to: 'pod/shop/db', port: '5432/tcp', expect: 'denied' }, 0],
    [{ from: 'node/node1', to: 'shop/web', port: 'http', expect: 'allowed' }, 0],
    [{ from: 'shop/web', to: 'dev/test', port: 81, expect: 'refused' }, 0],
    [{ from: 'shop/web', to: 'dev/test', port: 8080, expect: 'refused' }, 1],
    [{ from: 'shop/web', to: '203.0.113.9', port: 80, expect: 'timeout' }, 0],
    [{ from: 'shop/nobody', to: 'shop/db', expect: 'denied' }, 1],
    [{ from: 'shop/web', to: 'svc/shop/db', port: 80, expect: 'allowed' }, 1],
  ])('%j gives %i', async (expectation, code) => {
    expect(await result(expectation)).toBe(code);
  });

  it('names the policy that broke one, in JUnit', async () => {
    const stdin = file({ from: 'dev/test', to: 'shop/db', port: 5432, expect: 'allowed' });
    const { code, stdout } = await podwalk(['check', '-', ...SHOP, '-o', 'junit'], { stdin });
    expect(code).toBe(1);
    expect(stdout).toContain('tests="1" failures="1"');
    expect(stdout).toContain('<failure message="expected allowed, got denied">');
    expect(stdout).toContain('shop/db-from-web ingress[0]');
  });

  it.each([
    [file({ from: 'a/b', to: 'a/c', expect: 'allow' }), 'Unsupported value: "allow"'],
    [file({ from: 'a/b', expect: 'allowed' }), 'expectations[0].to: Required value'],
    [file({ from: 'a/b', to: 'a/c', prot: 80, expect: 'allowed' }), 'did you mean "port"?'],
    [file({ from: 'a/b', to: 'a/c', port: 70000, expect: 'allowed' }), 'must be between 1 and 65535'],
    ['[]', 'kind Expectations'],
    ['', 'no expectations found'],
  ])('%j is refused', async (stdin, message) => {
    const { code, stdout, stderr } = await podwalk(['check', '-', ...SHOP], { stdin });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('has a JSON Schema with the fields that are read', () => {
    const schema = JSON.parse(readFileSync(`${DOCS}expectations.schema.json`, 'utf8'));
    expect(Object.keys(schema.properties.expectations.items.properties)).toEqual(EXPECTATION_KEYS);
  });

  it('walks: what is broken breaks an expectation, and is told', async () => {
    const stdin = file({ from: 'shop/web', to: 'svc/shop/db', port: 3306, expect: 'allowed' });
    const broken = ['--break', 'node2: ip link set eth0 down'];
    const { code, stdout } = await podwalk(['check', '-', ...SHOP, ...broken], { stdin });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAILED {3}allowed {4}(timeout|unreachable) \(/m);
    expect(await result({ from: 'shop/web', to: 'svc/shop/db', port: 3306, expect: 'allowed' })).toBe(0);
  });

  it('names the rule that allowed what was to be denied', async () => {
    const stdin = file({
      name: 'db is closed',
      from: 'shop/web',
      to: 'shop/db',
      port: 'sql',
      expect: 'denied',
    });
    const { code, stdout } = await podwalk(['check', '-', ...SHOP, '-o', 'tap'], { stdin });
    expect(code).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'TAP version 14',
      '1..1',
      'not ok 1 - db is closed (shop/web -> shop/db:sql) denied',
      '  ---',
      '  got: "allowed"',
      '  why: |',
      '    pod shop/db answered, and the answer came from 10.244.2.2',
      '    egress of shop/web: allowed: no policy isolates it',
      '    ingress of shop/db: allowed by shop/db-from-web ingress[0]: from pods app=web in namespace shop, port sql/TCP',
      '  ...',
      '',
    ]);
  });

  it('names the policy, the rule and the edit that would keep an expectation', async () => {
    const stdin = file({ from: 'dev/test', to: 'svc/shop/db', expect: 'allowed' });
    const { stdout } = await podwalk(['check', '-', ...SHOP], { stdin });
    expect(stdout).toContain(
      [
        'FAILED   allowed    denied   dev/test -> svc/shop/db',
        '',
        'dev/test -> svc/shop/db',
        '  egress of dev/test: allowed: no policy isolates it',
        '  ingress of shop/db: denied: isolated by shop/db-from-web, and no rule allows dev/test on 5432/TCP',
        '    shop/db-from-web ingress[0]: dev/test is no such peer: from is pods app=web in namespace shop (its namespace is dev, and the pod has app=test, not web)',
        '  fix: NetworkPolicy shop/db-from-web: add ',
      ].join('\n'),
    );
  });

  it('tells a refusal by a policy from one by nobody who listens', async () => {
    const refused = { from: 'dev/test', to: 'shop/db', port: 5432, expect: 'refused' };
    expect(await result(refused)).toBe(0);
    expect(await result({ ...refused, expect: 'denied' })).toBe(0);
    const deaf = { from: 'shop/web', to: 'dev/test', port: 81 };
    expect(await result({ ...deaf, expect: 'denied' })).toBe(1);
    const { stdout } = await podwalk(['check', '-', ...SHOP], {
      stdin: file({ ...deaf, expect: 'allowed' }),
    });
    expect(stdout).toContain('allowed (but nobody listens)');
  });

  it('holds every branch, by the node that via names, with endpoint and snat', async () => {
    const cluster = ['-t', 'policy-ipblock'];
    const from = { from: 'external/192.168.56.100', to: 'svc/site', port: 80 };
    const one = async (expectation: object): Promise<number> =>
      (await podwalk(['check', '-', ...cluster], { stdin: file(expectation) })).code;
    expect(await one({ ...from, via: 'node2', expect: 'allowed', endpoint: 'default/site' })).toBe(0);
    expect(await one({ ...from, via: 'node1', expect: 'denied' })).toBe(0);
    expect(await one({ ...from, via: 'node2', expect: 'allowed', snat: '10.244.2.1' })).toBe(0);
    expect(await one({ ...from, via: 'node2', expect: 'allowed', snat: false })).toBe(1);
  });

  it.each(['policy-labels', 'policy-web-db', 'nodeport-local', 'broken-forward-drop'])(
    'prints, with --init, what holds in %s, Services and the outside included',
    async (topology) => {
      const init = await podwalk(['check', '--init', '-t', topology]);
      expect(init.stdout).toContain('to: "svc/');
      const { code, stdout } = await podwalk(['check', '-', '-t', topology], { stdin: init.stdout });
      expect([code, stdout.split('\n').at(-2)]).toEqual([0, expect.stringMatching(/^(\d+) of \1 hold$/)]);
    },
  );

  it('prints, with --init, names that survive a rollout', async () => {
    const workload = (kind: string, name: string, tag: string): string =>
      `apiVersion: apps/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n  selector: { matchLabels: { app: ${name} } }\n  template:\n    metadata: { labels: { app: ${name} } }\n    spec: { containers: [{ name: c, image: "i:${tag}", ports: [{ containerPort: 80 }] }] }`;
    const at = (tag: string): string =>
      [
        workload('Deployment', 'web', tag),
        workload('StatefulSet', 'db', tag),
        workload('DaemonSet', 'agent', tag),
        'apiVersion: v1\nkind: Pod\nmetadata: { name: alone }\nspec: { containers: [{ name: c, image: i }] }',
      ].join('\n---\n');
    const init = await podwalk(['check', '--init', '-f', '-'], { stdin: at('1') });
    expect(init.stdout).toContain('{ from: "deploy/default/web", to: "sts/default/db", port: 80/TCP');
    expect(init.stdout).toContain('{ from: "ds/default/agent", to: "default/alone", port: 80/TCP');
    expect(init.stdout).not.toMatch(/web-[0-9a-f]/);
    const folder = mkdtempSync(join(tmpdir(), 'podwalk-init-'));
    writeFileSync(join(folder, 'e.yaml'), init.stdout);
    const { code, stdout } = await podwalk(['check', join(folder, 'e.yaml'), '-f', '-'], { stdin: at('2') });
    rmSync(folder, { recursive: true });
    expect([code, stdout.split('\n').at(-2)]).toEqual([0, expect.stringMatching(/^(\d+) of \1 hold$/)]);
  });

  it('says that a workload is not there', async () => {
    const stdin = file({ from: 'dev/test', to: 'deploy/shop/nobody', port: 80, expect: 'allowed' });
    const { code, stdout } = await podwalk(['check', '-', ...SHOP], { stdin });
    expect(code).toBe(1);
    expect(stdout).toMatch(/Deployment "nobody" not found in namespace "shop"/);
  });

  it('allows everything where nobody enforces policies', async () => {
    const stdin = file({ from: 'dev/test', to: 'svc/shop/db', expect: 'allowed' });
    expect((await podwalk(['check', '-', ...SHOP, '--policy', 'none'], { stdin })).code).toBe(0);
  });
});
