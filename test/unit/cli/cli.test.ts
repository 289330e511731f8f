import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importsOf } from '../../arch/house.ts';
import { podwalk } from '../../fixtures/cli.ts';

const CLI = fileURLToPath(new URL('../../../src/cli/', import.meta.url));

describe('podwalk', () => {
  it('prints help without arguments and with --help', async () => {
    const bare = await podwalk([]);
    expect(bare).toEqual(await podwalk(['--help']));
    expect(bare.code).toBe(0);
    expect(bare.stdout).toMatch(/^Usage: podwalk/);
    for (const command of ['trace', 'dump', 'get', 'demo']) expect(bare.stdout).toContain(`\n  ${command} `);
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(await podwalk(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [['trase'], /unknown command 'trase'\n\(Did you mean trace\?\)/],
    [['trace', '--sead', '1'], /unknown option '--sead'\n\(Did you mean --seed\?\)/],
    [['trace', '-p', 'tpc'], /argument 'tpc' is invalid. Allowed choices are tcp, udp, sctp, icmp/],
    [['trace', '--seed', '-1'], /It is a number from 0/],
    [['trace', 'a', 'b', 'c'], /too many arguments/],
    [['dump', 'iptables'], /Allowed choices are iptables-save/],
    [['get'], /missing required argument 'KIND'/],
    [['trace', '-t', 'two-nodes'], /missing SRC and DST/],
    [['trace', 'pod/client', '-t', 'two-nodes'], /missing DST/],
    [
      ['trace', 'pod/client', 'svc/web'],
      /no cluster given; name one with -f FILE, or with -t NAME: .*two-nodes/,
    ],
    [
      ['trace', 'pod/client', 'svc/web', '-t', 'two-node'],
      /topology "two-node" not found \(did you mean "two-nodes"\?\)/,
    ],
    [['trace', 'pod/client', 'svc/web', '-t', 'xyzxyz'], /topology "xyzxyz" not found; there are: /],
    [['trace', 'pod/client', 'svc/web', '-f', 'no/such/file'], /no\/such\/file/],
    [
      ['trace', 'pod/clinet', 'svc/web', '-t', 'two-nodes'],
      /pod "clinet" not found in namespace "default" \(did you mean "client"\?\)/,
    ],
    [['trace', 'external', 'svc/web', '-t', 'nodeport-local', '--via', 'node9'], /node "node9" not found/],
    [['trace', '--batch', '-', '-f', '-'], /only one of -f - and --batch - can read stdin/],
    [['trace', '--batch', 'no/such/file', '-t', 'two-nodes'], /--batch: .*no such file/],
    [['trace', 'a', 'b', '--batch', '-', '-t', 'two-nodes'], /leave SRC and DST out/],
    [['dump', 'ip-route', '-t', 'two-nodes'], /say of what/],
    [['dump', 'ip-route', '-t', 'two-nodes', '--node', 'node1', '--pod', 'client'], /one of them/],
    [
      ['dump', 'ip-route', '-t', 'two-nodes', '--node', 'nod1'],
      /node "nod1" not found \(did you mean "node1"\?\)/,
    ],
    [
      ['dump', 'ip-addr', '-t', 'two-nodes', '--node', 'node1', '--dev', 'eth1'],
      /Device "eth1" does not exist/,
    ],
    [['get', 'pdos', '-t', 'two-nodes'], /unknown kind "pdos" \(did you mean "pods"\?\)/],
    [['get', 'xyzzy', '-t', 'two-nodes'], /unknown kind "xyzzy"; there are/],
  ])('%j is bad usage: exit 2, a message on stderr, nothing on stdout', async (argv, message) => {
    const { code, stdout, stderr } = await podwalk(argv);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('reports a bug of its own in one line and exit 3, the stack only when asked', async () => {
    const broken = { stdin: undefined as unknown as string };
    const argv = ['trace', '--batch', '-', '-t', 'two-nodes'];
    // Standard input that is no text breaks a promise of Io, as a bug would.
    const io = { ...broken, env: {} };
    Object.defineProperty(io, 'stdin', {
      get: () => {
        throw new Error('out of cheese\nredo from start');
      },
    });
    const plain = await podwalk(argv, io);
    expect(plain.code).toBe(3);
    expect(plain.stderr).toMatch(
      /^podwalk: internal error: out of cheese; this is a bug, please report it: \S+\n$/,
    );
    Object.defineProperty(io, 'env', { value: { PODWALK_DEBUG: '1' } });
    expect((await podwalk(argv, io)).stderr).toMatch(/\n\s+at /);
  });

  it('imports for --help nothing but commander and its own declarations', () => {
    const light = ['program.ts', 'main.ts', 'options.ts', 'io.ts', 'exit.ts', 'dumps.ts', 'context.ts'];
    const files = [...light, ...readdirSync(`${CLI}commands`).map((name) => `commands/${name}`)];
    for (const file of files) {
      const text = readFileSync(`${CLI}${file}`, 'utf8');
      const atStart = text.replace(/^import type .*$/gm, '').replace(/\bimport\([^)]*\)/g, '');
      for (const { specifier } of importsOf(atStart))
        expect(specifier, file).toMatch(
          /^(node:fs|commander|\.\/[\w-]+\.ts|\.\.\/(dumps|options|context)\.ts|\.\/commands\/\w+\.ts)$/,
        );
    }
  });
});

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

describe('podwalk trace --batch', () => {
  const batch = (lines: readonly string[], ...more: string[]): ReturnType<typeof podwalk> =>
    podwalk(['trace', '--batch', '-', '-t', 'three-nodes', ...more], { stdin: `${lines.join('\n')}\n` });

  it('answers a line for a line, in order', async () => {
    const { code, stdout } = await batch(
      [
        '{"source": "pod/client", "destination": "svc/web:80"}',
        '',
        '{"source": "node/node1", "destination": "10.244.2.2", "protocol": "icmp"}',
        '{"source": "pod/client", "destination": "10.96.0.10:9", "sport": 1000}',
      ],
      '--all',
      '-o',
      'jsonl',
    );
    const traces = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(traces.map((trace) => [trace.kind, trace.flow.protocol, trace.paths.length])).toEqual([
      ['Trace', 'tcp', 3],
      ['Trace', 'icmp', 1],
      ['Trace', 'tcp', 1],
    ]);
    expect(traces[2].paths[0].hops[0].steps[0].packet.sport).toBe(1000);
    expect(code).toBe(0);
  });

  it('puts an Error where a line is bad, and exits 2 at the end', async () => {
    const { code, stdout } = await batch([
      'nonsense',
      '["a"]',
      '{"source": "pod/client"}',
      '{"destination": "svc/web"}',
      '{"source": "pod/client", "destination": 80}',
      '{"source": "pod/client", "destination": "svc/web", "protocol": "TCP"}',
      '{"source": "pod/client", "destination": "svc/web", "protcol": "tcp"}',
      '{"source": "pod/client", "destination": "svc/web", "ttl": 0}',
      '{"source": "pod/client", "destination": "svc/wbe"}',
      '{"source": "pod/client", "destination": "svc/web"}',
    ]);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.slice(0, 9)).toEqual([
      { kind: 'Error', line: 1, message: 'not a JSON object' },
      { kind: 'Error', line: 2, message: 'not a JSON object' },
      { kind: 'Error', line: 3, message: 'destination is missing' },
      { kind: 'Error', line: 4, message: 'source is missing' },
      { kind: 'Error', line: 5, message: 'destination: expected a string, got 80' },
      { kind: 'Error', line: 6, message: 'protocol: expected tcp, udp, sctp or icmp, got "TCP"' },
      { kind: 'Error', line: 7, message: 'unknown key "protcol" (did you mean "protocol"?)' },
      { kind: 'Error', line: 8, message: 'ttl: expected a number from 1 to 255, got 0' },
      {
        kind: 'Error',
        line: 9,
        message: 'service "wbe" not found in namespace "default" (did you mean "web"?)',
      },
    ]);
    expect(lines[9].kind).toBe('Trace');
    expect(code).toBe(2);
  });

  it('leaves the cluster as it was: a walk in a batch is the walk alone', async () => {
    const request = '{"source": "external/198.51.100.9", "destination": "svc/web"}';
    const { stdout } = await batch(
      [request, '{"source": "external", "destination": "svc/web"}', request],
      '--all',
    );
    const lines = stdout.trimEnd().split('\n');
    expect(lines[2]).toBe(lines[0]);
    const alone = await podwalk([
      'trace',
      'external/198.51.100.9',
      'svc/web',
      '-t',
      'three-nodes',
      '--all',
      '-o',
      'jsonl',
    ]);
    expect(alone.stdout.trimEnd()).toBe(lines[0]);
  });
});

describe('podwalk dump', () => {
  it.each([
    ['iptables-save', /^\*mangle\n|^\*filter\n|^\*nat\n/m],
    ['ip6tables-save', /^/],
    ['ip-addr', /inet 10\.244\.1\.1\/24 brd 10\.244\.1\.255 scope global cni0/],
    ['ip-link', /vxlan id 1 local 192\.168\.56\.11/],
    ['ip-route', /10\.244\.2\.0\/24 via 10\.244\.2\.0 dev flannel\.1 onlink/],
    ['ip-rule', /32766:\tfrom all lookup main/],
    ['ip-neigh', /10\.244\.2\.0 dev flannel\.1 lladdr .* PERMANENT/],
    ['bridge-fdb', /dst 192\.168\.56\.12 self permanent/],
    ['bridge-link', /master cni0 state forwarding/],
    ['sysctl', /net\.ipv4\.ip_forward = 1/],
  ])('prints %s of a node', async (what, text) => {
    const { code, stdout } = await podwalk(['dump', what, '--node', 'node1', '-t', 'two-nodes']);
    expect(stdout).toMatch(text);
    expect(code).toBe(0);
  });

  it('prints the state of a pod', async () => {
    const { stdout } = await podwalk(['dump', 'ip-route', '--pod', 'default/client', '-t', 'host-gw']);
    expect(stdout).toMatch(/^default via 10\.244\.1\.1 dev eth0/);
  });

  it('prints the rules of one program alone', async () => {
    const dump = ['dump', 'iptables-save', '--node', 'node1', '-t', 'two-nodes'];
    const proxy = await podwalk([...dump, '--program', 'kube-proxy']);
    const flannel = await podwalk([...dump, '--program', 'flannel']);
    expect(proxy.stdout).toContain('KUBE-SERVICES');
    expect(proxy.stdout).not.toContain('FLANNEL');
    expect(flannel.stdout).toContain('FLANNEL-POSTRTG');
    expect(flannel.stdout).not.toContain('KUBE-SERVICES');
  });
});

describe('podwalk get', () => {
  it('lists in the columns of kubectl', async () => {
    expect((await podwalk(['get', 'svc', '-t', 'three-nodes'])).stdout).toBe(
      'NAME   TYPE           CLUSTER-IP   EXTERNAL-IP    PORT(S)\n' +
        'web    LoadBalancer   10.96.0.10   203.0.113.10   80:30080/TCP\n',
    );
    expect((await podwalk(['get', 'pods', '-o', 'wide', '-t', 'two-nodes'])).stdout).toMatch(
      /^NAME {5}READY {3}STATUS {4}IP {11}NODE\nclient/,
    );
    expect((await podwalk(['get', 'no', '-o', 'name', '-t', 'two-nodes'])).stdout).toBe(
      'node/node1\nnode/node2\n',
    );
    expect((await podwalk(['get', 'pods', '-A', '-t', 'two-nodes'])).stdout).toMatch(/^NAMESPACE {3}NAME/);
    expect((await podwalk(['get', 'endpointslices', '-t', 'two-nodes'])).stdout).toMatch(
      /IPv4 {10}8080 {4}10\.244/,
    );
    expect((await podwalk(['get', 'ns', '-t', 'two-nodes'])).code).toBe(0);
  });

  it('says so when a named object is missing, and exits 1', async () => {
    const { code, stdout, stderr } = await podwalk(['get', 'pods', 'client', 'wbe-0', '-t', 'two-nodes']);
    expect(stdout).toMatch(/\nclient /);
    expect(stderr).toBe('error: pods "wbe-0" not found (did you mean "web-0"?)\n');
    expect(code).toBe(1);
  });

  it('says so when there is nothing', async () => {
    const { code, stdout, stderr } = await podwalk(['get', 'pods', '-n', 'nowhere', '-t', 'two-nodes']);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No resources found in nowhere namespace\n',
    });
  });

  it.each(['json', 'yaml'])('prints manifests as %s that load to the same cluster', async (format) => {
    const rules = ['dump', 'iptables-save', '--node', 'node1'];
    const walk = ['trace', 'external', 'svc/web', '--all', '-o', 'json'];
    const parts = await Promise.all(
      ['nodes', 'pods', 'svc', 'endpointslices'].map((kind) =>
        podwalk(['get', kind, '-A', '-o', format, '-t', 'three-nodes']),
      ),
    );
    const stdin =
      format === 'json'
        ? JSON.stringify({
            apiVersion: 'v1',
            kind: 'List',
            items: parts.flatMap((part) => JSON.parse(part.stdout).items),
          })
        : parts.map((part) => part.stdout).join('---\n');
    expect((await podwalk([...rules, '-f', '-'], { stdin })).stdout).toBe(
      (await podwalk([...rules, '-t', 'three-nodes'])).stdout,
    );
    const again = JSON.parse((await podwalk([...walk, '-f', '-'], { stdin })).stdout);
    const given = JSON.parse((await podwalk([...walk, '-t', 'three-nodes'])).stdout);
    expect(again.paths.map((p: { endpoint: unknown }) => p.endpoint)).toEqual(
      given.paths.map((p: { endpoint: unknown }) => p.endpoint),
    );
  });
});

describe('podwalk demo', () => {
  it('shows a full walk with no input', async () => {
    const { code, stdout, stderr } = await podwalk(['demo']);
    expect(stdout).toMatch(/^\$ podwalk trace /);
    expect(stdout).toContain('vxlan vni 1');
    expect(stdout).toContain('\nverdict  DELIVERED');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
