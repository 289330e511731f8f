/**
 * What a matrix of NetworkPolicies costs, by classes and naively (every pair judged by itself): a part of `npm run bench`,
 * and `npm run bench:policy` alone. Needs a build. The program is started as a person starts it: JSON in, table out.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { completeObjects } from '../../dist/cluster/index.js';
import { judgeConnection, matrixEnds, policyModel, reachability } from '../../dist/intent/index.js';
import { loadCluster } from '../../dist/k8s/index.js';
import { policyClusterText } from './policy-cluster.mjs';

const BIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const query = { port: 8080, protocol: 'TCP' };

/** Prints its peak of memory on stderr when it ends. */
const MEASURED = `process.on('exit', () => process.stderr.write('KiB ' + process.resourceUsage().maxRSS));`;

/** Seconds and peak MiB of the whole program. */
function program(folder, size, by) {
  const path = join(folder, 'cluster.json');
  writeFileSync(path, policyClusterText(size));
  const argv = ['--import', `data:text/javascript,${encodeURIComponent(MEASURED)}`, BIN];
  const start = performance.now();
  const run = spawnSync('node', [...argv, 'matrix', '-f', path, '--port', '8080', '--by', by], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const kib = Number(/KiB (\d+)/.exec(run.stderr)?.[1]);
  return { seconds: (performance.now() - start) / 1000, mib: kib / 1024 };
}

/** Milliseconds of all pairs by classes, and of `sample` pairs one by one, scaled to all. */
function compare(size, sample = 200_000) {
  const loaded = loadCluster([{ file: 'bench.json', text: policyClusterText(size) }], { set: [] });
  const { objects } = completeObjects(loaded.objects);
  const model = policyModel(objects);
  const ends = matrixEnds(objects, []).map(({ end }) => end);
  const n = ends.length;
  const start = performance.now();
  const all = reachability(model, ends);
  const reach = all.on(query);
  let allowed = 0;
  for (let s = 0; s < n; s++) for (let d = 0; d < n; d++) if (s !== d && reach.allowed(s, d)) allowed++;
  const byClass = performance.now() - start;
  const begin = performance.now();
  for (let i = 0; i < sample; i++) {
    // Strides that are prime to the number of pods visit pairs of all kinds.
    const [s, d] = [(i * 7919) % n, (i * 104_729 + 1) % n];
    judgeConnection(model, { from: ends[s], to: ends[d], ...query });
  }
  const naive = ((performance.now() - begin) * n * n) / sample;
  return { classes: new Set(all.classOf).size, allowed, byClass, naive };
}

const SMALL = { pods: 1000, policies: 100, nodes: 10 };
const LARGE = { pods: 10_000, policies: 1000, nodes: 50 };

export function measurePolicies() {
  const folder = mkdtempSync(join(tmpdir(), 'podwalk-bench-'));
  try {
    return [
      { ...SMALL, by: 'pod' },
      { ...LARGE, by: 'workload' },
    ].map(({ by, ...size }) => ({ ...size, by, ...program(folder, size, by), ...compare(size) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function printPolicies(results) {
  console.log(
    '    pods  policies  rows       program s  peak MiB  classes  by classes ms  pair by pair ms  times',
  );
  for (const { pods, policies, by, seconds, mib, classes, byClass, naive } of results) {
    console.log(
      [
        String(pods).padStart(8),
        String(policies).padStart(9),
        ` ${by.padEnd(9)}`,
        seconds.toFixed(2).padStart(10),
        mib.toFixed(0).padStart(9),
        String(classes).padStart(8),
        byClass.toFixed(0).padStart(14),
        naive.toFixed(0).padStart(16),
        (naive / byClass).toFixed(0).padStart(6),
      ].join(' '),
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) printPolicies(measurePolicies());
