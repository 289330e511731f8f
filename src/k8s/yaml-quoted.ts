import { type Cursor, codeAt, isLineEnd, UNUSUAL } from './yaml-cursor.ts';

/**
 * Quoted scalars, as libyaml reads them (yaml_parser_scan_flow_scalar): the lines of one may begin at any column.
 */

/** Reads the scalar that begins at the cursor and goes behind its closing quote. */
export function readQuoted(c: Cursor): string {
  const quote = codeAt(c, c.at);
  const from = c.at + 1;
  for (let i = from; i < c.end; i++) {
    const code = c.text.charCodeAt(i);
    if (code === quote && (quote === 34 || codeAt(c, i + 1) !== 39)) {
      c.at = i + 1;
      return c.text.slice(from, i);
    }
    if (code === quote || code === 10 || code === 13 || (code === 92 && quote === 34)) {
      return readRest(c, quote, from, i);
    }
  }
  throw UNUSUAL;
}

/** The same from a place on that is not plain text. */
function readRest(c: Cursor, quote: number, from: number, first: number): string {
  let out = '';
  let piece = from;
  let i = first;
  // Blanks before the first special character may belong to a line break.
  while (i > from && (codeAt(c, i - 1) === 32 || codeAt(c, i - 1) === 9)) i--;
  for (;;) {
    if (i >= c.end) throw UNUSUAL;
    const code = c.text.charCodeAt(i);
    if (code === quote) {
      out += c.text.slice(piece, i);
      if (quote === 34 || codeAt(c, i + 1) !== 39) {
        c.at = i + 1;
        return out;
      }
      piece = i + 1;
      i += 2;
    } else if (code === 92 && quote === 34) {
      out += c.text.slice(piece, i);
      c.at = i;
      out += readEscape(c);
      i = piece = c.at;
    } else if (code === 32 || code === 9 || code === 10 || code === 13) {
      out += c.text.slice(piece, i);
      c.at = i;
      out += foldBlanks(c);
      i = piece = c.at;
    } else i++;
  }
}

/** Steps over blanks and line breaks, and gives what they come to: themselves, a blank, or line breaks. */
export function foldBlanks(c: Cursor): string {
  const from = c.at;
  let breaks = 0;
  let i = from;
  for (; i < c.end; i++) {
    const code = c.text.charCodeAt(i);
    if (code === 10) {
      breaks++;
      c.lineStart = i + 1;
    } else if (code === 13) {
      if (codeAt(c, i + 1) !== 10) throw UNUSUAL;
    } else if (code !== 32 && code !== 9) break;
  }
  c.at = i;
  return breaks === 0 ? c.text.slice(from, i) : breaks === 1 ? ' ' : '\n'.repeat(breaks - 1);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ...[...'"/\\ '].map((same) => [same, same] as const),
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  ['N', '\x85'],
  ['_', '\xa0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
]);
const DIGITS: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

function readEscape(c: Cursor): string {
  const letter = c.text.charAt(c.at + 1);
  if (isLineEnd(c, c.at + 1)) {
    // An escaped line break joins; blank lines behind it would be line breaks to some readers and none to others.
    c.at++;
    if (foldBlanks(c) !== ' ') throw UNUSUAL;
    return '';
  }
  const digits = DIGITS.get(letter);
  if (digits === undefined) {
    const meant = ESCAPES.get(letter);
    if (meant === undefined) throw UNUSUAL;
    c.at += 2;
    return meant;
  }
  const hex = c.text.slice(c.at + 2, c.at + 2 + digits);
  const point = Number.parseInt(hex, 16);
  if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) throw UNUSUAL;
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw UNUSUAL;
  c.at += 2 + digits;
  return String.fromCodePoint(point);
}
