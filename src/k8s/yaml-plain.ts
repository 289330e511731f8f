import { setOwn } from './own-key.ts';
import { readAlias, readAnchored, readProperties } from './yaml-anchors.ts';
import { keyOf, readExplicitKey, readKey } from './yaml-block-keys.ts';
import { readBlockScalar } from './yaml-block-scalar.ts';
import {
  beginKey,
  type Cursor,
  codeAt,
  contentFrom,
  isBlankAt,
  isDash,
  isLineEnd,
  MAX_KEY,
  MAX_PLAIN_DEPTH,
  newCursor,
  nextContent,
  placeCollection,
  placeEnd,
  placeScalar,
  skipBlanks,
  UNUSUAL,
} from './yaml-cursor.ts';
import { readFlow } from './yaml-flow.ts';
import { beginsPlain, plainInLine, plainValue, readPlain } from './yaml-plain-scalar.ts';
import { readQuoted } from './yaml-quoted.ts';
import { type Envelope, findEnvelope } from './yaml-skim.ts';

/**
 * The plain reader: YAML as people, kubectl and helm write it, read straight from the text. Block and flow
 * collections, scalars of every style and comments are read as libyaml reads them, which is what kubectl does;
 * merge keys, tags other than `!!str`, directives and whatever looks wrong throw UNUSUAL, and the whole parser decides.
 */
export function readPlainDocument(c: Cursor): unknown {
  contentFrom(c, c.at);
  if (c.column < 0) return null;
  const value = readBlockNode(c, -1, true, 0);
  if (c.column >= 0) throw UNUSUAL;
  return value;
}

/**
 * The node at the cursor, inside a collection at column `indent`. The cursor goes to the content behind it.
 *
 * @param compact whether a block collection may begin here: not behind `key: ` in the same line
 */
function readBlockNode(c: Cursor, indent: number, compact: boolean, depth: number): unknown {
  const start = c.at;
  switch (codeAt(c, start)) {
    case 34:
    case 39: {
      const line = c.lineStart;
      const text = readQuoted(c);
      const end = c.at;
      skipBlanks(c);
      if (codeAt(c, c.at) === 58) {
        if (!compact || line !== c.lineStart) throw UNUSUAL;
        return readMapping(c, start, text, depth);
      }
      c.nodes++;
      placeScalar(c, start, end);
      nextContent(c);
      return text;
    }
    case 91:
    case 123: {
      const value = readFlow(c, depth + 1);
      nextContent(c);
      return value;
    }
    case 124:
    case 62: {
      // Where the whole document is one scalar the columns count otherwise.
      if (indent < 0) throw UNUSUAL;
      c.nodes++;
      const text = readBlockScalar(c, indent);
      placeScalar(c, start, 0, codeAt(c, start) === 124 ? text : undefined);
      return text;
    }
    case 42: {
      const value = readAlias(c);
      nextContent(c);
      return value;
    }
    case 33:
    case 38:
      return readWithProperties(c, indent, depth);
    case 45:
      if (!isBlankAt(c, start + 1)) break;
      if (!compact) throw UNUSUAL;
      return readSequence(c, depth);
    case 63:
      if (!isBlankAt(c, start + 1)) break;
      if (!compact) throw UNUSUAL;
      return readMapping(c, start, undefined, depth);
  }
  return readPlainNode(c, indent, compact, depth, false);
}

/** A plain scalar, or the mapping that begins with it as a key; `asText`: behind `!!str`. */
function readPlainNode(c: Cursor, indent: number, compact: boolean, depth: number, asText: boolean): unknown {
  if (!beginsPlain(c)) throw UNUSUAL;
  const start = c.at;
  const behind = plainInLine(c, start);
  if (codeAt(c, c.at) === 58) {
    if (!compact) throw UNUSUAL;
    return readMapping(c, start, keyOf(c.text.slice(start, behind)), depth);
  }
  c.nodes++;
  const text = readPlain(c, start, behind, indent);
  placeScalar(c, start, c.scalarEnd);
  return asText ? text : plainValue(c, text, start);
}

/** A node with an anchor or a tag before it. */
function readWithProperties(c: Cursor, indent: number, depth: number): unknown {
  const { anchor, text } = readProperties(c);
  // What an anchor in a line of its own stands for is further right; before a key it may be the key's.
  const below = isLineEnd(c, c.at) || codeAt(c, c.at) === 35;
  if (below) {
    nextContent(c);
    if (text || c.column <= indent) throw UNUSUAL;
  }
  const next = codeAt(c, c.at);
  if (next === 33 || next === 38 || next === 42) throw UNUSUAL;
  const plain = text && next !== 34 && next !== 39 && next !== 124 && next !== 62;
  return readAnchored(c, anchor, () =>
    plain ? readPlainNode(c, indent, false, depth, true) : readBlockNode(c, indent, below, depth),
  );
}

/**
 * A block mapping whose first key begins at `first`; the cursor is at that key's colon, or, if `key` is undefined, at
 * a `? ` key.
 */
