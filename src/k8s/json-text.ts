import { behindBlanks, type JsonProblem, MAX_JSON_DEPTH, tooDeep, walkJson } from './json-walk.ts';

/** One value of a JSON text, which may hold several, one behind the other, as kubectl reads them. */
export interface JsonValue {
  readonly offset: number;
  readonly value: unknown;
}

export interface JsonText {
  /** Those before the first problem. */
  readonly values: readonly JsonValue[];
  /** Keys that stand twice in one object: the last counts. */
  readonly repeated: readonly { readonly key: string; readonly offset: number }[];
  /** The first reason why the rest cannot be read. */
  readonly problem?: JsonProblem;
}

export function readJson(text: string): JsonText {
  const whole = parse(text);
  if (whole !== undefined) {
    const { value } = whole;
    const { keys, depth } = measure(value);
    if (depth > MAX_JSON_DEPTH) return walked(text);
    // JSON.parse takes the last of equal keys: if none are missing there are none.
    if (keys === countKeys(text)) return { values: [{ offset: behindBlanks(text, 0), value }], repeated: [] };
  }
  return walked(text);
}

/** The same by way of the walk that finds what is wrong, what stands twice, and where each value ends. */
function walked(text: string): JsonText {
  const values: JsonValue[] = [];
  const repeated: { key: string; offset: number }[] = [];
  for (let at = behindBlanks(text, 0); at < text.length; ) {
    const end = walkJson(text, at, { repeated: (key, offset) => void repeated.push({ key, offset }) });
    if (typeof end !== 'number') return { values, repeated, problem: end };
    const one = parse(text.slice(at, end));
    if (one === undefined) return { values, repeated, problem: tooDeep(at) };
    values.push({ offset: at, value: one.value });
    at = end;
  }
  return { values, repeated };
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** How many keys a value holds, and how deep it is: level by level, because it may be deeper than the stack. */
function measure(value: unknown): { keys: number; depth: number } {
  let keys = 0;
  let depth = 0;
  let level: unknown[] = [value];
  while (level.length > 0 && depth <= MAX_JSON_DEPTH) {
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue;
      const inner: readonly unknown[] = Array.isArray(one) ? one : Object.values(one);
      if (!Array.isArray(one)) keys += inner.length;
      for (const item of inner) if (typeof item === 'object' && item !== null) next.push(item);
    }
    level = next;
    depth++;
  }
  return { keys, depth };
}

/** The strings of a JSON text that a colon follows. */
function countKeys(text: string): number {
  let keys = 0;
  for (let open = text.indexOf('"'); open >= 0; ) {
    let close = text.indexOf('"', open + 1);
    while (close >= 0 && isEscaped(text, close)) close = text.indexOf('"', close + 1);
    if (close < 0) break;
    if (text.charCodeAt(behindBlanks(text, close + 1)) === 58) keys++;
    open = text.indexOf('"', close + 1);
  }
  return keys;
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(text: string, quote: number): boolean {
  let at = quote - 1;
  while (text.charCodeAt(at) === 92) at--;
  return (quote - at) % 2 === 0;
}
