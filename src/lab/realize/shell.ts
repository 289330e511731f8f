import { visible } from '../../formats/text/index.ts';

/** A line for a program's standard input; the second kind ends with the whole name of a namespace, prefix and all. */
export type Line = string | { readonly text: string; readonly namespace: string };

/** A word as a POSIX shell reads it back. Everything of the input that gets into a script comes this way. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word);
}

/**
 * The word in quotes, whatever is in it. What a terminal or an editor would obey is written as bytes for `printf`, so that
 * whoever looks at the script sees it. A shell's word has no NUL; U+FFFD stands for it.
 */
function quoted(word: string): string {
  return word.replaceAll('\0', '\ufffd').split(RUNS).map(piece).join('') || "''";
}

/** Runs of characters that `visible` escapes; newlines and tabs stay between quotes. */
const RUNS = /((?:(?![\n\t])\p{C}|[\u2028\u2029])+)/u;

function piece(text: string): string {
  if (text === '') return '';
  if (!RUNS.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const bytes = [...new TextEncoder().encode(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`);
  return `"$(printf '${bytes.join('')}')"`;
}

/** Lines that are printed, or that a command reads: `lines 'one' 'two' | command`. */
export function printed(lines: readonly Line[], command?: string): string[] {
  if (lines.length === 0) return [':'];
  const words = lines.map(quotedLine);
  const end = command === undefined ? [] : [`  ${command}`];
  return [
    'lines \\',
    ...words.map((word, i) => `  ${word}${i < words.length - 1 ? ' \\' : command === undefined ? '' : ' |'}`),
    ...end,
  ];
}

/** The script has the prefix in `$P`. */
function quotedLine(line: Line): string {
  if (typeof line === 'string') return quoted(oneLine(line));
  return `${quoted(oneLine(line.text))}"$P"${quote(oneLine(line.namespace))}`;
}

/** No text ends the line that it stands in: the programs that read these lines take the next one for a command. */
function oneLine(text: string): string {
  return text.replace(/[\n\r]/g, visible);
}

/** A comment. */
export function comment(text: string): string {
  return `# ${visible(text)}`;
}
