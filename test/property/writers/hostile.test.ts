import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { podwalkBytes } from '../../fixtures/cli.ts';
import { readPcapng } from '../../support/read-pcapng.ts';
import { controlIn, csvRows, HOSTILE_WORDS, stringPlaces, tapFaults, withWord, xmlFault } from './hostile.ts';
import { EXPECTATIONS, SAMPLE } from './sample.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** How many inputs are tried with some commands each; PODWALK_HOSTILE says how many for a longer run. */
const RUNS = Number(process.env['PODWALK_HOSTILE'] ?? 40);
const FOLDER = mkdtempSync(join(tmpdir(), 'podwalk-hostile-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

type Form = 'text' | 'json' | 'jsonl' | 'yaml' | 'csv' | 'tap' | 'junit' | 'pcapng' | 'script' | 'describe';

const POD = 'pod/client';
/** Every command that reads a cluster, with every form that it has. */
const COMMANDS: readonly (readonly [Form, ...string[]])[] = [
  ...(['pods', 'nodes', 'svc', 'deploy', 'netpol', 'endpointslices', 'jobs', 'ns'] as const).flatMap(
    (kind): [Form, ...string[]][] => [
      ['text', 'get', kind, '-A', '-o', 'wide'],
      ['json', 'get', kind, '-A', '-o', 'json'],
      ['yaml', 'get', kind, '-A', '-o', 'yaml'],
      ['text', 'get', kind, '-A', '-o', 'name'],
      ['describe', 'describe', kind, '-A'],
    ],
  ),
  ['text', 'lint', '-v'],
  ['json', 'lint', '-o', 'json'],
  ['json', 'lint', '-o', 'sarif'],
  ['text', 'trace', POD, 'svc/web', '--all', '-v'],
  ['text', 'trace', POD, 'svc/legacy'],
  ['text', 'trace', POD, 'db.example.com:5432', '-v'],
  ['text', 'trace', 'external', 'svc/web', '--count', '2'],
  ['json', 'trace', POD, 'svc/web', '--all', '-o', 'json'],
  ['jsonl', 'trace', POD, 'svc/web', '--all', '-o', 'jsonl'],
  ['pcapng', 'trace', POD, 'svc/web', '-o', 'pcapng'],
  ['text', 'matrix'],
  ['text', 'matrix', '--svc', '--datapath'],
  ['text', 'matrix', '--by', 'namespace'],
  ['text', 'matrix', '--explain', 'default/client', 'default/web'],
  ['json', 'matrix', '-o', 'json'],
  ['csv', 'matrix', '-o', 'csv'],
  ['csv', 'matrix', '--svc', '-o', 'csv'],
  ['text', 'tree', 'svc/web'],
  ['json', 'tree', 'svc/web', '-o', 'json'],
  ['text', 'compare', POD, 'svc/web'],
  ['json', 'compare', POD, 'svc/web', '-o', 'json'],
  ['text', 'dig', 'web.default.svc.cluster.local', '--from', POD],
  ['text', 'dig', 'out.default.svc.cluster.local', '--from', POD, '--walk'],
  ['json', 'dig', 'db.example.com', '--from', POD, '-o', 'json'],
  ['text', 'resolve', 'web', '--from', POD],
  ['json', 'resolve', 'web', '--from', POD, '-o', 'json'],
  ...['iptables-save', 'ip-addr', 'ip-link', 'ip-route', 'ipset-save', 'sysctl', 'bridge-link'].map(
    (what): [Form, ...string[]] => ['text', 'dump', what, '--node', 'node1'],
  ),
  ...['resolv-conf', 'hosts', 'env', 'ip-addr'].map((what): [Form, ...string[]] => [
    'text',
    'dump',
    what,
    '--pod',
    'default/client',
  ]),
  ['text', 'diff', '-t', 'two-nodes'],
  ['script', 'realize'],
  ['tap', 'check', 'EXPECTATIONS', '-o', 'tap'],
  ['junit', 'check', 'EXPECTATIONS', '-o', 'junit'],
  ['text', 'check', 'EXPECTATIONS'],
  ['yaml', 'check', '--init'],
];

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Uint8Array;
}

/** What is wrong with what a command wrote. */
function faultsOf(form: Form, { code, stdout, stderr, bytes }: Ran): string[] {
  const faults: string[] = [];
  if (code > 2) faults.push(`exit code ${code}: ${stderr}`);
  for (const [name, text] of [
    ['stdout', stdout],
    ['stderr', stderr],
  ] as const) {
    const control = controlIn(text);
    if (control !== undefined) faults.push(`${name} has a control character: ${control}`);
  }
  const forged = form === 'describe' || form === 'yaml' || form === 'script' ? /^FORGED.*/m : /^\s*FORGED.*/m;
  const line = forged.exec(stderr) ?? forged.exec(stdout);
  if (line !== null) faults.push(`a forged line: ${line[0]}`);
  if (code === 2 || stdout === '') return faults;
  try {
    const wrong = shapeFault(form, stdout);
    if (wrong !== undefined) faults.push(wrong);
    if (form === 'pcapng')
      for (const { comments } of readPcapng(bytes).packets)
        for (const comment of comments) {
          const control = controlIn(comment);
          if (control !== undefined) faults.push(`a comment has a control character: ${control}`);
        }
  } catch (error) {
    faults.push(`${form} that does not parse: ${String(error)}`);
  }
  return faults;
}

function shapeFault(form: Form, stdout: string): string | undefined {
  switch (form) {
    case 'json':
      JSON.parse(stdout);
      return undefined;
    case 'jsonl':
      for (const line of stdout.trimEnd().split('\n')) JSON.parse(line);
      return undefined;
    case 'yaml':
      return parseAllDocuments(stdout, { version: '1.1' })
        .flatMap(({ errors }) => errors)
        .map(String)[0];
    case 'csv': {
      const rows = csvRows(stdout);
      const fields = new Set(rows?.map(({ length }) => length));
      if (rows === undefined || fields.size !== 1) return `no CSV: ${stdout}`;
      return rows.flat().find((value) => /^[=+@\t\r]/.test(value));
    }
    case 'tap':
      return tapFaults(stdout)[0];
    case 'junit':
      return xmlFault(stdout);
    case 'script':
      return scriptFault(stdout);
    case 'pcapng':
    case 'text':
    case 'describe':
      return undefined;
  }
}

function scriptFault(script: string): string | undefined {
  const run = (...words: readonly string[]): ReturnType<typeof spawnSync> =>
    spawnSync('sh', words, { input: script, encoding: 'utf8', cwd: FOLDER });
  const read = run('-n', '-s');
  if (read.status !== 0) return `sh -n: ${String(read.stderr)}`;
  run('-s', 'status');
  return readdirSync(FOLDER).includes('PWNED') ? 'a word of the input ran' : undefined;
}

async function faultsIn(
  input: string,
  expectations: string,
  command: readonly [Form, ...string[]],
): Promise<string[]> {
  const [form, ...given] = command;
  const file = join(FOLDER, 'expectations.yaml');
  if (given.includes('EXPECTATIONS')) writeFileSync(file, expectations);
  const words = given.map((word) => (word === 'EXPECTATIONS' ? file : word));
  const where = words[0] === 'diff' ? ['-f', '-', '-t', 'two-nodes'] : ['-f', '-'];
  const argv = words[0] === 'diff' ? ['diff', ...where] : [...words, ...where];
  return faultsOf(form, await podwalkBytes(argv, { stdin: input }));
}

/** Manifests of podwalk's own, as values. */
const SHIPPED = ['topologies', 'examples'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) =>
      parseAllDocuments(readFileSync(join(ROOT, folder, name), 'utf8')).map((one) => one.toJS() as unknown),
    ),
);

