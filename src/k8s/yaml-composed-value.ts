import type { Alias, Pair, ParsedNode, Scalar, YAMLMap } from 'yaml';
import { hasOwn, setOwn } from './own-key.ts';
import { yamlLibrary } from './yaml-library.ts';
import { closeRow, openRow, type YamlPlaces } from './yaml-places.ts';
import {
  MAX_PROBLEMS,
  problem,
  type RepeatedKey,
  type YamlDocument,
  type YamlProblem,
} from './yaml-problem.ts';
import { isLetterBoolean, resolvePlainKey, resolvePlainScalar } from './yaml-scalar.ts';

/**
 * Nodes of the `yaml` package to the data that kubectl makes of them (goyaml.v2's decoder), each node once: an
 * alias stands for the value that its anchor has, which is shared and not copied.
 */
export function readComposedValue(contents: ParsedNode | null, places?: YamlPlaces): YamlDocument {
  const state: Conversion = {
    places,
    anchors: new Map(),
    key: '',
    keyStart: -1,
    problems: [],
    more: 0,
    repeated: [],
    moreRepeated: 0,
    decoded: 0,
    aliased: 0,
    letter: undefined,
  };
  const value = contents === null ? null : toValue(state, contents);
  const { problems, more, repeated, moreRepeated, letter } = state;
  const kept = problems.length === 0 ? value : null;
  return { value: kept, problems, more, repeated, moreRepeated, ...(letter === undefined ? {} : { letter }) };
}

/** What stands behind an anchor: its value when it is complete, and how many nodes it comes to. */
interface Anchored {
  readonly row: number;
  value?: unknown;
  nodes?: number;
}

interface Conversion {
  readonly places: YamlPlaces | undefined;
  /** By name; a name that is given again means the later node from there on. */
  readonly anchors: Map<string, Anchored>;
  /** What leads to the node that comes next, for `places`. */
  key: string | number;
  keyStart: number;
  readonly problems: YamlProblem[];
  more: number;
  readonly repeated: RepeatedKey[];
  moreRepeated: number;
  /** Nodes that a decoder meets, those behind aliases each time, and how many of them were behind aliases. */
  decoded: number;
  aliased: number;
  letter: { readonly offset: number; readonly text: string } | undefined;
}

function complain(state: Conversion, found: YamlProblem): void {
  if (state.problems.length < MAX_PROBLEMS) state.problems.push(found);
  else state.more++;
}

function toValue(state: Conversion, node: unknown): unknown {
  const yaml = yamlLibrary();
  if (yaml.isAlias(node)) return aliasValue(state, node);
  state.decoded++;
  const { places } = state;
  const row = places === undefined ? -1 : openRow(places, state.key, state.keyStart, offsetOf(node));
  const anchored = anchorOf(state, node, row);
  const before = state.decoded;
  let value: unknown = null;
  if (yaml.isScalar(node)) {
    value = scalarValue(state, node);
    if (places !== undefined) placeScalar(places, row, node);
  } else if (yaml.isCollection(node)) {
    if (places !== undefined && node.flow !== true) places.blocks.add(row);
    if (yaml.isMap(node)) value = mappingValue(state, node);
    else if (yaml.isSeq(node)) value = node.items.map((item, i) => itemValue(state, item, i));
    if (places !== undefined) closeRow(places, row);
  }
  if (anchored !== undefined) {
    anchored.value = value;
    anchored.nodes = state.decoded - before + 1;
  }
  return value;
}

function itemValue(state: Conversion, item: unknown, index: number): unknown {
  state.key = index;
  state.keyStart = -1;
  return toValue(state, item);
}

function anchorOf(state: Conversion, node: unknown, row: number): Anchored | undefined {
  if (typeof node !== 'object' || node === null || !('anchor' in node)) return undefined;
  if (typeof node.anchor !== 'string') return undefined;
  const anchored: Anchored = { row };
  state.anchors.set(node.anchor, anchored);
  return anchored;
}

function aliasValue(state: Conversion, node: Alias): unknown {
  const target = state.anchors.get(node.source);
  const offset = offsetOf(node);
  if (state.places !== undefined) {
    const row = openRow(state.places, state.key, state.keyStart, offset);
    if (target !== undefined) state.places.aliases.set(row, target.row);
  }
  if (target?.nodes === undefined) {
    complain(state, problem('PW106', offset, `the alias *${node.source} leads nowhere or into itself`));
    return null;
  }
  state.decoded += 1 + target.nodes;
  state.aliased += target.nodes;
  if (isExcessive(state)) {
    // Told once: what follows is left out of the count.
    complain(state, problem('PW106', offset, 'the document contains excessive aliasing'));
    state.decoded = Number.NEGATIVE_INFINITY;
  }
  return target.value;
}

