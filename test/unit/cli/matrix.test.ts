import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const MANIFESTS = fileURLToPath(new URL('../../../docs/manifests/', import.meta.url));
const SHOP = ['-f', `${MANIFESTS}shop.yaml`, '-f', `${MANIFESTS}shop-policies.yaml`];

/** Pods of six workloads, and a policy that lets two of them into a third. */
function large(pods = 60): string {
  const items: object[] = [];
  for (let p = 0; p < pods; p++) {
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
    expect((await podwalk(argv, { stdin })).stdout).toContain(
      'shop/web,svc/shop/db,3306,TCP,true,true,true,1,1\n',
    );
    const before = await podwalk([...argv, '--mode', 'serviceAddress=before-dnat'], { stdin });
    expect(before.stdout).toContain('shop/web,svc/shop/db,3306,TCP,true,false,false,1,0\n');
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

  describe('--diff and who is outside', () => {
    const pods = ['cli', 'web'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 8080 }] }] },
    }));
    const state = (spec: object): string => {
      const policy = {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'p' },
        spec: { podSelector: { matchLabels: { app: 'cli' } }, ...spec },
      };
      return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...pods, policy] });
    };
    const block = (cidr: string, ...except: string[]): object => ({ ipBlock: { cidr, except } });
    const egress = (...rules: object[]): string => state({ policyTypes: ['Egress'], egress: rules });
    const diff = async (before: string, after: string, ...more: string[]) => {
      const folder = mkdtempSync(join(tmpdir(), 'podwalk-diff-'));
      try {
        const files = [before, after].map((text, i) => {
          const file = join(folder, `${i}.json`);
          writeFileSync(file, text);
          return file;
        });
        return await podwalk(['matrix', '--diff', ...files, ...more]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    };

    it('sees egress that is opened to the world', async () => {
      const { code, stdout } = await diff(egress(), egress({ to: [block('0.0.0.0/0')] }));
      expect(code).toBe(1);
      expect(stdout).toContain('opened  default/cli -> outside (0.0.0.0/0) TCP 80\n');
    });

    it('tells ranges and their exceptions apart, on the ports that rules name', async () => {
      const port = { ports: [{ port: 443 }] };
      const { stdout } = await diff(
        egress({ to: [block('203.0.113.0/24')], ...port }),
        egress({ to: [block('203.0.113.0/24', '203.0.113.128/25')], ...port }),
      );
      expect(stdout).toBe('closed  default/cli -> outside (203.0.113.128/25) TCP 443\n0 opened, 1 closed\n');
    });

    it('sees ingress from outside too, and no difference where there is none', async () => {
      const ingress = (...from: object[]): string => state({ policyTypes: ['Ingress'], ingress: [{ from }] });
      const only = ingress(block('198.51.100.0/24'));
      expect((await diff(only, ingress({ podSelector: {} }))).stdout).toContain(
        'closed  outside (198.51.100.0/24) -> default/cli TCP 8080\n',
      );
      expect(await diff(only, only)).toMatchObject({ code: 0, stdout: 'no difference\n' });
    });

    it('does not take addresses of the cluster for outside', async () => {
      const { code } = await diff(
        egress({ to: [block('10.244.0.0/16')] }),
        egress({ to: [{ podSelector: {} }] }),
      );
      expect(code).toBe(0);
    });

    it('says that it does not walk to them', async () => {
      expect((await diff(egress(), egress(), '--datapath')).stderr).toContain(
        'note: addresses outside are not asked about with --datapath',
      );
    });
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

/** Pods a (node1) and b (node2) with a Service and node port of b, and the NetworkPolicies given. */
function pair(...policies: object[]): string {
  const pod = (name: string, node: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      nodeName: node,
      containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
  });
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'b' },
    spec: {
      type: 'NodePort',
      clusterIP: '10.96.0.50',
      selector: { app: 'b' },
      ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
    },
  };
  const items = policies.map((spec, i) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `p${i}` },
    spec,
  }));
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [pod('a', 'node1'), pod('b', 'node2'), service, ...items],
  });
}

const matrixOf = (stdin: string, ...argv: string[]) => podwalk(['matrix', '-f', '-', ...argv], { stdin });

