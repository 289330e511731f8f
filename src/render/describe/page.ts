import { visible } from '../../formats/text/index.ts';

/** The page of `kubectl describe`: keys with a colon, values in a column behind the longest, lists a line each. */
export type Field = readonly [key: string, value: string | readonly string[]];

const NONE = '<none>';
const GAP = 2;

/** Fields one under the other; an empty value is `<none>`. */
export function formatFields(fields: readonly Field[], indent = 0): string {
  const width = Math.max(0, ...fields.map(([key]) => key.length + 1)) + GAP;
  return fields
    .flatMap(([key, value]) => {
      const lines = typeof value === 'string' ? [value] : value;
      const [first = NONE, ...more] =
        lines.length === 0 ? [NONE] : lines.map((line) => visible(line) || NONE);
      return [`${`${key}:`.padEnd(width)}${first}`, ...more.map((line) => ' '.repeat(width) + line)];
    })
    .map((line) => `${' '.repeat(indent)}${line}\n`)
    .join('');
}

/** A heading with lines below it, indented; without lines, `<none>` stands beside the heading. */
export function formatSection(heading: string, body: string): string {
  if (body === '') return `${heading}:  ${NONE}\n`;
  const lines = body.replace(/\n$/, '').split('\n');
  return `${heading}:\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n`;
}

/** `key=value` a line, sorted by key. */
export function pairLines(map: ReadonlyMap<string, string>, separator = '='): string[] {
  return [...map].map(([key, value]) => `${key}${separator}${value}`).sort();
}
