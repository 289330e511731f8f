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
      ['note', 'PW320', '<stdin>', 4],
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

  it('tells in SARIF what each rule means, from the page of the codes', async () => {
    const { stdout } = await podwalk(['lint', '-o', 'sarif', '-f', TYPO]);
    const [, rule] = JSON.parse(stdout).runs[0].tool.driver.rules;
    expect(rule.shortDescription.text).toMatch(/^A Service whose selector finds no Pod/);
    expect(rule.defaultConfiguration).toEqual({ level: 'warning' });
    expect(rule.help.text).toMatch(/^Correct the selector/);
  });
});

describe('podwalk lint --fail-on', () => {
  it.each([
    ['error', TYPO, 0],
    ['warning', TYPO, 1],
    ['note', GOOD, 1],
    ['error', BAD, 1],
  ])('%s decides from which severity on the exit status is 1', async (severity, input, expected) => {
    expect((await podwalk(['lint', '--fail-on', severity, '-f', input])).code).toBe(expected);
  });

  it('takes no other word', async () => {
    expect((await podwalk(['lint', '--fail-on', 'info', '-f', GOOD])).code).toBe(2);
  });
});

describe('podwalk lint --ignore', () => {
  const clean = '0 errors, 0 warnings, 1 note (shown with -v), 1 ignored\n';

  it.each([
    'PW320',
    'pw320',
    'PW325,PW320',
    'PW32*',
    'PW320=web',
    'PW320=svc/web',
    'PW320=services/w*',
    'PW320=default/web',
    'PW320=svc/default/web',
    'PW320=service/*/*b',
  ])('%s leaves a finding out, and counts it', async (ignore) => {
    expect(await podwalk(['lint', '--ignore', ignore, '-f', TYPO])).toEqual({
      code: 0,
      stdout: clean,
      stderr: '',
    });
  });

  it.each(['PW321', 'PW320=svc/other', 'PW320=pod/web', 'PW320=shop/web', 'PW320=we', 'PW320=svc/default/w'])(
    '%s leaves the finding, and -v says that it silenced nothing',
    async (ignore) => {
      const { code, stdout, stderr } = await podwalk(['lint', '-v', '--ignore', ignore, '-f', TYPO]);
      expect(code).toBe(1);
      expect(stdout).toContain('PW320 Service default/web');
      expect(stderr).toBe(`note: nothing to ignore by --ignore ${ignore}\n`);
    },
  );

  it('refuses a code that does not exist with the nearest, exit 2', async () => {
    const { code, stderr } = await podwalk(['lint', '--ignore', 'PW3202=svc/web', '-f', TYPO]);
    expect(code).toBe(2);
    expect(stderr).toBe('error: --ignore PW3202=svc/web: there is no code "PW3202"; did you mean "PW320"?\n');
  });

  it('leaves the finding out of JSON and SARIF too', async () => {
    const json = await podwalk(['lint', '--ignore', 'PW320', '-o', 'json', '-f', TYPO]);
    expect(JSON.parse(json.stdout).map((one: { code: string }) => one.code)).toEqual(['PW232']);
    const sarif = await podwalk(['lint', '--ignore', 'PW320', '-o', 'sarif', '-f', TYPO]);
    expect(JSON.parse(sarif.stdout).runs[0].results).toHaveLength(1);
  });
});

describe('the annotation podwalk.dev/ignore', () => {
  const annotated = (codes: string): string =>
    NODE +
    POD +
    SERVICE.replace(
      '{ name: web }',
      `{ name: web, annotations: { podwalk.dev/ignore: "${codes}" } }`,
    ).replace('app: web', 'app: wbe');

  it('of the object silences the codes that it lists', async () => {
    const path = file('annotated.yaml', annotated('PW321, PW320'));
    const { code, stdout } = await podwalk(['lint', '-f', path]);
    expect(code).toBe(0);
    expect(stdout).toBe('0 errors, 0 warnings, 1 note (shown with -v), 1 ignored\n');
    expect((await podwalk(['lint', '-v', '-f', path])).stderr).toBe(
      'note: nothing to ignore by podwalk.dev/ignore: PW321 of Service default/web\n',
    );
  });

  it('of a Namespace silences them for all that is in it', async () => {
    const namespace =
      '---\napiVersion: v1\nkind: Namespace\nmetadata: { name: default, annotations: { podwalk.dev/ignore: PW320 } }\n';
    const path = file('namespace.yaml', NODE + POD + SERVICE.replace('app: web', 'app: wbe') + namespace);
    expect((await podwalk(['lint', '-f', path])).stdout).toContain(', 1 ignored');
  });

  it('of a workload silences what is found at its pods', async () => {
    const workload = (annotations: string): string =>
      `${NODE}apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { ${annotations} } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { nodeName: node1, containers: [{ name: c, image: registry.example/web, ports: [{ containerPort: 80, hostPort: 8080 }] }] }
`;
    const loud = await podwalk(['lint', '-f', file('loud.yaml', workload(''))]);
    expect(loud.stdout).toContain('PW416');
    const quiet = await podwalk(['lint', '-f', file('quiet.yaml', workload('podwalk.dev/ignore: PW416'))]);
    expect(quiet.stdout).toContain('0 errors, 0 warnings');
    expect(quiet.stdout).toContain(', 1 ignored');
  });

  it('with a code that does not exist is a finding itself', async () => {
    const { code, stdout } = await podwalk(['lint', '-f', file('unknown.yaml', annotated('PW320,PW32'))]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'warning PW337 annotation podwalk.dev/ignore of Service default/web: there is no code "PW32"',
    );
    expect(stdout).toContain('1 ignored');
  });
});

