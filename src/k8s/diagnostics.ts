import type { SourceRef } from './objects.ts';

/** An error makes the input unusable (exit 2); a warning or note is printed and the work goes on. */
export type Severity = 'error' | 'warning' | 'note';

/** Where in the input a diagnostic points: an object, and a path inside it. */
export interface DiagnosticPlace {
  readonly source: SourceRef;
  readonly path: readonly (string | number)[];
  /** For a text inside an object (`data["net-conf.json"]`, where `path` leads): the path inside that text. */
  readonly inner?: readonly (string | number)[];
}

/** Something to tell the person about the input: what, where, the value, the fix. */
export interface Diagnostic {
  readonly severity: Severity;
  /** A stable code, listed in docs/diagnostics.md: `PW1xx` reading, `PW2xx` fields, `PW3xx` between objects, `PW4xx` cluster. */
  readonly code: string;
  /** What is wrong, in the API server's words where it would reject the same: `spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive`. */
  readonly message: string;
  readonly fix?: string;
  readonly at?: DiagnosticPlace;
  /** Another place that has to do with it, and what it is: `the first`. */
  readonly also?: { readonly label: string; readonly at: DiagnosticPlace };
  /** For texts that do not parse: position as the parser gives it (1-based). */
  readonly position?: { readonly file: string; readonly line: number; readonly column: number };
}
