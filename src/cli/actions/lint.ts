import { buildCluster } from '../../cluster/index.ts';
import { checkPolicies } from '../../intent/index.ts';
import {
  checkMeaning,
  type Diagnostic,
  formatDiagnostics,
  type LoadedCluster,
  loadCluster,
  readSources,
} from '../../k8s/index.ts';
import { type Finding, findingsOf, type ReadableFinding, renderSarif } from '../../render/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { inputPaths, loadOptions } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';
import { version } from '../version.ts';

export interface LintOptions extends ClusterOptions {
  readonly output: 'text' | 'json' | 'sarif';
  readonly verbose: boolean;
}

/**
 * `podwalk lint`: what is wrong with the input, and nothing else. Unlike for the other commands, a mistake in it is
 * an answer and no failure: exit 1, and 2 only when files cannot be read.
 */
export function lint(options: LintOptions, io: Io): ExitCode {
  const paths = inputPaths(options, io);
  if (paths === undefined) return EXIT.usage;
  const read = readSources(paths, io.stdin);
  if (read.diagnostics.length > 0) {
    for (const line of formatDiagnostics(read.diagnostics, read.sources)) io.stderr(`${line}\n`);
    return EXIT.usage;
  }
  const loaded = loadCluster(read.sources, loadOptions(options));
  const diagnostics = [...loaded.diagnostics, ...furtherDiagnostics(loaded)];
  const found = findingsOf(diagnostics, read.sources);
  io.stdout(rendered(found, options, read.sources[0]?.file));
  return diagnostics.some(({ severity }) => severity !== 'note') ? EXIT.no : EXIT.yes;
}

/** What shows only in the whole cluster; what is half-read would only raise false alarms there. */
function furtherDiagnostics({ objects, diagnostics }: LoadedCluster): readonly Diagnostic[] {
  if (diagnostics.some(({ severity }) => severity === 'error')) return [];
  const cluster = buildCluster(objects);
  return [...cluster.diagnostics, ...checkMeaning(cluster.objects), ...checkPolicies(cluster.objects)];
}

function rendered(
  found: readonly ReadableFinding[],
  { output, verbose }: LintOptions,
  firstFile: string | undefined,
): string {
  const findings = found.map(({ finding }) => finding);
  switch (output) {
    case 'json':
      return `${JSON.stringify(findings, null, 2)}\n`;
    case 'sarif':
      return renderSarif(findings, version(), firstFile);
    case 'text': {
      const shown = found.filter(({ finding }) => verbose || finding.severity !== 'note');
      const lines = shown.map(({ text }) => `${text}\n`).join('');
      return `${lines}${summary(findings, verbose)}\n`;
    }
  }
}

/** `1 error, 2 warnings, 3 notes (shown with -v)`. */
function summary(findings: readonly Finding[], verbose: boolean): string {
  const count = (severity: Finding['severity']): string => {
    const n = findings.filter((finding) => finding.severity === severity).length;
    return `${n} ${severity}${n === 1 ? '' : 's'}`;
  };
  const notes = findings.some(({ severity }) => severity === 'note');
  const hint = verbose ? '' : ' (shown with -v)';
  return `${count('error')}, ${count('warning')}${notes ? `, ${count('note')}${hint}` : ''}`;
}
