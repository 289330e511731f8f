import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trace } from '../../../src/trace/index.ts';
import { podwalk } from '../../fixtures/cli.ts';
import { FORGETS_DNS, NAMES } from '../../fixtures/names.ts';

let folder = '';
let names: readonly string[] = [];
let forgets: readonly string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podwalk-names-'));
  writeFileSync(join(folder, 'names.yaml'), NAMES);
  writeFileSync(join(folder, 'forgets.yaml'), FORGETS_DNS);
  names = ['-f', join(folder, 'names.yaml')];
  forgets = [...names, '-f', join(folder, 'forgets.yaml')];
});
afterAll(() => rmSync(folder, { recursive: true }));

const BROKEN = ['--break', 'node1: iptables -I FORWARD -p udp --dport 53 -j DROP'];

describe('podwalk trace to a name', () => {
  it('shows how the name was looked up before the walk', async () => {
    const { code, stdout } = await podwalk(['trace', 'pod/client', 'http://web.prod', ...names]);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 4)).toEqual([
      expect.stringMatching(
        /^flow {5}tcp 10\.244\.1\.2:\d+ > 10\.96\.0\.80:80 {3}default\/client -> web\.prod$/,
      ),
      'lookup   web.prod: 2 names, 4 queries to 10.96.0.10 (ndots 5)',
      '      web.prod.default.svc.cluster.local.  A NXDOMAIN    AAAA NXDOMAIN',
      '      web.prod.svc.cluster.local.          A 10.96.0.80  AAAA none',
    ]);
    expect(lines.at(-2)).toMatch(/^verdict {2}DELIVERED {2}to prod\/web-/);
  });

  it('says why a name is not found, walks the query that decided, and exits 1', async () => {
    const { code, stdout } = await podwalk(['trace', 'pod/client', 'db.prod:5432', ...names]);
    expect(code).toBe(1);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/tcp 10\.244\.1\.2 > db\.prod:5432 {3}default\/client -> db\.prod$/);
    expect(lines.find((line) => line.startsWith('query'))).toMatch(
      /udp 10\.244\.1\.2:\d+ > 10\.96\.0\.10:53$/,
    );
    expect(lines.at(-2)).toBe(
      'verdict  UNREACHABLE  NAME_NOT_FOUND (EAI_NONAME): db.prod is not resolved: namespace prod has no Service db; did you mean db.default?',
    );
  });

  it('holds the resolution in JSON, and an answer a line in a batch', async () => {
    const requests = ['web.prod:80', 'pod/db-0:5432', 'wep.prod:80', 'web.prod']
      .map((destination) => JSON.stringify({ source: 'pod/client', destination }))
      .join('\n');
    const { code, stdout } = await podwalk(['trace', '--batch', '-', '--all', ...names], { stdin: requests });
    expect(code).toBe(2);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Trace);
    expect(lines).toMatchObject([
      { verdict: 'delivered', resolution: { kind: 'Resolution', addresses: ['10.96.0.80'] } },
      { verdict: 'delivered' },
      { verdict: 'unreachable', resolution: { error: 'EAI_NONAME' } },
      { kind: 'Error', line: 4, message: expect.stringContaining('names no TCP port') },
    ]);
    expect(lines[1]?.resolution).toBeUndefined();
    const { stdout: one } = await podwalk([
      'trace',
      'pod/client',
      'db:5432',
      '--all',
      '-o',
      'json',
      ...names,
    ]);
    expect(JSON.parse(one)).toMatchObject({
      paths: [{ odds: '1/2' }, { odds: '1/2' }],
      resolution: { first: 1 },
    });
  });

  it('names the policy that forgets DNS, and the rule that mends it, tried out', async () => {
    const { code, stdout } = await podwalk(['trace', 'pod/client', 'db:5432', ...forgets]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'egress of default/client is isolated by default/only-db, and no rule allows it',
    );
    expect(stdout).toMatch(
      /\nallow {4}NetworkPolicy default\/only-db: .*k8s-app: kube-dns.*port: 53, protocol: UDP.*\(verified: delivers\)\n/,
    );
  });

  it('names what was broken by hand on the way to the nameserver', async () => {
    const { stdout } = await podwalk(['trace', 'pod/client', 'web.prod:80', ...names, ...BROKEN]);
    expect(stdout).toMatch(/culprit {2}node1: rule 1 of filter FORWARD was added by hand/);
    expect(stdout).toMatch(/mend {5}node1: iptables -D FORWARD .* \(verified: delivers\)/);
  });

  it('takes breaks of the CoreDNS pods, and goes on with the other one', async () => {
    const pods = await podwalk(['resolve', 'web.prod', '--from', 'pod/client', '--walk', ...names]);
    const pod = /by (kube-system\/coredns-\S+)/.exec(pods.stdout)?.[1] ?? '';
    const { code, stdout } = await podwalk([
      ...['trace', 'pod/client', 'web.prod:80', ...names],
      ...['--break', `pod/${pod}: ip link set eth0 down`],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/web\.prod\.svc\.cluster\.local\. +A no answer, then 10\.96\.0\.80 /);
  });

  it('opens many connections to a name that is looked up once', async () => {
    const { code, stdout } = await podwalk(['trace', 'pod/client', 'web.prod:80', '--count', '20', ...names]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/prod\/web-.*\n(.*\n)*.*prod\/web-/);
  });
});

