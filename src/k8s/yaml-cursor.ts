import { hasOwn } from './own-key.ts';
import { closeRow, openRow, type YamlPlaces } from './yaml-places.ts';

/** Thrown by the plain reader where a text needs the whole of YAML; one object, because it may be thrown often. */
export const UNUSUAL: Error = new Error('this YAML is not plain');

/** Levels of nesting that the plain reader follows; the whole parser takes over, and says where it is too deep. */
export const MAX_PLAIN_DEPTH = 150;

/** Characters of a key, as far as they must stand in one line; libyaml's limit is 1,024. */
export const MAX_KEY = 1000;

/** Where the plain reader is in a text. All offsets are of the text. */
export interface Cursor {
  readonly text: string;
  /** Behind the document. */
  readonly end: number;
  at: number;
  /** Begin of the line that `at` is in. */
  lineStart: number;
  /** After a node: the column of the next content, whose first character is at `at`; -1 at the end. */
  column: number;
  /** Filled when places are asked for. */
  readonly places: YamlPlaces | undefined;
  /** The key or index of the node that is read next, for `places`. */
  key: string | number;
  keyStart: number;
  /** Keys that stand in their mapping already. */
  readonly repeated: { readonly key: string; readonly offset: number }[];
  /** Offset of the first plain `y` or `n`; -1: there is none. */
  letter: number;
  /** Behind the text of the plain scalar that was read last. */
  scalarEnd: number;
  /** Of a List's item: whether its body is wanted. Undefined: all are. */
  readonly wanted: ((kind: string, apiVersion: string) => boolean) | undefined;
  /** How many nodes were read, those behind aliases each time. */
  nodes: number;
  /** How many of them were behind aliases. */
  aliased: number;
  /** By name; without `nodes` while its node is being read. */
  readonly anchors: Map<string, { readonly row: number; value?: unknown; nodes?: number }>;
}

export function newCursor(
  text: string,
  start: number,
  end: number,
  options: Partial<Pick<Cursor, 'places' | 'wanted'>> = {},
): Cursor {
  return {
    text,
    end,
    at: start,
    lineStart: start,
    column: 0,
    places: options.places,
    key: '',
    keyStart: -1,
    repeated: [],
    letter: -1,
    scalarEnd: 0,
    wanted: options.wanted,
    nodes: 0,
    aliased: 0,
    anchors: new Map(),
  };
}

/** The character at an offset; a line feed at the end. */
export function codeAt(c: Cursor, at: number): number {
  return at < c.end ? c.text.charCodeAt(at) : 10;
}

/** Whether a line ends at an offset. */
export function isLineEnd(c: Cursor, at: number): boolean {
  const code = codeAt(c, at);
  return code === 10 || (code === 13 && codeAt(c, at + 1) === 10);
}

/** Whether the character at an offset is a blank or ends a line. */
export function isBlankAt(c: Cursor, at: number): boolean {
  const code = codeAt(c, at);
  return code === 32 || code === 10 || code === 9 || (code === 13 && codeAt(c, at + 1) === 10);
}

/** The offset of the next line feed, or the end. */
export function lineEnd(c: Cursor, at: number): number {
  const newline = c.text.indexOf('\n', at);
  return newline < 0 || newline > c.end ? c.end : newline;
}

/** Steps over blanks in the line. */
export function skipBlanks(c: Cursor): void {
  let code = codeAt(c, c.at);
  while (code === 32 || code === 9) code = codeAt(c, ++c.at);
}

/**
 * From behind a token to the next content: what is left of the line must be blank or a comment, which may begin
 * right behind the token (libyaml's yaml_parser_scan_to_next_token).
 */
export function nextContent(c: Cursor): void {
  skipBlanks(c);
  if (codeAt(c, c.at) === 35) c.at = lineEnd(c, c.at);
  else if (!isLineEnd(c, c.at)) throw UNUSUAL;
  contentFrom(c, lineEnd(c, c.at) + 1);
}

/** The first content in the line that begins at an offset, or in a later one. */
export function contentFrom(c: Cursor, start: number): void {
  for (let line = start; line < c.end; line = lineEnd(c, line) + 1) {
    let at = line;
    let code = codeAt(c, at);
    while (code === 32) code = codeAt(c, ++at);
    if (code === 10 || code === 35) continue;
    if (code === 13 && codeAt(c, at + 1) === 10) continue;
    // libyaml refuses tabs before content.
    if (code === 9) throw UNUSUAL;
    c.lineStart = line;
    c.at = at;
    c.column = at - line;
    return;
  }
  c.at = c.end;
  c.column = -1;
}

/** Whether `- ` stands at an offset. */
export function isDash(c: Cursor, at: number): boolean {
  return codeAt(c, at) === 45 && isBlankAt(c, at + 1);
}

/** Notes where a scalar stands; `start` -1: nothing stands there. */
export function placeScalar(c: Cursor, start: number, end: number, literal?: string): void {
  if (c.places === undefined) return;
  const row = openRow(c.places, c.key, c.keyStart, start);
  const newline = c.text.indexOf('\n', start);
  if (newline < 0 || newline >= end) c.places.ends[row] = end;
  if (literal !== undefined) c.places.literals.set(row, literal);
}

/** Notes where a collection begins; -1 when places are not asked for. */
export function placeCollection(c: Cursor, start: number, block: boolean): number {
  if (c.places === undefined) return -1;
  const row = openRow(c.places, c.key, c.keyStart, start);
  if (block) c.places.blocks.add(row);
  return row;
}

export function placeEnd(c: Cursor, row: number): void {
  if (c.places !== undefined) closeRow(c.places, row);
}

/** Notes that the value that is read next is that of a key, and whether the mapping has the key already. */
export function beginKey(
  c: Cursor,
  out: Readonly<Record<string, unknown>>,
  key: string,
  offset: number,
): void {
  if (hasOwn(out, key)) c.repeated.push({ key, offset });
  c.key = key;
  c.keyStart = offset;
}