function readMapping(c: Cursor, first: number, firstKey: string | undefined, depth: number): unknown {
  if (depth > MAX_PLAIN_DEPTH) throw UNUSUAL;
  const column = first - c.lineStart;
  const row = placeCollection(c, first, true);
  const out: Record<string, unknown> = {};
  let start = first;
  let key = firstKey;
  for (;;) {
    const explicit = key === undefined;
    if (key === undefined) {
      start = c.at;
      key = readExplicitKey(c, column);
      start = c.keyStart;
    } else if (c.at - start > MAX_KEY) throw UNUSUAL;
    c.at++;
    if (!isBlankAt(c, c.at)) throw UNUSUAL;
    beginKey(c, out, key, start);
    c.nodes++;
    setOwn(out, key, readValue(c, column, depth, key, explicit));
    if (c.column !== column) break;
    start = c.at;
    key = readKey(c);
  }
  // Deeper than this mapping, and part of no value: a mistake.
  if (c.column > column) throw UNUSUAL;
  placeEnd(c, row);
  return out;
}

/** The value behind a key's colon. */
function readValue(c: Cursor, column: number, depth: number, key: string, compact: boolean): unknown {
  skipBlanks(c);
  const behind = c.at;
  if (!isLineEnd(c, behind) && codeAt(c, behind) !== 35) {
    if (compact && isDash(c, behind)) throw UNUSUAL;
    return readBlockNode(c, column, false, depth + 1);
  }
  nextContent(c);
  if (c.column > column) return readBlockNode(c, column, true, depth + 1);
  // A sequence may stand at the column of its key.
  if (c.column === column && isDash(c, c.at)) {
    return readSequence(c, depth + 1, depth === 0 && key === 'items');
  }
  placeScalar(c, behind, behind);
  return null;
}

/** A block sequence whose first dash is at the cursor. */
function readSequence(c: Cursor, depth: number, ofList: boolean = false): unknown[] {
  if (depth > MAX_PLAIN_DEPTH) throw UNUSUAL;
  const column = c.at - c.lineStart;
  const row = placeCollection(c, c.at, true);
  const items: unknown[] = [];
  do {
    c.at++;
    let code = codeAt(c, c.at);
    while (code === 32) code = codeAt(c, ++c.at);
    // libyaml takes no tab for indentation.
    if (code === 9) throw UNUSUAL;
    c.key = items.length;
    c.keyStart = -1;
    c.nodes++;
    items.push(readItem(c, column, depth, ofList));
  } while (c.column === column && isDash(c, c.at));
  if (c.column > column) throw UNUSUAL;
  placeEnd(c, row);
  return items;
}

function readItem(c: Cursor, column: number, depth: number, ofList: boolean): unknown {
  const behind = c.at;
  if (isLineEnd(c, behind) || codeAt(c, behind) === 35) {
    nextContent(c);
    if (c.column > column) return readBlockNode(c, column, true, depth + 1);
    placeScalar(c, behind, behind);
    return null;
  }
  if (ofList) {
    const skimmed = skim(c, column);
    if (skimmed !== undefined) return skimmed;
  }
  return readBlockNode(c, column, true, depth + 1);
}

/** Whether an object's body is read, by kind and apiVersion. */
export type Wanted = (kind: string, apiVersion: string) => boolean;

/** A document whose body nothing wants: its envelope. Undefined: it has to be read. */
export function skimDocument(c: Cursor): unknown {
  if (c.wanted === undefined) return undefined;
  const start = c.at;
  contentFrom(c, start);
  const value = c.column === 0 ? skim(c, -1) : undefined;
  if (value === undefined) c.at = start;
  return value;
}

/** The envelope of the object at the cursor, which goes behind it, if nothing wants its body. */
function skim(c: Cursor, outside: number): unknown {
  const { wanted } = c;
  if (wanted === undefined) return undefined;
  const column = c.at - c.lineStart;
  // Most objects are wanted, and told by their first lines.
  FIRST_LINES.lastIndex = c.at;
  const [, first, kindColumn = '', second] = FIRST_LINES.exec(c.text) ?? [];
  if (first !== undefined && second !== undefined && kindColumn.length === column) {
    if (wanted(second, first)) return undefined;
  } else if (outside >= 0) return undefined;
  const envelope = findEnvelope(c, c.lineStart, column, outside);
  if (envelope === undefined || wanted(envelope.kind, envelope.apiVersion)) return undefined;
  c.nodes++;
  contentFrom(c, envelope.end);
  return envelopeValue(c, envelope);
}

const FIRST_LINES = /apiVersion: (\S+)\r?\n( *)kind: (\S+)\r?\n/y;

function envelopeValue(c: Cursor, { apiVersion, kind, metadata }: Envelope): unknown {
  const value: Record<string, unknown> = { apiVersion, kind };
  if (metadata === undefined) return value;
  const inner = newCursor(c.text, metadata.start, metadata.end);
  const read = readPlainDocument(inner);
  c.nodes += inner.nodes;
  if (typeof read !== 'object' || read === null || !('metadata' in read)) throw UNUSUAL;
  value['metadata'] = read.metadata;
  return value;
}