describe('podwalk resolve --walk', () => {
  it('says who answered each query and shows the walk of the one that decided', async () => {
    const { code, stdout } = await podwalk([
      'resolve',
      'web.prod',
      '--from',
      'pod/client',
      '--walk',
      ...names,
    ]);
    expect(code).toBe(0);
    expect(stdout.match(/by kube-system\/coredns-/g)).toHaveLength(4);
    expect(stdout).toMatch(/\nquery {5}web\.prod\.svc\.cluster\.local\. A\nflow {5}udp /);
    expect(stdout.match(/^verdict/gm)).toHaveLength(1);
  });

  it('comes to the same addresses as without', async () => {
    for (const name of ['web.prod', 'db', 'warehouse', 'db.example.com']) {
      const argv = ['resolve', name, '--from', 'pod/client', '-o', 'json', ...names];
      const [direct, walked] = [await podwalk(argv), await podwalk([...argv, '--walk'])];
      expect(walked.code).toBe(direct.code);
      expect(JSON.parse(walked.stdout).addresses).toEqual(JSON.parse(direct.stdout).addresses);
    }
  });

  it('finds the policy and the broken way that lose the queries', async () => {
    const argv = ['resolve', 'web.prod', '--from', 'pod/client', '--walk'];
    const policed = await podwalk([...argv, ...forgets]);
    expect(policed.code).toBe(1);
    expect(policed.stdout).toContain('no answer: refused (POLICY)');
    expect(policed.stdout).toMatch(/\nallow {4}NetworkPolicy default\/only-db: .*\(verified: delivers\)/);
    const dropped = await podwalk([...argv, ...names, ...BROKEN]);
    expect(dropped.stdout).toContain('no answer: timeout (DROP_RULE)');
    expect(dropped.stdout).toContain('culprit  node1: rule 1 of filter FORWARD was added by hand');
  });
});

describe('podwalk dig --walk', () => {
  it('prints what dig prints, and then the walk', async () => {
    const argv = ['dig', 'db.default.svc.cluster.local', 'SRV', '+short', '--from', 'pod/client', ...names];
    const [direct, walked] = [await podwalk(argv), await podwalk([...argv, '--walk'])];
    expect(walked.code).toBe(0);
    expect(walked.stdout.startsWith(`${direct.stdout}\nflow     udp `)).toBe(true);
  });

  it('times out as dig does where nothing comes back, and says what is at fault', async () => {
    const { code, stdout } = await podwalk([
      ...['dig', 'web.prod.svc.cluster.local', '--from', 'pod/client', '--walk'],
      ...[...names, ...BROKEN],
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain(';; communications error to 10.96.0.10#53: timed out');
    expect(stdout).toContain(';; no servers could be reached');
    expect(stdout).toContain('culprit  node1: rule 1 of filter FORWARD was added by hand');
  });

  it('walks the handshake of a query over TCP', async () => {
    const { code, stdout } = await podwalk([
      ...['dig', 'web.prod.svc.cluster.local', '+tcp', '+short', '--from', 'pod/client', '--walk', ...names],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^10\.96\.0\.80\n\nflow {5}tcp .* > 10\.96\.0\.10:53/);
  });

  it('needs somebody to walk from', async () => {
    const { code, stderr } = await podwalk(['dig', 'web', '--walk', ...names]);
    expect([code, stderr]).toEqual([2, 'error: --walk walks from a pod or node; name it with --from\n']);
  });
});

describe('podwalk check with names as destinations', () => {
  const expectations = JSON.stringify({
    apiVersion: 'podwalk/v1',
    kind: 'Expectations',
    expectations: [
      { from: 'default/client', to: 'web.prod', port: 80, expect: 'allowed' },
      { from: 'default/client', to: 'http://db-0.db:5432', expect: 'allowed', endpoint: 'default/db-0' },
      { from: 'default/client', to: 'db', port: 5432, expect: 'allowed' },
      {
        from: 'default/client',
        to: 'svc/warehouse',
        port: 5432,
        expect: 'allowed',
        endpoint: 'db.example.com',
      },
      { from: 'default/client', to: 'elsewhere', port: 443, expect: 'timeout' },
    ],
  });

  it('holds them against the addresses that the client itself finds', async () => {
    const { code, stdout } = await podwalk(['check', '-', ...names], { stdin: expectations });
    expect([code, stdout.match(/^ok /gm)?.length]).toEqual([0, 5]);
  });

  it('fails where the name is not resolved, and says why', async () => {
    const { code, stdout } = await podwalk(['check', '-', ...forgets], { stdin: expectations });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAILED +allowed +denied +default\/client -> db:5432$/m);
    expect(stdout).toMatch(
      /isolated by default\/only-db, and no rule allows kube-system\/coredns-\S+ on 53\/UDP/,
    );
  });
});
