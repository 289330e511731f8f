/**
 * `npm run bench:policy`: what a matrix of NetworkPolicies costs, by classes and naively (every pair judged by itself).
 * Needs a build. The program is started as a person starts it: JSON in, table out.
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
const folder = mkdtempSync(join(tmpdir(), 'podwalk-bench-'));
const query = { port: 8080, protocol: 'TCP' };

/** Prints its peak of memory on stderr when it ends. */
const MEASURED = `process.on('exit', () => process.stderr.write('KiB ' + process.resourceUsage().maxRSS));`;

/** Seconds and peak MiB of the whole program. */
function program(size, by) {
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

const small = { pods: 1000, policies: 100, nodes: 10 };
const large = { pods: 10_000, policies: 1000, nodes: 50 };
console.log('    pods  policies  rows       program s  peak MiB');
for (const [size, by] of [
  [small, 'pod'],
  [large, 'workload'],
]) {
  const { seconds, mib } = program(size, by);
  const row = [String(size.pods).padStart(8), String(size.policies).padStart(9), ` ${by.padEnd(9)}`];
  console.log([...row, seconds.toFixed(2).padStart(10), mib.toFixed(0).padStart(9)].join(' '));
}
console.log('    pods  classes  by classes ms  pair by pair ms  times');
for (const size of [small, large]) {
  const { classes, byClass, naive } = compare(size);
  const row = [String(size.pods).padStart(8), String(classes).padStart(8), byClass.toFixed(0).padStart(14)];
  console.log([...row, naive.toFixed(0).padStart(16), (naive / byClass).toFixed(0).padStart(6)].join(' '));
}
rmSync(folder, { recursive: true, force: true });
