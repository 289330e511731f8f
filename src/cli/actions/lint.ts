import { buildCluster } from '../../cluster/index.ts';
import { jsonText } from '../../formats/text/index.ts';
import { checkConflicts, checkPolicies } from '../../intent/index.ts';
import { checkMeaning, type Diagnostic, formatDiagnostics, type Severity } from '../../k8s/index.ts';
import {
  type Finding,
  findingsOf,
  formatFindings,
  type ReadableFinding,
  renderSarif,
} from '../../render/index.ts';
import { type CodeInfo, diagnosticCodes } from '../diagnostic-codes.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { parseIgnores } from '../ignores.ts';
import type { Io } from '../io.ts';
import { loadAndBuild } from '../load-input.ts';
import { inputPaths } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';
import { readInput } from '../read-input.ts';
import { type Silenced, silence } from '../silence.ts';
import { version } from '../version.ts';

export interface LintOptions extends ClusterOptions {
  readonly output: 'text' | 'json' | 'sarif';
  readonly verbose: boolean;
  /** The least severity for which the exit status is 1. */
  readonly failOn: Severity;
  /** `--ignore`, in order. */
  readonly ignore: readonly string[];
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/**
 * `podwalk lint`: what is wrong with the input, and nothing else. Unlike for the other commands, a mistake in it is
 * an answer and no failure: exit 1, and 2 only when files cannot be read.
 */
export async function lint(options: LintOptions, io: Io): Promise<ExitCode> {
  const codes = diagnosticCodes();
  const parsed = parseIgnores(options.ignore, codes.keys());
  if ('error' in parsed) {
    io.stderr(`error: ${parsed.error}\n`);
    return EXIT.usage;
  }
  const paths = inputPaths(options, io);
  if (paths === undefined) return EXIT.usage;
  const read = readInput(paths, options, io);
  if (read.diagnostics.some(({ severity }) => severity === 'error')) {
    for (const line of formatDiagnostics(read.diagnostics, read.sources)) io.stderr(`${line}\n`);
    return EXIT.usage;
  }
  const { loaded, built } = await loadAndBuild(read.sources, options, io, buildCluster);
  const diagnostics = [...read.diagnostics, ...loaded.diagnostics, ...(built?.diagnostics ?? [])];
  const objects = built?.objects ?? loaded.objects;
  // What is half-read would only raise false alarms in the whole cluster.
  if (built !== undefined)
    diagnostics.push(...checkMeaning(objects), ...checkPolicies(objects), ...checkConflicts(objects));
  const silenced = silence(diagnostics.map(asFinding), objects, parsed.ignores, [...codes.keys()]);
  const found = findingsOf(silenced.told, read.sources);
  io.stdout(rendered(found, silenced, options, read.sources[0]?.file, codes));
  if (options.verbose) for (const one of silenced.unused) io.stderr(`note: nothing to ignore by ${one}\n`);
  const fails = silenced.told.some(({ severity }) => RANK[severity] <= RANK[options.failOn]);
  return fails ? EXIT.no : EXIT.yes;
}

/** An Ingress is checked like any object; that no walk follows it is no fault of it. */
function asFinding(diagnostic: Diagnostic): Diagnostic {
  return diagnostic.code === 'PW228' ? { ...diagnostic, severity: 'note' } : diagnostic;
}

function rendered(
  found: readonly ReadableFinding[],
  { ignored }: Silenced,
  { output, verbose }: LintOptions,
  firstFile: string | undefined,
  codes: ReadonlyMap<string, CodeInfo>,
): string {
  const findings = found.map(({ finding }) => finding);
  switch (output) {
    case 'json':
      return `${jsonText(findings, 2)}\n`;
    case 'sarif':
      return renderSarif(findings, version(), firstFile, codes);
    case 'text': {
      const shown = found.filter(({ finding }) => verbose || finding.severity !== 'note');
      const lines = formatFindings(shown).map((text) => `${text}\n`);
      return `${lines.join('')}${summary(findings, ignored, verbose)}\n`;
    }
  }
}

/** `1 error, 2 warnings, 3 notes (shown with -v), 4 ignored`. */
function summary(findings: readonly Finding[], ignored: number, verbose: boolean): string {
  const count = (severity: Finding['severity']): string => {
    const n = findings.filter((finding) => finding.severity === severity).length;
    return `${n} ${severity}${n === 1 ? '' : 's'}`;
  };
  const notes = findings.some(({ severity }) => severity === 'note');
  const hint = verbose ? '' : ' (shown with -v)';
  const left = ignored === 0 ? '' : `, ${ignored} ignored`;
  return `${count('error')}, ${count('warning')}${notes ? `, ${count('note')}${hint}` : ''}${left}`;
}
