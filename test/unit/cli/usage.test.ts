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
    [['get'], /\(podwalk get --help says how it is used\)/],
    [['trace', '-p', 'tpc'], /argument 'tpc' is invalid. Allowed choices are tcp, udp, sctp, icmp/],
    [['trace', '--seed', '-1'], /It is a number from 0/],
    [['trace', 'a', 'b', 'c'], /too many arguments/],
    [['dump', 'iptables'], /Allowed choices are iptables-save/],
    [['get'], /missing required argument 'TYPE'/],
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
    [['get', 'pod/a/b', '-t', 'two-nodes'], /"pod\/a\/b" is no TYPE\/NAME/],
    [['get', 'pods', '-l', 'a=b=c', '-t', 'two-nodes'], /-l: "a=b=c" is no requirement on a label/],
    [['get', 'pods', 'web-0', '-l', 'a', '-t', 'two-nodes'], /a name cannot be given together with -l/],
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
      /^podwalk: internal error: out of cheese; this is a bug, please report it\n$/,
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
          /^(node:(fs|module)|commander|\.\/[\w-]+\.ts|\.\.\/(dumps|options|context)\.ts|\.\/commands\/[\w-]+\.ts)$/,
        );
    }
    // What every text goes through is a part of formats that needs nothing else.
    const guard = readFileSync(`${CLI}guard.ts`, 'utf8').replace(/^import type .*$/gm, '');
    expect(importsOf(guard).map(({ specifier }) => specifier)).toEqual(['../formats/text/index.ts']);
    const texts = `${CLI}../formats/text/`;
    for (const file of readdirSync(texts))
      for (const { specifier } of importsOf(readFileSync(`${texts}${file}`, 'utf8')))
        expect(specifier, file).toMatch(/^\.\/[\w-]+\.ts$/);
  });
});
