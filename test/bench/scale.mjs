/**
 * `npm run bench:scale`: costs that must grow with the input and no faster (nodes, host ports), and those of a trace, a
 * `check` and a `matrix --datapath`, as CPU time. Needs a build. `--base DIR` measures the built checkout DIR beside this
 * one, in turns, and prints how many times as fast this one is; `--rounds N`; `--quick` leaves out 1,000 nodes;
 * `--only NAME`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { policyClusterText } from './policy-cluster.mjs';

const { values } = parseArgs({
  options: {
    base: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const WORKER = fileURLToPath(new URL('./scale-worker.mjs', import.meta.url));
const HERE = fileURLToPath(new URL('../../dist', import.meta.url));
const dists = values.base === undefined ? [HERE] : [resolve(values.base, 'dist'), HERE];

/** Prints CPU seconds and peak memory of the whole process when it ends. */
const MEASURED = `process.on('exit', () => { const u = process.resourceUsage(); process.stderr.write('\\nused ' + (u.userCPUTime + u.systemCPUTime) / 1e6 + ' ' + u.maxRSS / 1024 + '\\n'); });`;

function node(argv) {
  const run = spawnSync(process.execPath, argv, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (run.status !== 0) throw new Error(`${argv.join(' ')}: ${run.stderr}`);
  return run;
}

function worker(dist, what, size) {
  return JSON.parse(node([WORKER, dist, what, String(size)]).stdout);
}

/** `matrix --datapath` of `size` pods, the whole program. */
function matrix(dist, size) {
  const folder = mkdtempSync(join(tmpdir(), 'podwalk-bench-'));
  try {
    const path = join(folder, 'cluster.json');
    writeFileSync(path, policyClusterText({ pods: size, policies: 100, nodes: 10 }));
    const argv = ['matrix', '-f', path, '--port', '8080', '--by', 'pod', '--datapath', '-o', 'csv'];
    const hook = `data:text/javascript,${encodeURIComponent(MEASURED)}`;
    const { stderr } = node(['--import', hook, join(dist, 'cli/main.js'), ...argv]);
    const [, cpu, mib] = /used ([\d.]+) ([\d.]+)/.exec(stderr) ?? [];
    return { cpu: Number(cpu), pieces: size * (size - 1), mib: Number(mib) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ROWS = [
  ...[250, 500, ...(values.quick ? [] : [1000])].map((size) => ['nodes', size, 'cluster']),
  ...[400, 800, 1600].map((size) => ['hostPorts', size, 'port']),
  ['trace', 1000, 'trace'],
  ['check', 100, 'expectation'],
  ['matrix', 100, 'pair'],
].filter(([what]) => values.only === undefined || values.only === what);

console.log('what         size   CPU s    MiB  us each   times as fast');
for (const [what, size, unit] of ROWS) {
  const best = dists.map(() => undefined);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [i, dist] of dists.entries()) {
      const one = what === 'matrix' ? matrix(dist, size) : worker(dist, what, size);
      if (best[i] === undefined || one.cpu < best[i].cpu) best[i] = one;
    }
  }
  const own = best.at(-1);
  const ratio = best.length === 1 ? '' : (best[0].cpu / own.cpu).toFixed(2);
  console.log(
    [
      what.padEnd(10),
      String(size).padStart(6),
      own.cpu.toFixed(2).padStart(7),
      own.mib.toFixed(0).padStart(6),
      ((own.cpu / own.pieces) * 1e6).toFixed(0).padStart(9),
      ratio.padStart(8),
      ` (each: a ${unit})`,
    ].join(' '),
  );
}
