import { answer, buildCluster, loadCluster, readSources } from '../../src/index.ts';

const { sources } = readSources(['topologies/two-nodes']);
const { objects, diagnostics } = loadCluster(sources, { set: [] });
for (const { severity, code, message } of diagnostics) console.error(severity, code, message);

const cluster = buildCluster(objects);
const found = answer(
  cluster,
  { source: 'pod/client', destination: 'svc/web:80', namespace: 'default' },
  { all: true },
);
if (!found.ok) throw new Error(found.error.message);
for (const { odds, verdict, endpoint } of found.value.trace.paths) {
  console.log(odds, verdict, endpoint?.pod);
}
