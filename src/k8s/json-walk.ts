/**
 * JSON as text, for what JSON.parse does not tell: where values stand, which keys stand twice, and where and why a
 * text is not JSON. One walk over the text that builds no values, so a diagnostic about a file of many megabytes
 * comes at once.
 */
export interface JsonProblem {
  readonly kind: 'syntax' | 'depth';
  readonly offset: number;
  readonly problem: string;
}

/** An object or array that the walk is in. */
export interface JsonFrame {
  /** Undefined in an array. */
  readonly keys: Set<string> | undefined;
  key: string;
  keyOffset: number;
  index: number;
}

/** What hears of the walk. */
export interface JsonVisitor {
  /** A value begins; `frames` lead to it. */
  readonly value?: (offset: number, frames: readonly JsonFrame[]) => void;
  /** The innermost object or array has ended. */
  readonly close?: (frames: readonly JsonFrame[]) => void;
  /** A key that its object has already. */
  readonly repeated?: (key: string, offset: number) => void;
}

export const MAX_JSON_DEPTH = 10_000;

const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
const BLANK = /[ \t\n\r]*/y;

/** The step that leads to the value that the innermost frame is at. */
export function stepOf(frame: JsonFrame): string | number {
  return frame.keys === undefined ? frame.index : frame.key;
}

/** The offset behind the blanks at an offset. */
export function behindBlanks(text: string, at: number): number {
  // Compact texts have none.
  if (text.charCodeAt(at) > 32) return at;
  BLANK.lastIndex = at;
  BLANK.test(text);
  return BLANK.lastIndex;
}

/** Walks over the value at an offset: the offset behind it and the blanks that follow, or what is wrong with it. */
export function walkJson(text: string, start: number, visitor: JsonVisitor): number | JsonProblem {
  const frames: JsonFrame[] = [];
  let at = start;
  const expected = (what: string): JsonProblem => ({
    kind: 'syntax',
    offset: Math.min(at, Math.max(0, text.length - 1)),
    problem:
      at >= text.length
        ? `the text ends where ${what} was expected`
        : `expected ${what}, found ${shown(text, at)}`,
  });
  /** Reads `"key":`; a problem or undefined. */
  const key = (frame: JsonFrame): JsonProblem | undefined => {
    at = behindBlanks(text, at);
    const end = endOfString(text, at);
    if (end < 0) return expected('a key in double quotes');
    frame.keyOffset = at;
    frame.key = keyText(text.slice(at, end));
    if (visitor.repeated !== undefined && frame.keys !== undefined) {
      if (frame.keys.has(frame.key)) visitor.repeated(frame.key, at);
      else frame.keys.add(frame.key);
    }
    at = behindBlanks(text, end);
    if (text[at] !== ':') return expected('":"');
    at++;
    return undefined;
  };

  for (;;) {
    at = behindBlanks(text, at);
    visitor.value?.(at, frames);
    const c = text[at];
    if (c === '{' || c === '[') {
      if (frames.length >= MAX_JSON_DEPTH) return tooDeep(at);
      at = behindBlanks(text, at + 1);
      const object = c === '{';
      frames.push({ keys: object ? new Set() : undefined, key: '', keyOffset: at, index: 0 });
      if (text[at] !== (object ? '}' : ']')) {
        const [frame] = frames.slice(-1);
        const problem = object && frame !== undefined ? key(frame) : undefined;
        if (problem !== undefined) return problem;
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
      at = behindBlanks(text, at);
      const frame = frames.at(-1);
      if (frame === undefined) return at;
      const object = frame.keys !== undefined;
      if (text[at] === ',') {
        at++;
        frame.index++;
        const problem = object ? key(frame) : undefined;
        if (problem !== undefined) return problem;
        break;
      }
      if (text[at] !== (object ? '}' : ']')) return expected(object ? '"," or "}"' : '"," or "]"');
      at++;
      visitor.close?.(frames);
      frames.pop();
    }
  }
}

export function tooDeep(offset: number): JsonProblem {
  return { kind: 'depth', offset, problem: `nested deeper than ${MAX_JSON_DEPTH} levels` };
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
