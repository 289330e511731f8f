/**
 * One measurement in a process of its own: `node scale-worker.mjs DIST WHAT SIZE`, where DIST is the built tree of any commit.
 * Prints one line of JSON: CPU seconds of the work alone, how many pieces of work that was, and the peak of memory.
 */
import { pathToFileURL } from 'node:url';
import { clusterText } from './cluster.mjs';
import { policyClusterText } from './policy-cluster.mjs';

const [dist, what, size] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const podwalk = await import(pathToFileURL(`${dist}/index.js`).href);

function cpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function built(text) {
  const { objects } = podwalk.loadCluster([{ file: 'bench.json', text }], { set: [] });
  return podwalk.buildCluster(objects);
}

/** CPU seconds of a piece of work, after a tenth of it to warm up. */
function timed(pieces, work) {
  for (let i = 0; i < pieces / 10; i++) work(i);
  const start = cpu();
  for (let i = 0; i < pieces; i++) work(i);
  return { cpu: cpu() - start, pieces };
}

function asked(cluster, source, destination) {
  const question = { source, destination, namespace: 'default' };
  const found = podwalk.answer(cluster, question, { all: false, seed: 3 });
  if (!found.ok) throw new Error(podwalk.formatTargetError(found.error));
  return found.value.trace;
}

const WORK = {
  /** Loads, builds and walks once: a cluster of `size` nodes with 50 pods each. */
  nodes() {
    const text = policyClusterText({ pods: size * 50, policies: 0, nodes: size });
    const start = cpu();
    const app = 'pod/space-0/app-0-5d4f8c7b9-aaaa';
    asked(built(text), `${app}0`, `${app}1:8080`);
    return { cpu: cpu() - start, pieces: 1 };
  },
  /** The rules of a node with a pod of `size` host ports. */
  hostPorts() {
    const ports = Array.from({ length: size }, (_, i) => ({
      containerPort: 10_000 + i,
      hostPort: 10_000 + i,
    }));
    const items = [
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1' } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'pod', namespace: 'default' },
        spec: { nodeName: 'node1', containers: [{ name: 'c', image: 'registry.example/c', ports }] },
      },
    ];
    const cluster = built(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const start = cpu();
    podwalk.rulesetOf(cluster.world.netns.get('node/node1'), 4);
    return { cpu: cpu() - start, pieces: size };
  },
  /** Traces to the last of `size` Services. */
  trace() {
    const cluster = built(clusterText(size));
    return timed(3000, () => asked(cluster, 'pod/default/pod-0', `svc/default/svc-${size - 1}:80`));
  },
  /** Expectations from each of `size` pods to ten others. */
  check() {
    const cluster = built(policyClusterText({ pods: size, policies: 100, nodes: 10 }));
    const names = cluster.objects.pods.map(({ meta }) => `${meta.namespace}/${meta.name}`);
    const of = { cluster, model: podwalk.policyModel(cluster.objects), namespace: 'default' };
    const expectations = names.flatMap((from, i) =>
      Array.from({ length: 10 }, (_, k) => ({
        from,
        to: names[(i * 7 + k * 13 + 1) % names.length],
        port: 8080,
        protocol: 'TCP',
        expect: 'allowed',
        source: { file: '', document: 0, path: [] },
      })),
    );
    const start = cpu();
    podwalk.checkExpectations(expectations, of);
    return { cpu: cpu() - start, pieces: expectations.length };
  },
};

const result = WORK[what]();
const mib = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ ...result, mib }));
