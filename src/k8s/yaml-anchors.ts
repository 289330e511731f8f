import { type Cursor, codeAt, skipBlanks, UNUSUAL } from './yaml-cursor.ts';
import { openRow } from './yaml-places.ts';

/** What stands before a node. */
export interface Properties {
  readonly anchor: string | undefined;
  /** `!!str`: a plain scalar is text. */
  readonly text: boolean;
}

const ANCHOR = /&([A-Za-z0-9_-]+)(?=[ \t\r\n])/y;
const TEXT = /!!str(?=[ \t])/y;
const ALIAS = /\*([A-Za-z0-9_-]+)(?=[ \t\r\n,\]}]|$)/y;

/** Reads the anchor and the tag at the cursor, which goes behind them; other tags are left to the whole parser. */
export function readProperties(c: Cursor): Properties {
  let anchor: string | undefined;
  let text = false;
  for (let code = codeAt(c, c.at); code === 38 || code === 33; code = codeAt(c, c.at)) {
    const pattern = code === 38 ? ANCHOR : TEXT;
    pattern.lastIndex = c.at;
    const found = pattern.exec(c.text);
    if (found === null || (code === 38 ? anchor !== undefined : text)) throw UNUSUAL;
    if (code === 38) anchor = found[1];
    else text = true;
    c.at += found[0].length;
    skipBlanks(c);
  }
  return { anchor, text };
}

/** Reads a node, and lets its anchor stand for it. */
export function readAnchored(c: Cursor, anchor: string | undefined, read: () => unknown): unknown {
  if (anchor === undefined) return read();
  const anchored: { readonly row: number; value?: unknown; nodes?: number } = {
    row: c.places?.keys.length ?? 0,
  };
  c.anchors.set(anchor, anchored);
  const before = c.nodes;
  anchored.value = read();
  anchored.nodes = c.nodes - before;
  return anchored.value;
}

/** The value of the alias at the cursor, which goes behind it. */
export function readAlias(c: Cursor): unknown {
  ALIAS.lastIndex = c.at;
  const [whole, name] = ALIAS.exec(c.text) ?? [];
  const target = name === undefined ? undefined : c.anchors.get(name);
  if (whole === undefined || target?.nodes === undefined) throw UNUSUAL;
  if (c.places !== undefined) {
    c.places.aliases.set(openRow(c.places, c.key, c.keyStart, c.at), target.row);
  }
  c.at += whole.length;
  c.nodes += 1 + target.nodes;
  c.aliased += target.nodes;
  // Far from where kubectl refuses it; whoever comes near is counted by the whole parser.
  if (c.aliased > 100 && c.aliased > c.nodes * (c.nodes > 300_000 ? 0.05 : 0.8)) throw UNUSUAL;
  return target.value;
}
