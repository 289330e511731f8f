import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { clusterText } from './cluster.mjs';

/**
 * Whole processes, as a person waits for them: from `node` to the last byte. Needs a build. Limits are those that
 * podwalk wants to keep on two cores; a busy machine is slower.
 */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Writes the largest resident size in KiB, the last thing that a process does. */
const MEASURE = `data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>writeSync(2,'\\nmaxRSS='+process.resourceUsage().maxRSS))`;

function run(argv, measured) {
  const start = performance.now();
  const node = measured ? ['--import', MEASURE] : [];
  const { status, stderr, error } = spawnSync(process.execPath, [...node, MAIN, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const ms = performance.now() - start;
  if (error !== undefined || status !== 0)
    throw new Error(`podwalk ${argv.join(' ')}: exit ${status} ${stderr}`);
  return { ms, mib: Number(/maxRSS=(\d+)/.exec(stderr)?.[1] ?? 0) / 1024 };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

/** What each command takes: the median of its runs, and the limit. */
export function measureProcesses() {
  const folder = mkdtempSync(join(tmpdir(), 'podwalk-bench-'));
  try {
    const large = join(folder, 'services.json');
    writeFileSync(large, clusterText(10_000));
    const walk = ['trace', 'pod/pod-0', 'svc/svc-77', '-f', large];
    return [
      { name: '--help', argv: ['--help'], runs: 10, limit: { ms: 150 } },
      {
        name: 'trace, two nodes',
        argv: ['trace', 'pod/client', 'svc/web', '-t', 'two-nodes'],
        runs: 10,
        limit: { ms: 300 },
      },
      {
        name: 'trace, 10,000 Services, one branch',
        argv: [...walk, '-o', 'json'],
        runs: 3,
        limit: { ms: 3000, mib: 1024 },
      },
      // The text tells what the other nine branches come to, on nine other nodes.
      { name: 'trace, 10,000 Services, all nodes', argv: walk, runs: 3, limit: { ms: 3000, mib: 1024 } },
    ].map(({ name, argv, runs, limit }) => {
      const measured = Array.from({ length: runs }, () => run(argv, limit.mib !== undefined));
      const ms = median(measured.map((one) => one.ms));
      const mib = Math.max(...measured.map((one) => one.mib));
      const within = ms <= limit.ms && mib <= (limit.mib ?? Number.POSITIVE_INFINITY);
      return { name, ms, ...(limit.mib === undefined ? {} : { mib }), limit, within };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function printProcesses(processes) {
  console.log('Whole process                          median ms   limit   MiB  limit');
  for (const { name, ms, mib, limit, within } of processes) {
    console.log(
      [
        name.padEnd(36),
        ms.toFixed(0).padStart(11),
        String(limit.ms).padStart(7),
        (mib === undefined ? '' : mib.toFixed(0)).padStart(5),
        String(limit.mib ?? '').padStart(6),
        within ? '' : '  over the limit',
      ]
        .join(' ')
        .trimEnd(),
    );
  }
}
