import { type Completed, completeObjects } from '../cluster/index.ts';
import {
  type Diagnostic,
  formatDiagnostics,
  loadCluster,
  readSources,
  type SourceText,
} from '../k8s/index.ts';
import type { Io } from './io.ts';
import { loadOptions } from './open-cluster.ts';
import type { ClusterOptions } from './options.ts';

/**
 * Reads objects and completes them as the control plane does, without building any machine's state. What there is to
 * say goes to stderr, as `openCluster` says it. Undefined after an error: exit 2.
 */
export function openObjects(
  paths: readonly string[],
  options: Pick<ClusterOptions, 'set' | 'policy'>,
  io: Io,
  verbose: boolean,
): Completed['objects'] | undefined {
  const read = readSources([...paths], io.stdin);
  if (!say(read.diagnostics, read.sources, io, verbose)) return undefined;
  const loaded = loadCluster(read.sources, loadOptions(options));
  if (!say(loaded.diagnostics, read.sources, io, verbose)) return undefined;
  const completed = completeObjects(loaded.objects);
  return say(completed.diagnostics, read.sources, io, verbose) ? completed.objects : undefined;
}

function say(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceText[],
  io: Io,
  verbose: boolean,
): boolean {
  const shown = diagnostics.filter((diagnostic) => verbose || diagnostic.severity !== 'note');
  for (const line of formatDiagnostics(shown, sources)) io.stderr(`${line}\n`);
  return diagnostics.every((diagnostic) => diagnostic.severity !== 'error');
}