describe('podwalk matrix --datapath', () => {
  const CLOSED = { podSelector: { matchLabels: { app: 'b' } }, policyTypes: ['Ingress'] };

  it('walks every pair, and says that the specification says the same', async () => {
    const { code, stdout } = await matrixOf(pair(CLOSED), '--datapath', '--external', '198.51.100.9');
    expect(code).toBe(0);
    expect(stdout).toContain(
      [
        'TCP 8080      default/a  default/b',
        'default/a     #          X',
        'default/b     .          #',
        '198.51.100.9  -          -',
        '',
        'datapath and specification agree on 6 pairs',
      ].join('\n'),
    );
  });

  it('names the documented difference where the specification says something else', async () => {
    const named = {
      podSelector: { matchLabels: { app: 'b' } },
      ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 'nobodys' }] }],
    };
    const walked = await matrixOf(pair(named), '--datapath');
    expect(walked.stdout).toContain('default/a  #          .\n');
    expect(walked.stdout).toContain(
      'datapath and specification differ in 1 of 2 pairs:\n  a rule with pods as peers whose named ports nobody has opens every port: default/a -> default/b TCP 8080\n',
    );
    expect((await matrixOf(pair(named))).stdout).toContain('default/a  #          X\n');
  });

  it('lists what each side said, and null for a side that was not asked', async () => {
    const shut = { podSelector: { matchLabels: { app: 'a' } }, policyTypes: ['Egress'] };
    const { stdout, stderr } = await matrixOf(pair(shut, CLOSED), '--datapath', '-o', 'json');
    const common = { port: 8080, protocol: 'TCP' };
    expect(JSON.parse(stdout)).toEqual([
      { from: 'default/b', to: 'default/a', ...common, ingress: true, egress: true, allowed: true },
      { from: 'default/a', to: 'default/b', ...common, ingress: null, egress: false, allowed: false },
    ]);
    expect(stderr).toBe('note: datapath and specification agree on 2 pairs\n');
  });

  it('walks to Services, from outside by the node ports of all nodes, and names what masquerading does', async () => {
    const client = '192.168.56.100';
    const inside = { ...CLOSED, ingress: [{ from: [{ ipBlock: { cidr: `${client}/32` } }] }] };
    const asked = ['--datapath', '--svc', '--external', client];
    const { stdout } = await matrixOf(pair(inside), ...asked);
    expect(stdout).toContain(`${client}  ~\n`);
    expect(stdout).toContain(
      `  policies see what masquerading makes of an address: ${client} -> svc/default/b:80\n`,
    );
    const list = await matrixOf(pair(inside), ...asked, '-o', 'json');
    expect(JSON.parse(list.stdout).at(-1)).toEqual({
      from: client,
      to: 'svc/default/b',
      port: 80,
      protocol: 'TCP',
      ingress: false,
      egress: true,
      allowed: false,
      endpoints: 2,
      allowedEndpoints: 1,
    });
  });

  it('shows what is lost for another reason, and blames what --break broke for the rest', async () => {
    const down = await matrixOf(pair(CLOSED), '--datapath', '--break', 'node2: ip link set eth0 down');
    expect(down.stdout).toContain('default/a  #          !\n');
    expect(down.stdout).toMatch(
      /^! lost for another reason than policies, [A-Z_]+: default\/a -> default\/b TCP 8080/m,
    );
    const flushed = await matrixOf(
      pair(CLOSED),
      '--datapath',
      '--break',
      'node2: iptables -F KUBE-ROUTER-FORWARD',
    );
    expect(flushed.stdout).toContain(
      '  the state is not as the programs left it (--break): default/a -> default/b TCP 8080',
    );
    const alone = await matrixOf(pair(CLOSED), '--break', 'node2: iptables -F KUBE-ROUTER-FORWARD');
    expect([alone.code, alone.stderr]).toEqual([
      2,
      'error: --break changes what is walked, not what policies say: add --datapath\n',
    ]);
  });

  it('explains a cell by what was walked', async () => {
    const { code, stdout } = await matrixOf(pair(CLOSED), '--datapath', '--explain', 'a svc/b');
    expect(code).toBe(1);
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'default/a -> svc/default/b TCP 80: refused POLICY',
      '  egress of default/a: allowed: no policy isolates it',
      '  ingress of default/b: denied: isolated by default/p0, and no rule allows default/a on 8080/TCP',
      '    default/p0: it has no ingress rule: it denies all',
    ]);
    const outside = await matrixOf(pair(CLOSED), '--datapath', '--explain', '198.51.100.9 b:8080');
    expect([outside.code, outside.stderr]).toEqual([
      2,
      'error: --explain: 198.51.100.9 cannot ask that address: nothing leads there\n',
    ]);
  });

  it('says nothing of how far many walks are where stderr is no terminal', async () => {
    const { stderr } = await matrixOf(large(33), '--datapath', '--by', 'workload');
    expect(stderr).not.toContain('walks');
  });
});

describe('podwalk matrix --explain', () => {
  it('explains each endpoint of a Service, with an edit that was judged again', async () => {
    const closed = { podSelector: { matchLabels: { app: 'b' } }, policyTypes: ['Ingress'] };
    const { code, stdout } = await matrixOf(pair(closed), '--explain', 'a svc/b:80');
    expect(code).toBe(1);
    expect(stdout).toContain('default/a -> default/b TCP 8080: denied\n');
    expect(stdout).toContain(
      '    fix: NetworkPolicy default/p0: add { from: [{ podSelector: { matchLabels: { app: a } } }], ports: [{ port: 8080, protocol: TCP }] } to spec.ingress (verified: allows it)\n',
    );
    expect((await matrixOf(pair(), '--explain', 'a svc/b')).code).toBe(0);
    expect((await matrixOf(pair(), '--explain', 'a svc/nobody')).stderr).toContain(
      'svc/default/nobody not found',
    );
  });
});
