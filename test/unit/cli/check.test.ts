import { readFileSync } from 'node:fs';
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
});
