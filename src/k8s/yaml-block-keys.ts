import {
  type Cursor,
  codeAt,
  isBlankAt,
  isLineEnd,
  nextContent,
  skipBlanks,
  UNUSUAL,
} from './yaml-cursor.ts';
import { beginsPlain, plainInLine } from './yaml-plain-scalar.ts';
import { readQuoted } from './yaml-quoted.ts';
import { resolvePlainKey } from './yaml-scalar.ts';

/** Keys of block mappings, as far as the plain reader reads them. */

export function keyOf(text: string): string {
  const key = resolvePlainKey(text);
  // Merge keys need aliases to be of use.
  if (key === undefined || text === '<<') throw UNUSUAL;
  return key;
}

/** The key at the cursor, which goes to its colon; undefined: a `? ` key, which is still to be read. */
export function readKey(c: Cursor): string | undefined {
  const start = c.at;
  const code = codeAt(c, start);
  if (code === 34 || code === 39) {
    const line = c.lineStart;
    const text = readQuoted(c);
    skipBlanks(c);
    if (codeAt(c, c.at) !== 58 || line !== c.lineStart) throw UNUSUAL;
    return text;
  }
  if (code === 63 && isBlankAt(c, start + 1)) return undefined;
  if (!beginsPlain(c)) throw UNUSUAL;
  const behind = plainInLine(c, start);
  if (codeAt(c, c.at) !== 58) throw UNUSUAL;
  return keyOf(c.text.slice(start, behind));
}

/** `? key`, and the colon in the line below: how long keys are printed. Leaves where the key begins in `keyStart`. */
export function readExplicitKey(c: Cursor, column: number): string {
  c.at++;
  skipBlanks(c);
  const start = c.at;
  const code = codeAt(c, start);
  let key: string;
  if (code === 34 || code === 39) {
    key = readQuoted(c);
  } else {
    if (!beginsPlain(c) || isLineEnd(c, start)) throw UNUSUAL;
    const behind = plainInLine(c, start);
    if (!isLineEnd(c, c.at)) throw UNUSUAL;
    key = keyOf(c.text.slice(start, behind));
  }
  nextContent(c);
  if (c.column !== column || codeAt(c, c.at) !== 58) throw UNUSUAL;
  c.keyStart = start;
  return key;
}
