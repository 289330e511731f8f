import { type Diagnostic, formatDiagnostic, locate, type Severity, type SourceText } from '../k8s/index.ts';

/** A diagnostic as programs read it: the `-o json` of `podwalk lint`. */
export interface Finding {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  /** Absent where a finding is about no place in the input. Lines and columns begin at 1. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** The column after what is meant. */
  readonly endColumn?: number;
}

/** A finding, and the text that people read. */
export interface ReadableFinding {
  readonly finding: Finding;
  readonly text: string;
}

/** Diagnostics with their places, in the order of the files and their lines; those without a place come first. */
export function findingsOf(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceText[],
): ReadableFinding[] {
  const order = new Map(sources.map((source, i) => [source.file, i]));
  const fileOf = ({ at, position }: Diagnostic): number =>
    order.get(position?.file ?? at?.source.file ?? '') ?? -1;
  // File by file: each is read again once to find lines and columns.
  const grouped = [...diagnostics].sort((a, b) => fileOf(a) - fileOf(b));
  const found = grouped.map((diagnostic) => {
    const finding = findingOf(diagnostic, sources);
    return { finding, text: formatDiagnostic(diagnostic, sources), file: fileOf(diagnostic) };
  });
  found.sort(
    (a, b) =>
      a.file - b.file ||
      (a.finding.line ?? 0) - (b.finding.line ?? 0) ||
      (a.finding.column ?? 0) - (b.finding.column ?? 0),
  );
  return found;
}

function findingOf(diagnostic: Diagnostic, sources: readonly SourceText[]): Finding {
  const { severity, code, message, fix } = diagnostic;
  const place = locate(diagnostic, sources);
  return {
    severity,
    code,
    message,
    ...(fix === undefined ? {} : { fix }),
    ...(place === undefined
      ? {}
      : {
          file: place.file,
          line: place.line,
          column: place.column,
          endColumn: place.column + place.length,
        }),
  };
}
