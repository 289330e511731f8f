import fc from 'fast-check';

/**
 * YAML texts as people and programs write them: random values, printed in every style that YAML has for them, with
 * comments, blank lines and line breaks where they may stand, and now and then where they may not.
 */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

const WORDS = [
  'a',
  'web',
  '10.96.0.10',
  'app.kubernetes.io/name',
  'x y  z',
  'http://a:80/x?y=z#f',
  'a#b',
  "it's",
  'say "x"',
  'a: b',
  'a #b',
  '- a',
  '#c',
  '',
  ' lead',
  'trail ',
  'yes',
  'null',
  '~',
  '010',
  '0x1f',
  '1e3',
  '1.10',
  'y',
  'No',
  '-',
  '?',
  'a\nb',
  'a\n\nb\n',
  '  a\nb\n\n',
  'a\n b\nc',
  'x\ty',
  'é🙂',
  'a\\b',
  '{a}',
  '[',
  '*a',
  '&a',
  '!x',
  '%x',
  '@x',
  '__proto__',
  'constructor',
  '<<',
  'a,b',
  'on',
  '-1',
  ':x',
  'x:',
  '=',
  '---x',
];

const KEYS = [
  'a',
  'b',
  'name',
  'app.kubernetes.io/name',
  'x y',
  '80',
  'on',
  '__proto__',
  'f:x',
  "k'q",
  'items',
];

const scalar: fc.Arbitrary<Plain> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, -5, 8080, 0.5, true, false, null) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);

export const values: fc.Arbitrary<Plain> = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 4 })
      .map((pairs) => Object.fromEntries(pairs)),
  ),
})).value;

/** Draws that decide the style; the same draws give the same text. */
class Draws {
  private at = 0;
  private readonly numbers: readonly number[];

  constructor(numbers: readonly number[]) {
    this.numbers = numbers;
  }

  /** One of `n`; 0 is the usual. */
  of(n: number): number {
    const drawn = this.numbers[this.at++ % this.numbers.length] ?? 0;
    return drawn % n;
  }

  one(items: readonly string[]): string {
    return items[this.of(items.length)] ?? '';
  }
}

/** Texts of values, most of them sound. */
export const yamlTexts: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      fc
        .array(fc.tuple(fc.constantFrom(...KEYS), values), { minLength: 1, maxLength: 5 })
        .map(Object.fromEntries),
      values,
    ),
    fc.array(fc.nat(999), { minLength: 5, maxLength: 80 }),
    fc.boolean(),
  )
  .map(([value, numbers, returns]) => {
    const text = `${printBlock(value as Plain, '', new Draws(numbers))}\n`;
    return returns && numbers[0] === 7 ? text.replaceAll('\n', '\r\n') : text;
  });

function printBlock(value: Plain, indent: string, draws: Draws): string {
  if (Array.isArray(value) && value.length > 0 && draws.of(5) !== 1) {
    return value.map((item: Plain) => `${indent}-${printItem(item, indent, draws)}`).join(between(draws));
  }
  if (isMapping(value) && Object.keys(value).length > 0 && draws.of(5) !== 1) {
    const lines = Object.entries(value).map(([key, one]) => {
      const name = printKey(key, draws);
      if (draws.of(40) === 1) return `${indent}? ${name}\n${indent}:${printValue(one, indent, draws)}`;
      return `${indent}${name}${draws.of(30) === 1 ? ' ' : ''}:${printValue(one, indent, draws)}`;
    });
    if (draws.of(25) === 1 && lines[0] !== undefined) lines.push(lines[0]);
    return lines.join(between(draws));
  }
  return indent + printInline(value, indent, draws);
}

function between(draws: Draws): string {
  return draws.one([
    '\n',
    '\n',
    '\n',
    '\n',
    '\n',
    '\n',
    '\n\n',
    '\n  # c\n',
    '\n# c: d\n',
    ' # e\n',
    ' \n',
    '\n   \n',
  ]);
}

function printItem(item: Plain, indent: string, draws: Draws): string {
  if (isBlock(item) && draws.of(3) !== 1) {
    const inner = `${indent}${draws.one(['  ', '  ', '   ', '    '])}`;
    const text = printBlock(item, inner, draws);
    // Compact: the first line stands behind the dash.
    return draws.of(4) === 1
      ? `${draws.one(['', ' ', ' # c'])}\n${text}`
      : ` ${text.slice(indent.length + 2)}`;
  }
  return printValue(item, indent, draws);
}

