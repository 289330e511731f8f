import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'podwalk-lint-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text);
  return path;
}

const NODE = `apiVersion: v1
kind: Node
metadata: { name: node1 }
---
`;
const POD = `apiVersion: v1
kind: Pod
metadata: { name: web-0, labels: { app: web } }
spec: { containers: [{ name: web, image: registry.example/web, ports: [{ name: http, containerPort: 8080 }] }] }
---
`;
const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
`;
const GOOD = file('good.yaml', NODE + POD + SERVICE);
const TYPO = file('typo.yaml', NODE + POD + SERVICE.replace('app: web', 'app: wbe'));
const BAD = file('bad.yaml', NODE + POD + SERVICE.replace('port: 80', 'port: 0'));

describe('podwalk lint', () => {
  it('says nothing of a sound input but that it found nothing, exit 0; notes do not count', async () => {
    const { code, stdout, stderr } = await podwalk(['lint', '-f', GOOD]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '0 errors, 0 warnings, 1 note (shown with -v)\n',
      stderr: '',
    });
    const verbose = await podwalk(['lint', '-v', '-f', GOOD]);
    expect(verbose.code).toBe(0);
    expect(verbose.stdout).toMatch(/^note PW232 .*\n0 errors, 0 warnings, 1 note\n$/s);
  });

  it('tells of what an API server takes and nobody means, exit 1', async () => {
    const { code, stdout } = await podwalk(['lint', '-f', TYPO]);
    expect(code).toBe(1);
    expect(
      stdout,
    ).toBe(`${TYPO}:14:20: warning PW320 Service default/web selects no pod: no pod in namespace "default" has app=wbe
  14 |   selector: { app: wbe }
     |                    ^^^
  fix: did you mean app: web? 1 pod has it
0 errors, 1 warning, 1 note (shown with -v)
`);
  });

  it('answers with errors too, where other commands fail with them', async () => {
    const { code, stdout, stderr } = await podwalk(['lint', '-f', BAD]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('error PW202 spec.ports[0].port: Invalid value: 0');
    expect((await podwalk(['get', 'svc', '-f', BAD])).code).toBe(2);
  });

  it.each([
    ['no input', [], /no cluster given/],
    ['a file that is not there', ['-f', join(FOLDER, 'none.yaml')], /PW101 .*no such file/],
    ['a directory without manifests', ['-f', mkdtempSync(join(FOLDER, 'empty-'))], /PW102 .*holds no/],
  ])('exits with 2 on %s', async (_, argv, message) => {
    const { code, stdout, stderr } = await podwalk(['lint', ...argv]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('lists findings as JSON in the order of files and lines', async () => {
    const { code, stdout } = await podwalk(['lint', '-o', 'json', '-f', GOOD, '-f', '-'], {
      stdin:
        'apiVersion: v1\nkind: Service\nmetadata: { name: none }\nspec: { selector: { a: b }, ports: [{ port: 80, targetport: 81 }] }\n',
    });
    expect(code).toBe(1);
    const findings: Record<string, unknown>[] = JSON.parse(stdout);
    expect(findings.map(({ severity, code: c, file: f, line }) => [severity, c, f, line])).toEqual([
      ['note', 'PW232', undefined, undefined],
      ['warning', 'PW320', '<stdin>', 4],
      ['warning', 'PW210', '<stdin>', 4],
    ]);
    expect(findings[2]).toEqual({
      severity: 'warning',
      code: 'PW210',
      message: 'unknown field "spec.ports[0].targetport": it is ignored',
      fix: 'did you mean "targetPort"?',
      file: '<stdin>',
      line: 4,
      column: 49,
      endColumn: 59,
    });
  });

  it('writes an empty list for nothing found', async () => {
    const empty = file('slice.yaml', NODE);
    expect(await podwalk(['lint', '-o', 'json', '-f', empty])).toEqual({
      code: 0,
      stdout: '[]\n',
      stderr: '',
    });
  });

  it('writes SARIF with the version of the package and a rule a code', async () => {
    const { code, stdout } = await podwalk(['lint', '-o', 'sarif', '-f', TYPO]);
    expect(code).toBe(1);
    const log = JSON.parse(stdout);
    expect(log.version).toBe('2.1.0');
    const [run] = log.runs;
    expect(run.tool.driver.version).toBe((await podwalk(['--version'])).stdout.trim());
    expect(run.tool.driver.rules.map((rule: { id: string }) => rule.id)).toEqual(['PW232', 'PW320']);
    expect(run.results).toHaveLength(2);
  });
});
