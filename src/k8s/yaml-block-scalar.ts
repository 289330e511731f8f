import { type Cursor, codeAt, contentFrom, isLineEnd, lineEnd, UNUSUAL } from './yaml-cursor.ts';

/**
 * A block scalar (`|` or `>`), as libyaml reads it (yaml_parser_scan_block_scalar). The cursor goes to the content
 * behind it.
 *
 * @param indent column of the collection that holds it
 */
export function readBlockScalar(c: Cursor, indent: number): string {
  const literal = codeAt(c, c.at) === 124;
  const header = HEADER.exec(c.text.slice(c.at, lineEnd(c, c.at)));
  if (header === null) throw UNUSUAL;
  const chomp = header[1] ?? header[4] ?? '';
  const explicit = Number(header[2] ?? header[3] ?? 0);
  const first = lineEnd(c, c.at) + 1;
  const column = explicit > 0 ? Math.max(indent, 0) + explicit : detectColumn(c, first);
  const lines: string[] = [];
  let line = first;
  if (column > indent) {
    for (let end: number; line < c.end; line = end + 1) {
      end = lineEnd(c, line);
      let at = line;
      while (at < line + column && codeAt(c, at) === 32) at++;
      if (isLineEnd(c, at)) lines.push('');
      else if (at < line + column) {
        if (codeAt(c, at) === 9) throw UNUSUAL;
        break;
      } else lines.push(c.text.slice(at, c.text.charCodeAt(end - 1) === 13 ? end - 1 : end));
    }
  }
  contentFrom(c, line);
  let full = lines.length;
  while (full > 0 && lines[full - 1] === '') full--;
  if (full === 0) {
    // Blank lines alone are told apart by few readers in the same way.
    if (chomp === '+') throw UNUSUAL;
    return '';
  }
  // Blanks alone further right than the text: part of it at its end to some readers, and not to others.
  if (/^[ \t]+$/.test(lines[full - 1] ?? '')) throw UNUSUAL;
  const blank = lines.length - full;
  lines.length = full;
  const text = literal ? lines.join('\n') : fold(lines);
  return chomp === '-' ? text : chomp === '+' ? text + '\n'.repeat(blank + 1) : `${text}\n`;
}

/** Chomping and indentation in either order, then nothing but a comment. */
const HEADER = /^[|>](?:([-+])?([1-9])?|([1-9])([-+])?)(?:[ \t]+#.*|[ \t]*)\r?$/;

/** The column of the first line that is not blank: that of the scalar. */
function detectColumn(c: Cursor, first: number): number {
  let widest = 0;
  for (let line = first; line < c.end; line = lineEnd(c, line) + 1) {
    let at = line;
    while (codeAt(c, at) === 32) at++;
    if (isLineEnd(c, at)) {
      widest = Math.max(widest, at - line);
      continue;
    }
    // A blank line that is wider than the text, and tabs, are mistakes.
    if (codeAt(c, at) === 9 || widest > at - line) throw UNUSUAL;
    return at - line;
  }
  if (widest > 0) throw UNUSUAL;
  return 0;
}

/** Lines that begin at the column are joined by blanks; those that are further right keep their line breaks. */
function fold(lines: readonly string[]): string {
  let out = '';
  let breaks = 0;
  let before: boolean | undefined;
  for (const line of lines) {
    if (line === '') {
      breaks++;
      continue;
    }
    const further = line.startsWith(' ') || line.startsWith('\t');
    if (before === undefined) out += '\n'.repeat(breaks);
    else if (before || further) out += '\n'.repeat(breaks + 1);
    else out += breaks === 0 ? ' ' : '\n'.repeat(breaks);
    out += line;
    before = further;
    breaks = 0;
  }
  return out;
}