describe('many findings of one code', () => {
  const many = file(
    'many.yaml',
    NODE +
      POD +
      Array.from({ length: 40 }, (_, i) =>
        SERVICE.replace('name: web', `name: web-${i}`).replace('app: web', 'app: wbe'),
      ).join('---\n'),
  );

  it('are shown a few times and counted', async () => {
    const { stdout } = await podwalk(['lint', '-f', many]);
    expect(stdout.match(/warning PW320/g)).toHaveLength(3);
    expect(stdout).toMatch(
      /\n {2}and 37 more of PW320 \(-o json lists each\)\n0 errors, 40 warnings, 1 note \(shown with -v\)\n$/,
    );
  });

  it('are all in JSON and in SARIF', async () => {
    const json = JSON.parse((await podwalk(['lint', '-o', 'json', '-f', many])).stdout);
    expect(json.filter(({ code }: { code: string }) => code === 'PW320')).toHaveLength(40);
    const sarif = JSON.parse((await podwalk(['lint', '-o', 'sarif', '-f', many])).stdout);
    expect(sarif.runs[0].results.filter(({ ruleId }: { ruleId: string }) => ruleId === 'PW320')).toHaveLength(
      40,
    );
  });
});

describe('the resolver of a node that CoreDNS takes for its own', () => {
  it('is the cause of names that do not resolve, in a trace', async () => {
    const topology = `apiVersion: podwalk/v1
kind: Topology
resolvConf: "nameserver 127.0.0.53\\n"
hosts: [{ name: api.example.com, ip: 203.0.113.80, listens: [tcp/443] }]
`;
    const path = file('loop.yaml', `${NODE}${POD}${topology}`);
    const { code, stdout } = await podwalk(['trace', 'pod/web-0', 'https://api.example.com', '-f', path]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Topology topology resolvConf has nameserver 127\.0\.0\.53, .*forwards to itself/);
    expect(stdout).toMatch(/run\/systemd\/resolve\/resolv\.conf.*\(verified: delivers\)/);
  });
});

describe('an Ingress', () => {
  const ingress = (version: string, backend: string): string => `---
apiVersion: ${version}
kind: Ingress
metadata: { name: shop }
spec:
  rules:
    - http: { paths: [{ path: /, pathType: Prefix, backend: ${backend} }] }
`;
  const told = async (version: string, backend: string, more = ''): Promise<string[]> => {
    const path = file('ingress.yaml', NODE + POD + SERVICE + ingress(version, backend) + more);
    const { stdout } = await podwalk(['lint', '-v', '-o', 'json', '-f', path]);
    return JSON.parse(stdout)
      .filter(({ code }: { code: string }) => code === 'PW315')
      .map(
        (one: { severity: string; line: number; fix?: string }) => `${one.severity} ${one.line} ${one.fix}`,
      );
  };

  it.each([
    [
      'networking.k8s.io/v1',
      '{ service: { name: wbe, port: { number: 80 } } }',
      'warning 22 did you mean "web"?',
    ],
    [
      'networking.k8s.io/v1',
      '{ service: { name: web, port: { number: 8080 } } }',
      'warning 22 its ports are 80',
    ],
    [
      'networking.k8s.io/v1',
      '{ service: { name: web, port: { name: http } } }',
      'warning 22 its ports are 80',
    ],
    ['networking.k8s.io/v1beta1', '{ serviceName: wbe, servicePort: 80 }', 'warning 22 did you mean "web"?'],
    ['extensions/v1beta1', '{ serviceName: web, servicePort: 81 }', 'warning 22 its ports are 80'],
    ['networking.k8s.io/v1', '{ service: { name: grafana, port: { number: 80 } } }', 'note 22 undefined'],
  ])('of %s with a back end %s is told', async (version, backend, expected) => {
    expect(await told(version, backend)).toEqual([expected]);
  });

  it.each([
    ['networking.k8s.io/v1', '{ service: { name: web, port: { number: 80 } } }'],
    ['extensions/v1beta1', '{ serviceName: web, servicePort: "80" }'],
    ['networking.k8s.io/v1', '{ service: { name: redirect, port: { name: use-annotation } } }'],
    ['networking.k8s.io/v1', '{ resource: { kind: Bucket, name: static } }'],
  ])('of %s with a back end %s is not', async (version, backend) => {
    expect(await told(version, backend)).toEqual([]);
  });
});
