/**
 * Where the values of one YAML document stand: a table in the order of the text, a row for each node. Both readers
 * fill it, and only when a place is asked for.
 */
export interface YamlPlaces {
  /** The key or index that leads to each node. */
  readonly keys: (string | number)[];
  /** Offset of that key; -1 for items of sequences. */
  readonly keyStarts: number[];
  /** Offset of the node itself; -1: nothing stands there. */
  readonly starts: number[];
  /** Behind a scalar that stands on one line; 0 for all else. */
  readonly ends: number[];
  /** The row behind the node's last descendant; the node's own number marks an alias. */
  readonly next: number[];
  /** Rows of block collections. */
  readonly blocks: Set<number>;
  /** Texts of block literals, by row. */
  readonly literals: Map<number, string>;
  /** Row of an alias -> row of what it stands for. */
  readonly aliases: Map<number, number>;
  /** Children of rows that were looked into: the last of equal keys counts. */
  readonly children: Map<number, ReadonlyMap<string | number, number>>;
}

export function noPlaces(): YamlPlaces {
  return {
    keys: [],
    keyStarts: [],
    starts: [],
    ends: [],
    next: [],
    blocks: new Set(),
    literals: new Map(),
    aliases: new Map(),
    children: new Map(),
  };
}

/** Adds a row; children follow, until `closeRow`. */
export function openRow(places: YamlPlaces, key: string | number, keyStart: number, start: number): number {
  places.keys.push(key);
  places.keyStarts.push(keyStart);
  places.starts.push(start);
  places.ends.push(0);
  return places.next.push(places.next.length + 1) - 1;
}

export function closeRow(places: YamlPlaces, row: number): void {
  places.next[row] = places.next.length;
}

/** Where a value of a YAML text stands, by offsets. */
export interface YamlPlace {
  /** Of the value; for a block collection that of the key that leads to it. */
  readonly value: number;
  readonly key: number;
  /** Behind a scalar on one line; 0: not known. */
  readonly end: number;
  /** False: the path leads to something absent, and this is its nearest ancestor. */
  readonly exact: boolean;
  /** The text of a block literal (`|`), whose lines stand below `value`. */
  readonly literal?: string;
}

/** Where the value at `path` stands; the nearest ancestor when it is absent. Offsets are moved by `base`. */
export function placeAt(
  places: YamlPlaces,
  path: readonly (string | number)[],
  base: number,
): YamlPlace | undefined {
  const start = places.starts[0];
  if (start === undefined) return undefined;
  let row = 0;
  let place: YamlPlace = { value: start + base, key: start + base, end: 0, exact: path.length === 0 };
  for (const [depth, step] of path.entries()) {
    row = places.aliases.get(row) ?? row;
    const found = childrenOf(places, row).get(step) ?? childrenOf(places, row).get(String(step));
    if (found === undefined) return place;
    row = found;
    const keyStart = places.keyStarts[row] ?? -1;
    const own = places.starts[row] ?? -1;
    const key = keyStart < 0 ? undefined : keyStart + base;
    if (own < 0 && key === undefined) return place;
    const value =
      key !== undefined && (own < 0 || places.blocks.has(row)) ? key : own < 0 ? place.value : own + base;
    const end = places.ends[row] ?? 0;
    const literal = places.literals.get(row);
    place = {
      value,
      key: key ?? value,
      end: end === 0 ? 0 : end + base,
      exact: depth === path.length - 1,
      ...(literal === undefined ? {} : { literal }),
    };
  }
  return place;
}

function childrenOf(places: YamlPlaces, row: number): ReadonlyMap<string | number, number> {
  const known = places.children.get(row);
  if (known !== undefined) return known;
  const found = new Map<string | number, number>();
  const behind = places.next[row] ?? 0;
  for (let child = row + 1; child < behind; child = places.next[child] ?? behind) {
    found.set(places.keys[child] ?? '', child);
  }
  places.children.set(row, found);
  return found;
}