const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const change = fc.record({
  at: fraction,
  word: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...HOSTILE_WORDS) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  ),
  /** In place of what was there, or behind it: some checks look at beginnings. */
  behind: fc.boolean(),
  raw: fc.boolean(),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** The objects with one word changed, as JSON or as YAML. */
function written(objects: readonly unknown[], { at, word, behind, raw }: Change): string {
  const places = stringPlaces(objects);
  const place = places[Math.floor(at * places.length)];
  const changed =
    place === undefined
      ? objects
      : (withWord(objects, place.path, place.key, (old) =>
          behind ? old + word : word,
        ) as readonly unknown[]);
  if (raw) return changed.map((one) => stringify(one)).join('---\n');
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: changed });
}

describe('the checks of what is written', () => {
  test('find what acts', () => {
    expect(xmlFault('<a b="c">d &amp; e</a>')).toBeUndefined();
    for (const xml of [
      '<a>',
      '<a>&</a>',
      '<a b="<"/>',
      '<a>\u001b</a>',
      '<a/><b/>',
      '<a></b>',
      '<a>]]></a>',
      'x',
    ])
      expect(xmlFault(xml), xml).toBeDefined();
    expect(tapFaults('TAP version 14\n1..1\nok 1 - a \\# b\n')).toEqual([]);
    for (const tap of ['ok 1 - a # SKIP', 'ok 1 - a\nBail out!', 'ok 1 - a \\\\# TODO'])
      expect(tapFaults(`TAP version 14\n1..1\n${tap}\n`), tap).not.toEqual([]);
    expect(csvRows('a,"b""\nc"\n')).toEqual([['a', 'b"\nc']]);
    expect(csvRows('a"b\n')).toBeUndefined();
    for (const word of ['\u001b', '\r', '\u202e', '\u200b', '\u0085', '\u{e0041}'])
      expect(controlIn(word)).toBeDefined();
    expect(controlIn('a\tb\n\u00e4\u2500')).toBeUndefined();
    const forged = { code: 0, stdout: 'a\n  FORGED', stderr: '', bytes: new Uint8Array() };
    expect(faultsOf('text', forged)).toHaveLength(1);
  });
});

