/** Why a command cannot be done, in the words of the real tool where it has some; never leaves this folder. */
export class CommandError extends Error {
  readonly fix: string | undefined;

  constructor(message: string, fix?: string) {
    super(message);
    this.fix = fix;
  }
}

/** The words of a command line, and how many of them have been read. */
export interface Words {
  readonly all: readonly string[];
  next: number;
}

/** What separates words. */
const BLANK = /[ \t\r\n]/;

/** Splits a command line as a shell does: blanks separate, quotes hold together, a backslash takes what follows. */
export function shellWords(text: string): Words {
  const all: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quote !== '') {
      if (c === quote) quote = '';
      else if (c === '\\' && quote === '"' && /["\\$`]/.test(text.charAt(i + 1))) word += text.charAt(++i);
      else word += c;
    } else if (c === '\\' && text.charAt(i + 1) === '\n') i++;
    else if (BLANK.test(c)) {
      if (c === '\n' && text.slice(i).trim() !== '')
        throw new CommandError('a second line: one plain command at a time', 'give each command on its own');
      if (word !== undefined) all.push(word);
      word = undefined;
    } else {
      word ??= '';
      if (c === '"' || c === "'") quote = c;
      else if (c === '\\' && i + 1 < text.length) word += text.charAt(++i);
      else if (/[;&|<>$`()]/.test(c))
        throw new CommandError(
          `"${c}" is the shell's: one plain command at a time`,
          'give each command on its own',
        );
      else word += c;
    }
  }
  if (quote !== '') throw new CommandError(`unterminated ${quote}`);
  if (word !== undefined) all.push(word);
  return { all, next: 0 };
}

/** A word as a shell would have to be given it; also one that is typed into, where `!` in a word or in double quotes calls back a line. */
export function shellWord(word: string): string {
  if (word === '!' || /^[\w@%+=:,./-]+$/.test(word)) return word;
  return /^[^"\\$`!]*$/.test(word) ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}

export function peek(words: Words): string | undefined {
  return words.all[words.next];
}

export function take(words: Words): string | undefined {
  return words.all[words.next++];
}

/** The argument of a keyword, or iproute2's complaint (NEXT_ARG). */
export function argumentOf(words: Words): string {
  const word = take(words);
  if (word === undefined) throw new CommandError('Command line is not complete. Try option "help"');
  return word;
}

/** The first of iproute2's names that the word begins (matches() in iproute2): `ip r a` is `ip route add`. */
export function abbreviated<T extends string>(word: string, names: readonly T[]): T | undefined {
  return word === '' ? undefined : names.find((name) => name.startsWith(word));
}

/** A word that the real tool knows and podwalk does not. */
export function notModelled(command: string, word: string, understood: string): CommandError {
  return new CommandError(`${command}: "${word}" is not modelled`, `understood: ${understood}`);
}

/** A word that the real tool does not know either. */
export function garbage(duplicate: string, word: string, understood: string): CommandError {
  return new CommandError(
    `Error: either "${duplicate}" is duplicate, or "${word}" is a garbage.`,
    `understood: ${understood}`,
  );
}

/** A number as strtoul() with base 0 reads it, in a range; undefined otherwise. */
export function numberIn(text: string, min: number, max: number): number | undefined {
  if (!/^(0[xX][0-9a-fA-F]+|\d+)$/.test(text)) return undefined;
  const value = /^0\d/.test(text) ? Number.parseInt(text, 8) : Number(text);
  return value >= min && value <= max ? value : undefined;
}
