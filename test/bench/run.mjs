/**
 * `npm run bench`: what whole processes take, how the cost of a walk depends on the number of Services, and what
 * a matrix of NetworkPolicies costs. Needs a build. Prints absolute times
 * of this machine and the ratios that README quotes; `--json` for machines.
 */
import { performance } from 'node:perf_hooks';
import { buildCluster } from '../../dist/cluster/index.js';
import { loadCluster } from '../../dist/k8s/index.js';
import { ask, newSession, rulesetOf, seededRandom } from '../../dist/kernel/index.js';
import { resolveDestination, resolveSource, runTrace } from '../../dist/trace/index.js';
import { clusterText } from './cluster.mjs';
import { measurePolicies, printPolicies } from './policy.mjs';
import { measureProcesses, printProcesses } from './processes.mjs';

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Milliseconds of one call. */
function timed(work) {
  const start = performance.now();
  const result = work();
  return { ms: performance.now() - start, result };
}

/** Calls per second: rounds of at least 200 ms after a warm-up, the median of them. */
function rate(work, rounds = 7) {
  const run = (ms) => {
    const end = performance.now() + ms;
    const start = performance.now();
    let n = 0;
    while (performance.now() < end) for (let i = 0; i < 20; i++, n++) work(n);
    return (n * 1000) / (performance.now() - start);
  };
  run(400);
  return median(Array.from({ length: rounds }, () => run(200)));
}

/** A TCP connection pod -> ClusterIP -> pod on another node and back, one branch. */
function measure(services, mode = 'iptables') {
  const text = clusterText(services);
  const load = timed(() => loadCluster([{ file: 'bench.json', text }], { set: [`kube-proxy.mode=${mode}`] }));
  const build = timed(() => buildCluster(load.result.objects));
  const cluster = build.result;
  const netns = cluster.world.netns.get('node/node1');
  const rules = timed(() => rulesetOf(netns, 4));
  const count = [...rules.result.tables.values()].reduce(
    (sum, t) => sum + [...t.chains.values()].reduce((n, c) => n + c.rules.length, 0),
    0,
  );
  // The last Service in kube-proxy's order: a scan would have to pass all others.
  const name = [...cluster.objects.services.map((s) => s.meta.name)].sort().at(-1);
  const service = cluster.objects.services.find((s) => s.meta.name === name);
  const pod = cluster.objects.pods.find((p) => p.nodeName === 'node1');
  const source = resolveSource({ kind: 'pod', namespace: 'default', name: pod.meta.name }, cluster).value;
  const spec = { kind: 'service', namespace: 'default', name, port: 80 };
  const destination = resolveDestination(spec, cluster, { source }).value[0];
  // A seed whose endpoint is on another node.
  const seed = Array.from({ length: 50 }, (_, i) => i + 1).find((s) => {
    const endpoint = runTrace(cluster, { source, destination }, { all: false, seed: s }).paths[0].endpoint;
    return endpoint !== null && endpoint.node !== 'node1';
  });
  const request = { netns: source.netnsId, protocol: 'tcp', dst: service.clusterIPs[0], dport: 80 };
  const choose = () => {
    const random = seededRandom(seed);
    return { chance: (p) => random() / 2 ** 32 < Number(p.numerator) / Number(p.denominator) };
  };
  const warm = newSession(cluster.world, choose(), seededRandom(1));
  const walk = (n) => {
    const session = newSession(cluster.world, choose(), seededRandom(n), warm);
    const { client } = ask(session, request);
    if (client.events[0]?.kind !== 'answer') throw new Error('not delivered');
  };
  walk(1);
  const walks = rate(walk);
  const traces = rate(() => runTrace(cluster, { source, destination }, { all: false, seed }));
  return {
    services,
    mode,
    rules: count,
    loadMs: load.ms,
    buildMs: build.ms,
    rulesMs: rules.ms,
    walks,
    traces,
  };
}

const processes = measureProcesses();
const results = [100, 1000, 10_000].map((services) => measure(services));
const ipvs = [100, 10_000].map((services) => measure(services, 'ipvs'));
const policies = measurePolicies();
const [small, , large] = results;
const [fewIpvs, manyIpvs] = ipvs;
const summary = {
  processes,
  results,
  ipvs,
  policies,
  walkCostRatio: small.walks / large.walks,
  traceCostRatio: small.traces / large.traces,
  ipvsWalkCostRatio: fewIpvs.walks / manyIpvs.walks,
  ipvsTraceCostRatio: fewIpvs.traces / manyIpvs.traces,
};
if (process.argv.includes('--json')) console.log(JSON.stringify(summary, null, 2));
else {
  printProcesses(processes);
  console.log();
  console.log('mode     Services    rules  load ms  build ms  rules ms  walks/s  traces/s');
  for (const r of [...results, ...ipvs]) {
    console.log(
      [
        r.mode.padEnd(8),
        String(r.services).padStart(8),
        String(r.rules).padStart(8),
        r.loadMs.toFixed(0).padStart(8),
        r.buildMs.toFixed(0).padStart(9),
        r.rulesMs.toFixed(0).padStart(9),
        r.walks.toFixed(0).padStart(8),
        r.traces.toFixed(0).padStart(9),
      ].join(' '),
    );
  }
  console.log(`a walk at 10,000 Services costs ${summary.walkCostRatio.toFixed(2)} times one at 100`);
  console.log(`a trace (with its text) costs ${summary.traceCostRatio.toFixed(2)} times one at 100`);
  console.log(
    `in IPVS mode a walk costs ${summary.ipvsWalkCostRatio.toFixed(2)} times, a trace ${summary.ipvsTraceCostRatio.toFixed(2)} times one at 100`,
  );
  console.log();
  printPolicies(policies);
}
