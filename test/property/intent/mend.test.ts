import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Break, buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { diagnose } from '../../../src/intent/index.ts';
import { type ClusterObjects, loadCluster } from '../../../src/k8s/index.ts';
import { answer, type Question, type Trace } from '../../../src/trace/index.ts';
import { randomFault } from '../../support/arbitrary/faults.ts';

/** Three nodes, a Service with a pod on each, and everything that goes wrong by hand. */
const FILE = fileURLToPath(new URL('../../../topologies/three-nodes/cluster.yaml', import.meta.url));
const OBJECTS: ClusterObjects = loadCluster([
  { file: 'cluster.yaml', text: readFileSync(FILE, 'utf8') },
]).objects;

const oneBreak = randomFault(['node1', 'node2', 'node3'], ['pod/client', 'pod/web-0', 'pod/web-1']);

const QUESTIONS: readonly Question[] = [
  { source: 'pod/client', destination: 'svc/web', namespace: 'default' },
  { source: 'pod/web-1', destination: 'svc/web', namespace: 'default' },
  { source: 'pod/client', destination: 'pod/web-1', namespace: 'default', protocol: 'icmp' },
  { source: 'node/node2', destination: 'svc/web', namespace: 'default' },
  { source: 'external', destination: 'svc/web', namespace: 'default' },
];

const ALL = { all: true };

function walk(cluster: Cluster, question: Question): Trace {
  const found = answer(cluster, question, ALL);
  if (!found.ok) throw new Error(found.error.message);
  return found.value.trace;
}

/** The cluster with the breaks of a list that work: a second one may find nothing left to break. */
function broken(breaks: readonly Break[]): { cluster: Cluster; done: readonly Break[] } {
  const done: Break[] = [];
  for (const one of breaks) {
    const tried = buildCluster(OBJECTS, { breaks: [...done, one] });
    if (!tried.diagnostics.some((d) => d.severity === 'error')) done.push(one);
  }
  return { cluster: buildCluster(OBJECTS, { breaks: done }), done };
}

describe('a cluster that somebody broke', () => {
  it('is mended by what the diagnosis of a failed walk proposes, whatever was broken', () => {
    let mended = 0;
    fc.assert(
      fc.property(fc.array(oneBreak, { minLength: 1, maxLength: 4 }), fc.nat(), (breaks, pick) => {
        const question = QUESTIONS[pick % QUESTIONS.length] as Question;
        const { cluster, done } = broken(breaks);
        const trace = walk(cluster, question);
        const diagnosis = diagnose(cluster, { question, options: ALL, trace });
        // The walk of before is the walk of after.
        expect(walk(cluster, question)).toEqual(trace);
        const what = JSON.stringify({ question, done, diagnosis });
        expect(diagnosis?.agrees, what).toBe(trace.verdict === 'delivered');
        if (trace.verdict === 'delivered') return;
        expect(diagnosis?.mend?.verified, what).toBe(true);
        const mends = (diagnosis?.mend?.commands ?? []).map((command) => {
          const colon = command.indexOf(': ');
          return { on: command.slice(0, colon), run: command.slice(colon + 2) };
        });
        const again = buildCluster(OBJECTS, { breaks: [...done, ...mends] });
        expect(
          again.diagnostics.filter((d) => d.severity === 'error'),
          what,
        ).toEqual([]);
        expect(walk(again, question).verdict, what).toBe('delivered');
        mended++;
      }),
      { seed: 20_241_121, numRuns: 120 },
    );
    expect(mended).toBeGreaterThan(50);
  });
});
