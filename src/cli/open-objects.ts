import { type Completed, completeObjects } from '../cluster/index.ts';
import type { ClusterObjects } from '../k8s/index.ts';
import type { Io } from './io.ts';
import { loadAndBuild } from './load-input.ts';
import type { InputOptions } from './options.ts';
import { readInput } from './read-input.ts';
import { reportDiagnostics } from './report-diagnostics.ts';

/**
 * Reads objects and completes them as the control plane does, without building any machine's state. What there is to
 * say goes to stderr, as `openCluster` says it. Undefined after an error: exit 2.
 *
 * @param adding what is added to the objects as they were loaded
 */
export async function openObjects(
  paths: readonly string[],
  options: InputOptions,
  io: Io,
  verbose: boolean,
  adding: (objects: ClusterObjects) => ClusterObjects = (objects) => objects,
): Promise<Completed['objects'] | undefined> {
  const read = readInput(paths, options, io);
  if (!reportDiagnostics(read.diagnostics, read.sources, io, verbose)) return undefined;
  // What is invalid only in some machine's state can be left out only by who builds that.
  const complete =
    options.skipInvalid === true ? (await import('../cluster/state/index.ts')).buildState : completeObjects;
  const { loaded, built } = await loadAndBuild<Completed>(read.sources, options, io, (objects, watching) =>
    complete(adding(objects), watching),
  );
  const sound = reportDiagnostics(loaded.diagnostics, read.sources, io, verbose);
  if (!sound || built === undefined) return undefined;
  return reportDiagnostics(built.diagnostics, read.sources, io, verbose) ? built.objects : undefined;
}
