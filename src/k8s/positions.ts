/** Line and column of an offset, 1-based, and the line's text. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
  readonly lineText: string;
}

export function positionAt(text: string, offset: number): TextPosition {
  const end = Math.max(0, Math.min(offset, text.length));
  let line = 1;
  let start = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < end; i = text.indexOf('\n', i + 1)) {
    line++;
    start = i + 1;
  }
  const stop = text.indexOf('\n', start);
  const lineText = text.slice(start, stop < 0 ? text.length : stop).replace(/\r$/, '');
  return { line, column: end - start + 1, lineText };
}
