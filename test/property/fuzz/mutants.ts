import fc from 'fast-check';

/** How many mutants a whole run meets: 10,000, or as many as PODWALK_FUZZ says. */
export const MUTANTS: number = Number(process.env['PODWALK_FUZZ'] ?? 10_000);

/** No text of these sizes takes longer than this on any machine that is not stuck. Milliseconds. */
export const PATIENCE = 10_000;

/** One change to a text. Places are fractions, so that they fit texts of any length. */
type Edit =
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly piece: string }
  | { readonly kind: 'repeat'; readonly at: number; readonly times: number }
  | { readonly kind: 'swap'; readonly at: number; readonly with: number }
  | { readonly kind: 'number'; readonly at: number; readonly piece: string }
  | { readonly kind: 'word'; readonly at: number; readonly from: number }
  | { readonly kind: 'truncate'; readonly at: number };

const NUMBERS = [
  '0',
  '-1',
  '1',
  '65536',
  '99999999999',
  '1e400',
  '0.5',
  '0x10',
  '007',
  '2147483647',
  '',
  '4294967296',
];

/** Edits with pieces that are at home in the texts and with some that never are. */
export function edits(pieces: readonly string[]): fc.Arbitrary<Edit[]> {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const edit: fc.Arbitrary<Edit> = fc.oneof(
    fc.record({ kind: fc.constant('cut' as const), at: place, length: fc.integer({ min: 1, max: 60 }) }),
    fc.record({
      kind: fc.constant('insert' as const),
      at: place,
      piece: fc.oneof(
        fc.constantFrom(...pieces, ...NUMBERS, '\n', ' ', '\t', '\0', '"', "'", '🙂', '\u2028'),
        fc.string(),
      ),
    }),
    fc.record({ kind: fc.constant('repeat' as const), at: place, times: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('swap' as const), at: place, with: place }),
    fc.record({ kind: fc.constant('number' as const), at: place, piece: fc.constantFrom(...NUMBERS) }),
    fc.record({ kind: fc.constant('word' as const), at: place, from: place }),
    fc.record({ kind: fc.constant('truncate' as const), at: place }),
  );
  return fc.array(edit, { minLength: 1, maxLength: 4 });
}

/** The text with the edits done, one after the other. */
export function mutate(text: string, list: readonly Edit[]): string {
  return list.reduce(apply, text);
}

function apply(text: string, edit: Edit): string {
  const at = Math.floor(edit.at * text.length);
  switch (edit.kind) {
    case 'cut':
      return text.slice(0, at) + text.slice(at + edit.length);
    case 'insert':
      return text.slice(0, at) + edit.piece + text.slice(at);
    case 'truncate':
      // A tail that is missing, as of a download that broke off; never so early that nothing is left.
      return text.slice(0, Math.max(at, text.length >> 1));
    case 'repeat':
      return onLines(text, (lines) => {
        const i = Math.floor(edit.at * lines.length);
        return [
          ...lines.slice(0, i),
          ...Array<string>(edit.times + 1).fill(lines[i] ?? ''),
          ...lines.slice(i + 1),
        ];
      });
    case 'swap':
      return onLines(text, (lines) => {
        const [i, j] = [Math.floor(edit.at * lines.length), Math.floor(edit.with * lines.length)];
        return lines.map((line, k) => (k === i ? (lines[j] ?? line) : k === j ? (lines[i] ?? line) : line));
      });
    case 'number':
      return nth(text, /\d+/g, edit.at, edit.piece);
    case 'word': {
      const words = [...text.matchAll(/[A-Za-z][A-Za-z0-9.-]*/g)].map(([word]) => word);
      return nth(text, /[A-Za-z][A-Za-z0-9.-]*/g, edit.at, words[Math.floor(edit.from * words.length)] ?? '');
    }
  }
}

function onLines(text: string, change: (lines: string[]) => string[]): string {
  return change(text.split('\n')).join('\n');
}

/** Replaces one of the matches, chosen by a fraction. */
function nth(text: string, pattern: RegExp, at: number, piece: string): string {
  const matches = [...text.matchAll(pattern)];
  const match = matches[Math.floor(at * matches.length)];
  if (match === undefined) return text;
  return text.slice(0, match.index) + piece + text.slice(match.index + match[0].length);
}

/** The longest time that any run of a function took. */
export function timed<T>(run: () => T): { readonly value: T; readonly milliseconds: number } {
  const start = performance.now();
  const value = run();
  return { value, milliseconds: performance.now() - start };
}
