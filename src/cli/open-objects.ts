import { type Completed, completeObjects } from '../cluster/index.ts';
import { type ClusterObjects, loadCluster, readSources } from '../k8s/index.ts';
import type { Io } from './io.ts';
import { loadOptions } from './open-cluster.ts';
import type { ClusterOptions } from './options.ts';
import { reportDiagnostics } from './report-diagnostics.ts';

/**
 * Reads objects and completes them as the control plane does, without building any machine's state. What there is to
 * say goes to stderr, as `openCluster` says it. Undefined after an error: exit 2.
 *
 * @param adding what is added to the objects as they were loaded
 */
export function openObjects(
  paths: readonly string[],
  options: Pick<ClusterOptions, 'set' | 'policy'>,
  io: Io,
  verbose: boolean,
  adding: (objects: ClusterObjects) => ClusterObjects = (objects) => objects,
): Completed['objects'] | undefined {
  const read = readSources([...paths], io.stdin);
  if (!reportDiagnostics(read.diagnostics, read.sources, io, verbose)) return undefined;
  const loaded = loadCluster(read.sources, loadOptions(options));
  if (!reportDiagnostics(loaded.diagnostics, read.sources, io, verbose)) return undefined;
  const completed = completeObjects(adding(loaded.objects));
  return reportDiagnostics(completed.diagnostics, read.sources, io, verbose) ? completed.objects : undefined;
}
