import { type Cursor, codeAt, isBlankAt, isLineEnd, nextContent, UNUSUAL } from './yaml-cursor.ts';
import { isLetterBoolean, resolvePlainScalar } from './yaml-scalar.ts';

/** Characters that no plain scalar begins with; `-`, `?` and `:` only before a blank. */
const NOT_FIRST = new Set([...',[]{}#&*!|>\'"%@`\ufeff'].map((c) => c.charCodeAt(0)));

/** Whether a plain scalar may begin at the cursor. */
export function beginsPlain(c: Cursor): boolean {
  const code = codeAt(c, c.at);
  if (NOT_FIRST.has(code)) return false;
  return !((code === 45 || code === 63 || code === 58) && isBlankAt(c, c.at + 1));
}

/**
 * Where a plain scalar of a block ends in the line of `from`: before `: `, ` #` or the line's end. Blanks at its end
 * do not count. The cursor goes to where it stopped.
 */
export function plainInLine(c: Cursor, from: number): number {
  const { text, end } = c;
  let behind = from;
  let i = from;
  for (; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === 32 || code === 9) continue;
    if (code === 10) break;
    if (code === 58) {
      if (isBlankAt(c, i + 1)) break;
    } else if (code === 35) {
      if (i > behind) break;
    } else if (code === 13) {
      if (codeAt(c, i + 1) === 10) break;
      throw UNUSUAL;
    }
    behind = i + 1;
  }
  c.at = i;
  return behind;
}

/**
 * The rest of a plain scalar of a block whose first line ends at `behind`, where `plainInLine` left the cursor. Its
 * lines go on as long as they are further right than the collection that holds it.
 */
export function readPlain(c: Cursor, start: number, behind: number, indent: number): string {
  let text = c.text.slice(start, behind);
  let end = behind;
  for (;;) {
    // `a: b: c`: a mapping where none may be.
    if (codeAt(c, c.at) === 58 && !isLineEnd(c, c.at)) throw UNUSUAL;
    const comment = codeAt(c, c.at) === 35;
    const from = c.at;
    nextContent(c);
    c.scalarEnd = end;
    if (c.column <= indent) return text;
    // Nothing goes on behind a comment, in the line or in one of its own.
    if (comment || hasComment(c, from)) throw UNUSUAL;
    const breaks = countBreaks(c, from);
    text += breaks === 1 ? ' ' : '\n'.repeat(breaks - 1);
    const line = c.at;
    end = plainInLine(c, line);
    text += c.text.slice(line, end);
  }
}

/** Line feeds between an offset and the cursor. */
function countBreaks(c: Cursor, from: number): number {
  let count = 0;
  for (let at = c.text.indexOf('\n', from); at >= 0 && at < c.at; at = c.text.indexOf('\n', at + 1)) count++;
  return count;
}

function hasComment(c: Cursor, from: number): boolean {
  for (let at = from; at < c.at; at++) if (c.text.charCodeAt(at) === 35) return true;
  return false;
}

/** What a plain scalar means; `offset` is where it begins. */
export function plainValue(c: Cursor, text: string, offset: number): unknown {
  if (c.letter < 0 && isLetterBoolean(text)) c.letter = offset;
  return resolvePlainScalar(text);
}