/** goyaml.v2's rule against "billion laughs" (decode.go, allowedAliasRatio). */
function isExcessive({ decoded, aliased }: Conversion): boolean {
  if (aliased <= 100 || decoded <= 1000) return false;
  const over = Math.min(1, Math.max(0, (decoded - 400_000) / 3_600_000));
  return aliased / decoded > 0.99 - 0.89 * over;
}

function mappingValue(state: Conversion, node: YAMLMap): Record<string, unknown> {
  const yaml = yamlLibrary();
  const out: Record<string, unknown> = {};
  // What `<<` brought may be overwritten without a word.
  const merged = new Set<string>();
  for (const pair of node.items) {
    state.decoded++;
    const { key: keyNode } = pair;
    const offset = offsetOf(keyNode);
    if (yaml.isScalar(keyNode) && keyNode.value === '<<' && isPlain(keyNode)) {
      state.key = '<<';
      state.keyStart = offset;
      merge(state, out, merged, pair);
      continue;
    }
    const key = keyText(keyNode);
    if (key === undefined) {
      complain(state, problem('PW103', Math.max(offset, 0), 'a key must be a single word or text'));
      continue;
    }
    if (hasOwn(out, key) && !merged.has(key)) {
      if (state.repeated.length < MAX_PROBLEMS) state.repeated.push({ key, offset });
      else state.moreRepeated++;
    }
    merged.delete(key);
    // An anchor may stand at a key.
    anchorKey(state, keyNode, key);
    state.key = key;
    state.keyStart = offset;
    setOwn(out, key, toValue(state, pair.value));
  }
  return out;
}

function anchorKey(state: Conversion, keyNode: unknown, key: string): void {
  const anchored = anchorOf(state, keyNode, 0);
  if (anchored === undefined) return;
  anchored.value = key;
  anchored.nodes = 1;
}

/**
 * Merge keys as goyaml.v2 has them: what is merged overwrites what stands before `<<`, what stands behind it
 * overwrites what was merged, and of several mappings the earlier win.
 */
function merge(state: Conversion, out: Record<string, unknown>, merged: Set<string>, pair: Pair): void {
  const value = toValue(state, pair.value);
  const sources: readonly unknown[] = Array.isArray(value) ? [...value].reverse() : [value];
  for (const source of sources) {
    if (typeof source !== 'object' || source === null || Array.isArray(source)) {
      const offset = Math.max(0, offsetOf(pair.key));
      complain(state, problem('PW103', offset, 'map merge requires map or sequence of maps as the value'));
      return;
    }
    for (const [key, one] of Object.entries(source)) {
      setOwn(out, key, one);
      merged.add(key);
    }
  }
}

function isPlain(node: Scalar): boolean {
  return node.type === 'PLAIN' && node.tag === undefined;
}

function scalarValue(state: Conversion, node: Scalar): unknown {
  if (node.value === null) return null;
  const text = typeof node.value === 'string' ? node.value : String(node.value);
  const tag = node.tag?.replace(/^tag:yaml\.org,2002:/, '!!');
  if (tag === '!!binary') return decodeBase64(text);
  // Of tags that are nobody's or the application's, go-yaml makes text.
  if (tag === '!!str' || (tag !== undefined && !tag.startsWith('!!'))) return text;
  if (node.type !== 'PLAIN' && tag === undefined) return text;
  if (tag === undefined && isLetterBoolean(text)) state.letter ??= { offset: offsetOf(node), text };
  return resolvePlainScalar(text);
}

/** What a key is called in JSON: collections are none. */
function keyText(key: unknown): string | undefined {
  if (!yamlLibrary().isScalar(key)) return undefined;
  const text = typeof key.value === 'string' ? key.value : key.value === null ? '' : String(key.value);
  return isPlain(key) ? resolvePlainKey(text) : text;
}

function decodeBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atobLoose(text), (c) => c.charCodeAt(0)));
}

function atobLoose(text: string): string {
  try {
    return atob(text.replace(/\s+/g, ''));
  } catch {
    return '';
  }
}

function placeScalar(places: YamlPlaces, row: number, node: Scalar): void {
  const end = Array.isArray(node.range) && typeof node.range[1] === 'number' ? node.range[1] : 0;
  places.ends[row] = end;
  if (node.type === 'BLOCK_LITERAL' && typeof node.value === 'string') places.literals.set(row, node.value);
}

/** Where a node begins; -1: nowhere. */
function offsetOf(node: unknown): number {
  if (typeof node !== 'object' || node === null || !('range' in node)) return -1;
  const { range } = node;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : -1;
}
