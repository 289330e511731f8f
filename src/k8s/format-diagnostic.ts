import { visible } from '../formats/text/index.ts';
import type { Diagnostic, Severity } from './diagnostics.ts';
import { locate } from './locate.ts';
import type { SourceText } from './sources.ts';

/** Longer lines (minified JSON) are shown around the place that is meant. */
const SNIPPET_WIDTH = 120;

/** One mistake made a thousand times is shown this often; other mistakes stay in sight. */
const OF_ONE_CODE = 10;

/**
 * A diagnostic as people and editors read it, without a newline at the end:
 *
 *     cluster.yaml:19:11: error PW202 spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
 *       19 |     port: 0
 *          |           ^
 *       fix: ...
 */
export function formatDiagnostic(diagnostic: Diagnostic, sources: readonly SourceText[]): string {
  const { severity, code } = diagnostic;
  const message = visible(diagnostic.message);
  const fix = diagnostic.fix === undefined ? undefined : visible(diagnostic.fix);
  const place = locate(diagnostic, sources);
  const lines: string[] = [];
  if (place === undefined) lines.push(`${severity} ${code} ${message}`);
  else {
    lines.push(`${visible(place.file)}:${place.line}:${place.column}: ${severity} ${code} ${message}`);
    if (place.lineText.trim() !== '') {
      const cut = cutAround(place.lineText.replaceAll('\t', ' '), place.column);
      // What is escaped takes more room, before the caret too.
      const text = visible(cut.text);
      const column = visible(cut.text.slice(0, cut.column - 1)).length + 1;
      const meant = visible(cut.text.slice(cut.column - 1, cut.column - 1 + place.length)).length;
      const number = String(place.line);
      const carets = '^'.repeat(Math.max(1, Math.min(meant, text.length - column + 1)));
      lines.push(
        `  ${number} | ${text}`,
        `  ${' '.repeat(number.length)} | ${' '.repeat(column - 1)}${carets}`,
      );
    }
  }
  const { also } = diagnostic;
  const other = also === undefined ? undefined : locate({ severity, code, message, at: also.at }, sources);
  if (also !== undefined && other !== undefined)
    lines.push(`  ${also.label}: ${other.file}:${other.line}:${other.column}`);
  if (fix !== undefined) lines.push(`  fix: ${fix}`);
  return lines.join('\n');
}

function cutAround(text: string, column: number): { text: string; column: number } {
  if (text.length <= SNIPPET_WIDTH) return { text: text.trimEnd(), column };
  const start = Math.max(0, column - 1 - SNIPPET_WIDTH / 2);
  const end = Math.min(text.length, start + SNIPPET_WIDTH);
  const head = start > 0 ? '...' : '';
  const tail = end < text.length ? '...' : '';
  return { text: `${head}${text.slice(start, end)}${tail}`, column: column - start + head.length };
}

/**
 * The lines to print for a list of diagnostics: errors before warnings before notes, at most ten of each code and
 * `limit` in all, and how many more there are.
 */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceText[],
  limit: number = 100,
): string[] {
  const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };
  const ordered = [...diagnostics].sort((a, b) => rank[a.severity] - rank[b.severity]);
  const counts = new Map<string, number>();
  const shown = ordered.filter(({ code }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    return count <= OF_ONE_CODE;
  });
  const lines = shown.slice(0, limit).map((diagnostic) => formatDiagnostic(diagnostic, sources));
  if (shown.length > limit) lines.push(`and ${ordered.length - limit} more`);
  else
    for (const [code, count] of counts)
      if (count > OF_ONE_CODE) lines.push(`and ${count - OF_ONE_CODE} more of ${code}`);
  return lines;
}
