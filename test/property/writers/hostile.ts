/** Words that want to act on whatever shows, reads or runs them; each has something of its own. */
export const HOSTILE_WORDS: readonly string[] = [
  '\u001b]0;owned\u0007',
  '\u001b[31mred\u001b[0m',
  '\u001b[32mok\u001b[39m',
  'x\nFORGED line\n  FORGED: fix',
  'x\r\nFORGED',
  '\u009b31m\u0085\u007f\b',
  '\u202etxt.exe\u2066\u200f\u061c',
  'a\u200bb\u200d\u2060\ufeff\u00ad',
  'a\u2028FORGED\u2029FORGED',
  '\u0000\ufffe\uffff',
  '\ud800x\udc00',
  '\u{e0041}\u{e007f}',
  `"/><script>&]]>'<!--`,
  "x'; touch PWNED; '",
  '"; touch PWNED; "',
  '$(touch PWNED)`touch PWNED`',
  'END\n}\ntouch PWNED\nexit 0\nEND_OF_TEXT\n',
  '# TODO \\# SKIP',
  '=cmd|"/c calc"!A0,"x',
  '%s%n{{7*7}}$x',
  '!!js/function "x": &a *a',
  '../../../x',
  '__proto__',
];

const CONTROLS =
  /(?![\n\t])[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}\p{Cs}]/u;

/** The first character of a text that a terminal obeys or nobody sees, with what is around it; undefined in order. */
export function controlIn(text: string): string | undefined {
  const at = text.search(CONTROLS);
  return at < 0 ? undefined : JSON.stringify(text.slice(Math.max(0, at - 60), at + 20));
}

/** A place in a value: keys and indexes from the outside in. */
export type Path = readonly (string | number)[];

/** Every string of a plain value, and every key of a mapping. */
export function stringPlaces(
  value: unknown,
  at: Path = [],
): { readonly path: Path; readonly key: boolean }[] {
  if (typeof value === 'string') return [{ path: at, key: false }];
  if (Array.isArray(value)) return value.flatMap((item, i) => stringPlaces(item, [...at, i]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    { path: [...at, key], key: true },
    ...stringPlaces(item, [...at, key]),
  ]);
}

/** The value with one string, or key, changed. */
export function withWord(
  value: unknown,
  path: Path,
  key: boolean,
  change: (word: string) => string,
): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return change(String(value));
  if (Array.isArray(value))
    return value.map((item, i) => (i === head ? withWord(item, rest, key, change) : item));
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([name, item]) =>
      name !== head
        ? [name, item]
        : key && rest.length === 0
          ? [change(name), item]
          : [name, withWord(item, rest, key, change)],
    ),
  );
}

/** What is wrong with an XML 1.0 document without a DTD; undefined for a well-formed one. */
export function xmlFault(text: string): string | undefined {
  const bad = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.exec(text);
  if (bad !== null) return `a character that XML forbids at ${bad.index}`;
  const open: string[] = [];
  const content = /^(?:[^<&]|&(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)*$/i;
  const token =
    /<\?xml [^<>]*\?>|<(\/?)([A-Za-z][\w:.-]*)((?:\s+[A-Za-z][\w:.-]*="(?:[^"<&]|&(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)*")*)\s*(\/?)>/giy;
  let at = 0;
  let roots = 0;
  for (;;) {
    const next = text.indexOf('<', at);
    const between = text.slice(at, next < 0 ? undefined : next);
    if (!content.test(between) || between.includes(']]>')) return `text ${JSON.stringify(between)}`;
    if (open.length === 0 && between.trim() !== '') return 'text outside of the root';
    if (next < 0) break;
    token.lastIndex = next;
    const found = token.exec(text);
    if (found === null) return `no tag: ${JSON.stringify(text.slice(next, next + 60))}`;
    const [all, end, name = '', , alone] = found;
    if (end === '/' && open.pop() !== name) return `</${name}> ends nothing`;
    if (end === '' && name !== '') {
      if (open.length === 0 && ++roots > 1) return 'two roots';
      if (alone === '') open.push(name);
    }
    at = next + all.length;
  }
  return open.length === 0 && roots === 1 ? undefined : `open: ${open.join(' ')}`;
}

/** Lines of TAP 14 that are neither a test, the plan, the version, nor inside of a diagnostic block. */
export function tapFaults(text: string): string[] {
  const faults: string[] = [];
  let inside = false;
  for (const line of text.trimEnd().split('\n')) {
    if (line === '  ---') inside = true;
    else if (line === '  ...') inside = false;
    else if (
      inside
        ? !/^ {2}(?:got: "|why: \|| {2})/.test(line)
        : !/^(?:TAP version 14|1\.\.\d+|(?:not )?ok \d+ - .*)$/.test(line)
    )
      faults.push(line);
    else if (!inside && /(?:^|[^\\])(?:\\\\)*#/.test(line)) faults.push(`a directive: ${line}`);
  }
  return faults;
}

/** The fields of CSV (RFC 4180) with lines ended by a newline; undefined when it is none. */
export function csvRows(text: string): string[][] | undefined {
  const field = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/y;
  const rows: string[][] = [[]];
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (found === null) return undefined;
    rows.at(-1)?.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === '\n') rows.push([]);
  }
  return rows.slice(0, -1);
}
