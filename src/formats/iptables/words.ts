/** A word of a rule, with its place in the line, so that what is not understood can be kept as it was written. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What is wrong with a rule, in the words of iptables 1.8.9 where it has some; the column is 1-based. */
export class RuleError extends Error {
  readonly column: number | undefined;

  constructor(message: string, at?: Word) {
    super(message);
    this.column = at === undefined ? undefined : at.start + 1;
  }
}

/** Thrown when a match or target is real and an option is not modelled: it is kept as words. */
export class Unmodelled extends Error {}

const QUOTE = 34;
const BACKSLASH = 92;

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/**
 * Splits a line as iptables-restore does (add_param_to_argv in iptables/xshared.c): blanks separate, double
 * quotes hold together, a backslash inside quotes takes the next character as it is, a closing quote ends the word.
 */
export function splitWords(line: string, from = 0): Word[] {
  const words: Word[] = [];
  let i = from;
  while (i < line.length) {
    if (isBlank(line.charCodeAt(i))) {
      i++;
      continue;
    }
    const start = i;
    while (i < line.length && !isBlank(line.charCodeAt(i)) && line.charCodeAt(i) !== QUOTE) i++;
    let text = line.slice(start, i);
    if (line.charCodeAt(i) === QUOTE) {
      const closed = closingQuote(line, i + 1);
      if (closed === undefined) throw new RuleError('unterminated quote', { text, start, end: i });
      text += line.slice(i + 1, closed).replace(/\\(.)/gs, '$1');
      i = closed + 1;
    }
    words.push({ text, start, end: i });
  }
  return words;
}

function closingQuote(line: string, from: number): number | undefined {
  for (let i = from; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i;
  }
  return undefined;
}

const PLAIN = /^[-_0-9A-Za-z]+$/;

/** A text as xtables_save_string() prints it: bare when it is plain, else quoted with `"`, `'` and `\` escaped. */
export function quote(text: string): string {
  return PLAIN.test(text) ? text : `"${text.replace(/["'\\]/g, '\\$&')}"`;
}

/** The words as they were written: the very slice of the line when they stand side by side. */
export function rawText(line: string, words: readonly Word[], all: readonly Word[]): string {
  const first = words[0];
  const last = words[words.length - 1];
  if (first === undefined || last === undefined) return '';
  const contiguous = all.indexOf(last) - all.indexOf(first) === words.length - 1;
  if (contiguous) return line.slice(first.start, last.end);
  return words.map((word) => line.slice(word.start, word.end)).join(' ');
}