describe('nothing that is read acts', () => {
  test('whatever word stands in whatever field, and whatever command reads it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          { weight: 5, arbitrary: fc.constant(SAMPLE) },
          { weight: 1, arbitrary: fc.constantFrom(...SHIPPED) },
        ),
        change,
        change,
        fc.subarray([...COMMANDS], { minLength: 3, maxLength: 4 }),
        async (objects, one, two, commands) => {
          const input = written(objects, one);
          const expectations = written([EXPECTATIONS], { ...two, raw: true });
          for (const command of commands)
            expect([command, await faultsIn(input, expectations, command)]).toEqual([command, []]);
        },
      ),
      { seed: 20260402, numRuns: RUNS },
    );
  }, 3_600_000);

  test('every command, with words in every field that takes any text', async () => {
    const free = HOSTILE_WORDS.filter((_, i) => i % 4 === 0).join(' ');
    const input = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: SAMPLE.map((one) => loaded(one, free)),
    });
    const expectations = stringify({
      ...EXPECTATIONS,
      expectations: EXPECTATIONS.expectations.map((one, i) => ({ ...one, name: HOSTILE_WORDS[i * 3] })),
    });
    for (const command of COMMANDS) {
      const faults = await faultsIn(input, expectations, command);
      expect([command, faults]).toEqual([command, []]);
    }
    expect((await podwalkBytes(['get', 'pods', '-f', '-'], { stdin: input })).code).toBe(0);
  }, 600_000);

  test("colours are podwalk's own: without them a coloured walk is the plain one", async () => {
    const input = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: SAMPLE.map((one) => loaded(one, '\u001b[32mok\u001b[39m')),
    });
    for (const words of [
      ['trace', POD, 'svc/web', '--all', '-v'],
      ['diff', '-t', 'two-nodes'],
      ['compare', POD, 'svc/web'],
    ]) {
      const plain = await podwalkBytes([...words, '-f', '-'], { stdin: input });
      const coloured = await podwalkBytes([...words, '-f', '-'], { stdin: input, isTTY: true });
      const marks = new RegExp(`${'\u001b'}\\[(?:1|2|22|31|32|33|39)m`, 'g');
      expect(coloured.stdout.replace(marks, '')).toBe(plain.stdout);
    }
  }, 60_000);
});

/** An object with words in annotations, arguments, variables and messages, where the API server takes any text. */
function loaded(one: Record<string, unknown>, word: string): unknown {
  const places = stringPlaces(one).filter(
    ({ path, key }) =>
      !key &&
      /^(?:note|args|value|message|reason|image|text|a)$/.test(
        String(path.findLast((p) => typeof p === 'string')),
      ) &&
      !path.includes('taints') &&
      !path.includes('tolerations') &&
      !path.includes('nodeSelector') &&
      !path.includes('dnsConfig'),
  );
  return places.reduce<unknown>(
    (changed, { path }) => withWord(changed, path, false, (old) => old + word),
    one,
  );
}
