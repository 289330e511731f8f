import { type Cursor, codeAt, isBlankAt, isLineEnd, lineEnd } from './yaml-cursor.ts';

/** What says which object a text is, found without reading the rest of it. */
export interface Envelope {
  readonly kind: string;
  readonly apiVersion: string;
  /** Where `metadata:` and what belongs to it stand. */
  readonly metadata: { readonly start: number; readonly end: number } | undefined;
  /** Begin of the line behind the object. */
  readonly end: number;
}

/**
 * The envelope of the block mapping whose keys are at column `column` of the lines from `start` on, as far as lines
 * are further right than `outside` (-1: to the end). Undefined if it is not as plain as kubectl and helm print it:
 * every line at that column a simple key or a dash, `kind` and `apiVersion` there once.
 */
export function findEnvelope(
  c: Cursor,
  start: number,
  column: number,
  outside: number,
): Envelope | undefined {
  let kind: string | undefined;
  let apiVersion: string | undefined;
  let metadata: { start: number; end: number } | undefined;
  let open = false;
  let line = start;
  // The first line of a List's item has a dash where the others have blanks.
  for (let at = c.at; line < c.end; ) {
    const code = codeAt(c, at);
    if (!isLineEnd(c, at) && code !== 35) {
      const here = at - line;
      if (here <= outside) break;
      if (here < column || code === 9) return undefined;
      if (here === column) {
        if (open && metadata !== undefined) metadata.end = line;
        open = false;
        if (!(code === 45 && isBlankAt(c, at + 1))) {
          KEY.lastIndex = at;
          const found = KEY.exec(c.text);
          if (found === null) return undefined;
          const [, key = '', value] = found;
          if (key === 'kind') {
            if (kind !== undefined || value === undefined) return undefined;
            kind = value;
          } else if (key === 'apiVersion') {
            if (apiVersion !== undefined || value === undefined) return undefined;
            apiVersion = value;
          } else if (key === 'metadata') {
            if (metadata !== undefined) return undefined;
            metadata = { start: at, end: c.end };
            open = true;
          }
        }
      }
    }
    line = lineEnd(c, line) + 1;
    at = line;
    while (codeAt(c, at) === 32) at++;
  }
  if (kind === undefined || apiVersion === undefined) return undefined;
  if (open && metadata !== undefined) metadata.end = Math.min(line, c.end);
  return { kind, apiVersion, metadata, end: line };
}

/** A simple key, and its value if that is a plain word: `apiVersion: apps/v1`. */
const KEY = /([A-Za-z][A-Za-z0-9_-]*):(?:[ \t]+(?:([A-Za-z][A-Za-z0-9./-]*)[ \t]*(?=\r?\n|$))?|(?=\r?\n|$))/y;
