/**
 * JSON as text, for the two things that JSON.parse does not tell: where a path's value stands, and where and
 * why a text is not JSON. Both walk the text once without building values, so a diagnostic about a file of
 * many megabytes comes at once.
 */
export interface JsonProblem {
  readonly kind: 'syntax' | 'duplicate key' | 'depth';
  readonly offset: number;
  readonly problem: string;
}

interface Frame {
  /** Undefined in an array. */
  readonly keys: Set<string> | undefined;
  key: string;
  keyOffset: number;
  index: number;
}

/** What a visitor hears: each value's begin, with the frames that lead to it. */
type Visit = (offset: number, frames: readonly Frame[]) => boolean;

const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
const BLANK = /[ \t\n\r]*/y;
const MAX_DEPTH = 10_000;

/** The first reason why the text is not one JSON value, or undefined when it is; duplicate keys included. */
export function findJsonProblem(text: string): JsonProblem | undefined {
  return walkJson(text, () => false);
}

/** The offsets of the value at `path`, and of the key that names it. */
export function locateJson(
  text: string,
  path: readonly (string | number)[],
): { value: number; key: number } | undefined {
  if (path.length > 2) {
    // Objects of a List are at items[i]: their offsets are found once, and the walk begins there.
    const start = itemOffsets(text).get(`${path[0]}/${path[1]}`);
    if (start === undefined) return undefined;
    return locateFrom(text, start, path.slice(2));
  }
  return locateFrom(text, 0, path);
}

function locateFrom(
  text: string,
  start: number,
  path: readonly (string | number)[],
): { value: number; key: number } | undefined {
  let found: { value: number; key: number } | undefined;
  walkJson(
    text,
    (offset, frames) => {
      if (frames.length !== path.length) return false;
      for (let i = path.length - 1; i >= 0; i--) {
        const frame = frames[i];
        if (frame === undefined || stepOf(frame) !== path[i]) return false;
      }
      const last = frames.at(-1);
      found = { value: offset, key: last?.keys === undefined ? offset : last.keyOffset };
      return true;
    },
    start,
  );
  return found;
}

function stepOf(frame: Frame): string | number {
  return frame.keys === undefined ? frame.index : frame.key;
}

let lastItems: { readonly text: string; readonly offsets: ReadonlyMap<string, number> } | undefined;

/** Offsets of all values two levels down, by `key/index`; remembered for the text that was asked last. */
function itemOffsets(text: string): ReadonlyMap<string, number> {
  if (lastItems?.text === text) return lastItems.offsets;
  const offsets = new Map<string, number>();
  walkJson(text, (offset, [first, second, third]) => {
    if (first !== undefined && second !== undefined && third === undefined) {
      offsets.set(`${stepOf(first)}/${stepOf(second)}`, offset);
    }
    return false;
  });
  lastItems = { text, offsets };
  return offsets;
}

function walkJson(text: string, visit: Visit, start: number = 0): JsonProblem | undefined {
  const frames: Frame[] = [];
  let at = start;
  const blank = (): void => {
    // Compact texts have none.
    if (text.charCodeAt(at) > 32) return;
    BLANK.lastIndex = at;
    BLANK.test(text);
    at = BLANK.lastIndex;
  };
  const expected = (what: string): JsonProblem => ({
    kind: 'syntax',
    offset: Math.min(at, Math.max(0, text.length - 1)),
    problem:
      at >= text.length
        ? `the text ends where ${what} was expected`
        : `expected ${what}, found ${shown(text, at)}`,
  });
  /** Reads `"key":`; a problem or undefined. */
  const key = (frame: Frame): JsonProblem | undefined => {
    blank();
    const end = endOfString(text, at);
    if (end < 0) return expected('a key in double quotes');
    frame.keyOffset = at;
    frame.key = keyText(text.slice(at, end));
    if (frame.keys?.has(frame.key) === true) {
      return {
        kind: 'duplicate key',
        offset: at,
        problem: `the key ${JSON.stringify(frame.key)} stands twice in one object`,
      };
    }
    frame.keys?.add(frame.key);
    at = end;
    blank();
    if (text[at] !== ':') return expected('":"');
    at++;
    return undefined;
  };

  for (;;) {
    blank();
    if (visit(at, frames)) return undefined;
    const c = text[at];
    if (c === '{' || c === '[') {
      if (frames.length >= MAX_DEPTH)
        return { kind: 'depth', offset: at, problem: `nested deeper than ${MAX_DEPTH} levels` };
      at++;
      blank();
      const close = c === '{' ? '}' : ']';
      if (text[at] === close) at++;
      else {
        const frame: Frame = { keys: c === '{' ? new Set() : undefined, key: '', keyOffset: at, index: 0 };
        frames.push(frame);
        if (c === '{') {
          const problem = key(frame);
          if (problem !== undefined) return problem;
        }
        continue;
      }
    } else if (c === '"') {
      const end = endOfString(text, at);
      if (end < 0)
        return {
          kind: 'syntax',
          offset: at,
          problem: 'the string does not end, or holds a bad escape or a line break',
        };
      at = end;
    } else if (text.startsWith('true', at) || text.startsWith('null', at)) at += 4;
    else if (text.startsWith('false', at)) at += 5;
    else {
      NUMBER.lastIndex = at;
      if (!NUMBER.test(text)) return expected('a value');
      at = NUMBER.lastIndex;
    }
    // A value has ended: close what ends with it, or go on to the next one.
    for (;;) {
      blank();
      const frame = frames.at(-1);
      if (frame === undefined) {
        return at >= text.length
          ? undefined
          : { kind: 'syntax', offset: at, problem: `expected the end of the text, found ${shown(text, at)}` };
      }
      const object = frame.keys !== undefined;
      if (text[at] === ',') {
        at++;
        frame.index++;
        if (object) {
          const problem = key(frame);
          if (problem !== undefined) return problem;
        }
        break;
      }
      if (text[at] !== (object ? '}' : ']')) return expected(object ? '"," or "}"' : '"," or "]"');
      at++;
      frames.pop();
    }
  }
}

function keyText(quoted: string): string {
  return quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
}

function shown(text: string, at: number): string {
  return JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0));
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The offset behind the string that begins at `at`, or -1. A loop: a regular expression would run out of stack. */
function endOfString(text: string, at: number): number {
  if (text.charCodeAt(at) !== 34) return -1;
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) return i + 1;
    if (c < 32) return -1;
    if (c !== 92) continue;
    ESCAPE.lastIndex = i;
    if (!ESCAPE.test(text)) return -1;
    i = ESCAPE.lastIndex - 1;
  }
  return -1;
}
