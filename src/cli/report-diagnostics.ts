import { type Diagnostic, formatDiagnostics, type SourceText } from '../k8s/index.ts';
import type { Io } from './io.ts';

/** Prints what there is to say about the input, notes only when asked for; false when something of it is an error. */
export function reportDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceText[],
  io: Io,
  verbose: boolean,
): boolean {
  const shown = diagnostics.filter((diagnostic) => verbose || diagnostic.severity !== 'note');
  for (const line of formatDiagnostics(shown, sources)) io.stderr(`${line}\n`);
  return diagnostics.every((diagnostic) => diagnostic.severity !== 'error');
}
