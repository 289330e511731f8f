/**
 * Characters that act on a terminal or an editor, or that nobody sees: C0, DEL and C1 controls, soft hyphens, bidi marks,
 * overrides and isolates (UAX #9), zero-width characters, separators of lines and paragraphs, annotations, tags, and
 * halves of surrogate pairs.
 */
const HOSTILE =
  '\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff\\u{e0000}-\\u{e007f}';
const ANY = new RegExp(`[${HOSTILE}]`, 'u');
const EACH = new RegExp(`[${HOSTILE}]`, 'gu');
/** The same but for newlines and tabs. */
const EACH_IN_LINES = new RegExp(`(?![\\n\\t])[${HOSTILE}]`, 'gu');

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Whether a text has a character that `visible` escapes. */
export function isHostile(text: string): boolean {
  return ANY.test(text);
}

/** A value in a line: `\n`, `\t` and `\r`, and every other such character as `\u001b`, as JSON writes it. */
export function visible(text: string): string {
  return ANY.test(text)
    ? text.replace(EACH, (character) => SHORT.get(character) ?? escaped(character))
    : text;
}

/** A text of several lines: newlines and tabs are its own. */
export function visibleLines(text: string): string {
  return ANY.test(text) ? text.replace(EACH_IN_LINES, escaped) : text;
}

/** UTF-16 units as `\uXXXX`. */
export function escaped(character: string): string {
  let out = '';
  for (let i = 0; i < character.length; i++)
    out += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return out;
}

/** A plain value with every string of it, keys too, made visible; the value itself when there is nothing to escape. */
export function visibleDeep<T>(value: T): T {
  return deep(value) as T;
}

function deep(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = value.map(deep);
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  let changed = false;
  const entries = Object.entries(value).map(([key, item]: [string, unknown]) => {
    const entry = [visible(key), deep(item)] as const;
    changed ||= entry[0] !== key || entry[1] !== item;
    return entry;
  });
  return changed ? Object.fromEntries(entries) : value;
}