function printValue(value: Plain, indent: string, draws: Draws): string {
  if (isBlock(value) && draws.of(6) !== 1) {
    const deeper = Array.isArray(value) && draws.of(2) === 1 ? '' : draws.one(['  ', '  ', '   ', ' ']);
    return `${draws.one(['', '', ' ', ' # c'])}\n${printBlock(value, indent + deeper, draws)}`;
  }
  if (value === null && draws.of(2) === 1) return draws.one(['', ' ', ' # c']);
  const drawn = draws.of(30);
  if (drawn === 1) return ' *a';
  if (drawn === 2) return ` &a${printValue(value, indent, draws)}`;
  if (drawn === 3) return ` !!str${printValue(value, indent, draws)}`;
  const below = draws.of(25) === 1 ? `\n${indent}  ` : draws.one([' ', ' ', ' ', '  ', '\t']);
  return `${below}${printInline(value, `${indent}  `, draws)}`;
}

function printInline(value: Plain, indent: string, draws: Draws): string {
  const drawn = draws.of(40);
  if (drawn === 1) return `&a ${printInline(value, indent, draws)}`;
  if (drawn === 2) return '*a';
  if (Array.isArray(value)) {
    const space = flowSpace(indent, draws);
    return `[${space}${value.map((item: Plain) => printInline(item, indent, draws)).join(`,${space}`)}${draws.of(9) === 1 ? ',' : ''}${space}]`;
  }
  if (isMapping(value)) {
    const space = flowSpace(indent, draws);
    const pairs = Object.entries(value).map(([key, one]) => {
      if (one === null && draws.of(3) === 1) return printKey(key, draws);
      return `${printKey(key, draws)}:${draws.one([' ', ' ', ' ', '', '\n'])}${printInline(one, indent, draws)}`;
    });
    return `{${space}${pairs.join(`,${space}`)}${space}}`;
  }
  return typeof value === 'string' ? printText(value, indent, draws) : String(value);
}

function flowSpace(indent: string, draws: Draws): string {
  return draws.one(['', ' ', ' ', '', `\n${indent} `, ' # c\n  ', '\n', '\t', `\n${indent}\t`]);
}

function printKey(key: string, draws: Draws): string {
  return draws.one([key, key, key, key, `"${key}"`, `'${key.replaceAll("'", "''")}'`]);
}

function printText(text: string, indent: string, draws: Draws): string {
  const body = (inner: string): string =>
    text
      .split('\n')
      .map((line) => (line === '' ? '' : `${inner}${line}`))
      .join('\n');
  switch (draws.of(8)) {
    case 1:
      return `'${text.replaceAll("'", "''").replaceAll('\n', `\n\n${indent}`)}'`;
    case 2:
      return JSON.stringify(text);
    case 3:
      return `"${text
        .replaceAll(/["\\]/g, '\\$&')
        .replaceAll('\n', `\n\n${indent}`)
        .replaceAll(' ', draws.one([' ', `\n${indent}`, `\\\n${indent}\\ `, '\n']))}"`;
    case 4:
      return `|${draws.one(['', '-', '+', '2', '-1', ' # c'])}\n${body(`${indent}  `)}`;
    case 5:
      return `>${draws.one(['', '-', '+', '1+', ''])}\n${body(`${indent} `)}${draws.one(['', '\n'])}`;
    case 6:
      return text.replaceAll(' ', `\n${indent} `);
    default:
      return text;
  }
}

function isMapping(value: Plain): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBlock(value: Plain): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** Pieces of YAML that change what stands around them: for edits of texts. */
export const PIECES: readonly string[] = [
  ...[
    '[',
    ']',
    '{',
    '}',
    ': ',
    ':',
    '- ',
    '? ',
    ',',
    '#',
    ' # c',
    '"',
    "'",
    '\\',
    '|\n',
    '>-\n',
    '|2\n',
    '\t',
  ],
  ...['\n', '\n\n', '\r\n', '\n  ', '\n---\n', '\n...\n', '--- a\n', '%YAML 1.1\n---\n', '\ufeff'],
  ...['&a ', '*a', '!!str ', '!!binary ', '<<: ', '<<: *a\n', '@', '`', '%', '~', 'null', 'y', 'on: ', '010'],
  ...[
    '"a\nb"',
    "'a\n\nb'",
    '{a: b,\nc: d}',
    '[\t1,\n2]',
    '"\\x41\\u00e9\\n"',
    'a\n    b',
    '__proto__: 1\n',
    'items:\n',
  ],
];
