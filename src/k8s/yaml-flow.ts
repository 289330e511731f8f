import { setOwn } from './own-key.ts';
import { readAlias, readAnchored, readProperties } from './yaml-anchors.ts';
import {
  beginKey,
  type Cursor,
  codeAt,
  isBlankAt,
  lineEnd,
  MAX_KEY,
  MAX_PLAIN_DEPTH,
  placeCollection,
  placeEnd,
  placeScalar,
  skipBlanks,
  UNUSUAL,
} from './yaml-cursor.ts';
import { beginsPlain, plainValue } from './yaml-plain-scalar.ts';
import { foldBlanks, readQuoted } from './yaml-quoted.ts';
import { resolvePlainKey } from './yaml-scalar.ts';

/**
 * Flow collections (`[a, b]`, `{a: b}`), as libyaml reads them: their lines may begin at any column, and tabs are
 * blanks. The cursor goes behind the closing bracket.
 */
export function readFlow(c: Cursor, depth: number): unknown {
  if (depth > MAX_PLAIN_DEPTH) throw UNUSUAL;
  c.nodes++;
  const row = placeCollection(c, c.at, false);
  const mapping = codeAt(c, c.at) === 123;
  c.at++;
  const value = mapping ? readEntries(c, depth) : readItems(c, depth);
  placeEnd(c, row);
  return value;
}

function readItems(c: Cursor, depth: number): unknown[] {
  const items: unknown[] = [];
  for (;;) {
    skipSpace(c);
    if (codeAt(c, c.at) === 93) break;
    c.key = items.length;
    c.keyStart = -1;
    items.push(readFlowNode(c, depth));
    // A single pair (`[a: b]`) is left to the whole parser.
    endEntry(c, 93);
  }
  c.at++;
  return items;
}

function readEntries(c: Cursor, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (;;) {
    skipSpace(c);
    if (codeAt(c, c.at) === 125) break;
    const start = c.at;
    const line = c.lineStart;
    const quoted = isQuote(codeAt(c, start));
    const text = quoted ? readQuoted(c) : readFlowPlain(c);
    const key = quoted ? text : resolvePlainKey(text);
    if (key === undefined || (text === '<<' && !quoted)) throw UNUSUAL;
    skipSpace(c);
    const pair = codeAt(c, c.at) === 58;
    if (pair && (line !== c.lineStart || c.at - start > MAX_KEY)) throw UNUSUAL;
    beginKey(c, out, key, start);
    setOwn(out, key, pair ? readPairValue(c, depth) : absent(c, -1));
    endEntry(c, 125);
  }
  c.at++;
  return out;
}

/** The value behind the colon that the cursor is at. */
function readPairValue(c: Cursor, depth: number): unknown {
  c.at++;
  // `{"a":b}` is a pair, `{a:b}` one word; `{a:}` is different things to different readers.
  if (isBracket(codeAt(c, c.at))) throw UNUSUAL;
  skipBlanks(c);
  const behind = c.at;
  skipSpace(c);
  const next = codeAt(c, c.at);
  return next === 44 || next === 125 ? absent(c, behind) : readFlowNode(c, depth);
}

function absent(c: Cursor, start: number): null {
  placeScalar(c, start, start);
  return null;
}

function readFlowNode(c: Cursor, depth: number): unknown {
  const code = codeAt(c, c.at);
  if (code === 91 || code === 123) return readFlow(c, depth + 1);
  if (code === 42) return readAlias(c);
  if (code === 33 || code === 38) {
    const { anchor, text } = readProperties(c);
    skipSpace(c);
    const next = codeAt(c, c.at);
    if (next === 33 || next === 38 || next === 42) throw UNUSUAL;
    return readAnchored(c, anchor, () => (text ? readFlowText(c) : readFlowNode(c, depth)));
  }
  c.nodes++;
  const start = c.at;
  if (isQuote(code)) {
    const text = readQuoted(c);
    placeScalar(c, start, c.at);
    return text;
  }
  const text = readFlowPlain(c);
  placeScalar(c, start, c.scalarEnd);
  return plainValue(c, text, start);
}

/** A scalar behind `!!str`. */
function readFlowText(c: Cursor): string {
  c.nodes++;
  const start = c.at;
  const quoted = isQuote(codeAt(c, start));
  const text = quoted ? readQuoted(c) : readFlowPlain(c);
  placeScalar(c, start, quoted ? c.at : c.scalarEnd);
  return text;
}

/** A plain scalar of a flow collection; it may go on in the lines below. */
function readFlowPlain(c: Cursor): string {
  const first = codeAt(c, c.at);
  // In a flow collection `:` begins a value, whatever stands behind it.
  if (!beginsPlain(c) || first === 58 || ((first === 45 || first === 63) && isBracket(codeAt(c, c.at + 1)))) {
    throw UNUSUAL;
  }
  let text = '';
  for (;;) {
    const from = c.at;
    const code = plainPiece(c);
    text += c.text.slice(from, c.at);
    c.scalarEnd = c.at;
    if (code !== 32) return text;
    const between = foldBlanks(c);
    if (endsPlain(c)) return text;
    text += between;
  }
}

/** Goes to where a plain scalar may end; 32 if a blank or a line's end stands there. */
function plainPiece(c: Cursor): number {
  for (; c.at < c.end; c.at++) {
    const code = c.text.charCodeAt(c.at);
    if (code === 32 || code === 9 || code === 10 || code === 13) return 32;
    if (isBracket(code)) return code;
    if (code === 58) {
      const next = codeAt(c, c.at + 1);
      if (isBracket(next)) throw UNUSUAL;
      if (isBlankAt(c, c.at + 1)) return code;
    } else if (code === 63 && isBlankAt(c, c.at + 1)) throw UNUSUAL;
  }
  throw UNUSUAL;
}

/** Whether what stands behind blanks does not belong to the plain scalar before them. */
function endsPlain(c: Cursor): boolean {
  const code = codeAt(c, c.at);
  return isBracket(code) || code === 35 || (code === 58 && isBlankAt(c, c.at + 1));
}

/** A comma or the closing bracket must be next; goes behind the comma. */
function endEntry(c: Cursor, closing: number): void {
  skipSpace(c);
  const code = codeAt(c, c.at);
  if (code === 44) c.at++;
  else if (code !== closing) throw UNUSUAL;
}

/** Steps over blanks, line breaks and comments. */
function skipSpace(c: Cursor): void {
  for (;;) {
    const code = codeAt(c, c.at);
    if (c.at >= c.end) throw UNUSUAL;
    if (code === 35) c.at = lineEnd(c, c.at);
    else if (code === 32 || code === 9 || code === 10 || code === 13) foldBlanks(c);
    else return;
  }
}

function isBracket(code: number): boolean {
  return code === 44 || code === 91 || code === 93 || code === 123 || code === 125;
}

function isQuote(code: number): boolean {
  return code === 34 || code === 39;
}
