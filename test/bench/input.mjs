/**
 * `npm run bench:input`: what reading costs as inputs grow, and that it grows no faster than they do. Needs a build.
 * Prints CPU milliseconds (user) at n, 2n and 4n and how much the last doubling cost (2: linear), then YAML beside
 * the same objects as JSON and unread kinds beside the readable rest, as whole processes. `--json` for machines;
 * exit 1 if something is over its limit.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatDiagnostics, loadCluster } from '../../dist/k8s/index.js';
import { findingsOf } from '../../dist/render/index.js';
import { clusterText } from './cluster.mjs';
import { customResources, readableObjects, yamlOf } from './yaml-texts.mjs';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const repeat = (n, line) => Array.from({ length: n }, (_, i) => line(i)).join('');
const configMap = (data) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n${data}`;
const wrongService = (i) =>
  `apiVersion: v1\n  kind: Service\n  metadata: {name: s${i}}\n  spec: {ports: [{port: 0}]}\n`;

/** What grows, how far, and a text of that size. */
const GROWING = [
  ['aliases', 10_000, (n) => configMap(`  b: &b v\n${repeat(n, (i) => `  k${i}: *b\n`)}`)],
  ['anchors', 10_000, (n) => configMap(repeat(n, (i) => `  k${i}: &a${i} v\n`))],
  ['tags', 10_000, (n) => configMap(repeat(n, (i) => `  k${i}: !!str 5\n`))],
  [
    'diagnostics of documents',
    4_000,
    (n) => repeat(n, (i) => `---\n${wrongService(i).replaceAll('\n  ', '\n')}`),
  ],
  [
    'diagnostics of a List',
    4_000,
    (n) => `apiVersion: v1\nkind: List\nitems:\n${repeat(n, (i) => `- ${wrongService(i)}`)}`,
  ],
  [
    'diagnostics of one object',
    4_000,
    (n) =>
      `apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  labels:\n${repeat(n, (i) => `    k${i}: "a b"\n`)}`,
  ],
  [
    'diagnostics of JSON',
    4_000,
    (n) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: Array.from({ length: n }, (_, i) => ({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: `s${i}` },
          spec: { ports: [{ port: 0 }] },
        })),
      }),
  ],
  [
    'documents',
    10_000,
    (n) => repeat(n, (i) => `---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: n${i}\n`),
  ],
  ['broken documents', 2_000, (n) => repeat(n, () => '---\na: b: c\n')],
  ['broken lines', 5_000, (n) => configMap(repeat(n, (i) => `  k${i}: "a" b\n`))],
  [
    'unread kinds',
    5_000,
    (n) => repeat(n, (i) => `---\napiVersion: x.example/v1\nkind: Thing\nmetadata:\n  name: n${i}\n`),
  ],
  ['one line of a text', 1_000_000, (n) => configMap(`  a: "${'\\n x'.repeat(n)}"\n`)],
  ['lines of a text', 200_000, (n) => configMap(`  a: |\n${'    y\n'.repeat(n)}`)],
  ['blank lines and comments', 200_000, (n) => configMap(`  a: b\n${'\n# c\n'.repeat(n)}  c: d\n`)],
  ['keys that stand twice', 50_000, (n) => configMap('  a: b\n'.repeat(n))],
  ['keys that stand twice in JSON', 10_000, (n) => `{"data":{${Array(n).fill('"a":"b"').join(',')}}}`],
  ['brackets that never close', 10_000, (n) => `a: ${'[{'.repeat(n)}`],
];

/** Milliseconds of CPU to load a text and print all that there is to say of it. */
function cpuOf(text) {
  const start = process.cpuUsage();
  const { diagnostics, sources } = loadCluster([{ file: 'bench.yaml', text }]);
  formatDiagnostics(diagnostics, sources, Number.POSITIVE_INFINITY);
  findingsOf(diagnostics, sources);
  return process.cpuUsage(start).user / 1000;
}

function best(rounds, run) {
  return Math.min(...Array.from({ length: rounds }, run));
}

/** Seconds of CPU and MiB of a whole process. */
function processOf(argv) {
  const report = `data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>{const u=process.resourceUsage();writeSync(2,'\\nused='+(u.userCPUTime+u.systemCPUTime)+' '+u.maxRSS)})`;
  const { stderr, status } = spawnSync(process.execPath, ['--import', report, MAIN, ...argv], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const used = /used=(\d+) (\d+)/.exec(stderr);
  if (used === null || status > 1) throw new Error(`podwalk ${argv.join(' ')}: exit ${status} ${stderr}`);
  return { seconds: Number(used[1]) / 1e6, mib: Number(used[2]) / 1024 };
}

function measureGrowth() {
  return GROWING.map(([name, n, make]) => {
    cpuOf(make(Math.ceil(n / 10)));
    const ms = [n, 2 * n, 4 * n].map((size) => {
      const text = make(size);
      return best(2, () => cpuOf(text));
    });
    // Of a few milliseconds nothing can be said.
    const ratio = ms[2] / Math.max(ms[1], 20);
    return { name, n, ms, ratio, within: ratio < 3 };
  });
}

function measureProcesses() {
  const folder = mkdtempSync(join(tmpdir(), 'podwalk-bench-'));
  try {
    const pair = (name, limit, texts, argv) => {
      const [one, other] = texts.map(([file, text]) => {
        const path = join(folder, file);
        writeFileSync(path, text);
        const runs = Array.from({ length: 3 }, () => processOf([...argv, '-f', path]));
        return {
          seconds: Math.min(...runs.map(({ seconds }) => seconds)),
          mib: Math.max(...runs.map(({ mib }) => mib)),
        };
      });
      const ratio = one.seconds / other.seconds;
      return { name, one, other, ratio, limit, within: ratio <= limit };
    };
    const services = clusterText(10_000);
    const readable = readableObjects(60);
    return [
      pair(
        'trace, 10,000 Services: YAML beside JSON',
        1.6,
        [
          ['services.yaml', yamlOf(JSON.parse(services))],
          ['services.json', services],
        ],
        ['trace', 'pod/pod-0', 'svc/svc-77', '-o', 'json'],
      ),
      pair(
        'lint, with 2 MB of custom resource definitions beside without',
        1.5,
        [
          ['all.yaml', customResources(2_000_000) + readable],
          ['readable.yaml', readable],
        ],
        ['lint'],
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const growth = measureGrowth();
const processes = measureProcesses();
if (process.argv.includes('--json')) console.log(JSON.stringify({ growth, processes }, null, 2));
else {
  console.log('What grows                                   n   CPU ms at n      2n      4n   last doubling');
  for (const { name, n, ms, ratio, within } of growth) {
    const cells = ms.map((one) => one.toFixed(0).padStart(7)).join(' ');
    console.log(
      `${name.padEnd(34)} ${String(n).padStart(11)}   ${cells.padStart(23)}   ${ratio.toFixed(2)}${within ? '' : '  NOT LINEAR'}`,
    );
  }
  console.log();
  for (const { name, one, other, ratio, limit, within } of processes) {
    console.log(
      `${name}: ${one.seconds.toFixed(2)} s and ${one.mib.toFixed(0)} MiB beside ${other.seconds.toFixed(2)} s and ${other.mib.toFixed(0)} MiB: ${ratio.toFixed(2)} times (at most ${limit})${within ? '' : '  OVER THE LIMIT'}`,
    );
  }
}
if ([...growth, ...processes].some(({ within }) => !within)) process.exitCode = 1;
