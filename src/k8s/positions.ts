import { perText } from './per-text.ts';

/** Line and column of an offset, 1-based, and the line's text. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
  readonly lineText: string;
}

/** Offsets at which the lines of a text begin, found once: a text may have as many diagnostics as lines. */
const lineStarts = perText((text) => {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
});

export function positionAt(text: string, offset: number): TextPosition {
  const end = Math.max(0, Math.min(offset, text.length));
  const starts = lineStarts(text);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= end) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: end - (starts[low] ?? 0) + 1, lineText: lineAt(text, low + 1) };
}

/** The text of a line (1-based) without its line break; empty if there is no such line. */
export function lineAt(text: string, line: number): string {
  const starts = lineStarts(text);
  const start = starts[line - 1];
  if (start === undefined) return '';
  const next = starts[line];
  return text.slice(start, next === undefined ? text.length : next - 1).replace(/\r$/, '');
}
