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
  /** Another place that has to do with it. */
  readonly also?: {
    readonly label: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
  };
}

/** A finding, and the text that people read, made when it is asked for. */
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
    return {
      finding,
      file: fileOf(diagnostic),
      get text(): string {
        return formatDiagnostic(diagnostic, sources);
      },
    };
  });
  found.sort(
    (a, b) =>
      a.file - b.file ||
      (a.finding.line ?? 0) - (b.finding.line ?? 0) ||
      (a.finding.column ?? 0) - (b.finding.column ?? 0),
  );
  return found;
}

/** Of so many findings of one code all are shown; of more the first few, and how many there are besides. */
const ALL_OF_A_CODE = 5;
const FIRST_OF_A_CODE = 3;

/**
 * Findings as people read them, in their order. What is said many times is said a few times and counted, for one
 * habit of a thousand manifests must not hide what is wrong with one of them.
 */
export function formatFindings(found: readonly ReadableFinding[]): string[] {
  const kindOf = ({ finding }: ReadableFinding): string => `${finding.severity} ${finding.code}`;
  const totals = new Map<string, number>();
  for (const one of found) totals.set(kindOf(one), (totals.get(kindOf(one)) ?? 0) + 1);
  const shown = new Map<string, number>();
  return found.flatMap((one) => {
    const kind = kindOf(one);
    const total = totals.get(kind) ?? 0;
    const number = (shown.get(kind) ?? 0) + 1;
    shown.set(kind, number);
    if (total <= ALL_OF_A_CODE || number < FIRST_OF_A_CODE) return [one.text];
    if (number > FIRST_OF_A_CODE) return [];
    return [one.text, `  and ${total - FIRST_OF_A_CODE} more of ${one.finding.code} (-o json lists each)`];
  });
}

function findingOf(diagnostic: Diagnostic, sources: readonly SourceText[]): Finding {
  const { severity, code, message, fix } = diagnostic;
  const place = locate(diagnostic, sources);
  const { also } = diagnostic;
  const other = also === undefined ? undefined : locate({ severity, code, message, at: also.at }, sources);
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
    ...(also === undefined || other === undefined
      ? {}
      : { also: { label: also.label, file: other.file, line: other.line, column: other.column } }),
  };
}
