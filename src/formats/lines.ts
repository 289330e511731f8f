/** What is wrong with one line of a text that a tool should have printed. */
export interface LineError {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

/** What a parser of this folder gives: every entry, or every line that is not of the format. */
export type EntriesResult<T> =
  | { readonly ok: true; readonly entries: readonly T[] }
  | { readonly ok: false; readonly errors: readonly LineError[] };

/** An entry read from some lines, or what is wrong with the first of them that does not fit. */
export type Reading<T> =
  | { readonly ok: true; readonly entry: T; readonly lines: number }
  | { readonly ok: false; readonly at: number; readonly message: string };

export function entry<T>(value: T, lines = 1): Reading<T> {
  return { ok: true, entry: value, lines };
}

export function misfit(message: string, at = 0): Reading<never> {
  return { ok: false, at, message };
}

/**
 * Reads a text as a sequence of entries and checks that printing them gives the text back, so that a text
 * that parses is exactly what the tool prints (order of words, blanks at line ends, canonical addresses).
 * `read` is given all lines and where to begin; a line that does not fit is reported and skipped.
 */
export function parseEntries<T>(
  text: string,
  read: (lines: readonly string[], from: number) => Reading<T>,
  format: (entry: T) => string,
): EntriesResult<T> {
  if (text === '') return { ok: true, entries: [] };
  const errors: LineError[] = [];
  const lines = text.split('\n');
  if (lines.pop() !== '') errors.push({ line: lines.length + 1, message: 'the last line has no newline' });
  const entries: T[] = [];
  for (let from = 0; from < lines.length; ) {
    const reading = read(lines, from);
    if (!reading.ok) {
      errors.push({ line: from + reading.at + 1, message: reading.message });
      from += reading.at + 1;
      continue;
    }
    const canonical = format(reading.entry).split('\n');
    for (let n = 0; n < reading.lines; n++) {
      if (lines[from + n] === canonical[n]) continue;
      errors.push({
        line: from + n + 1,
        message: `not as the tool prints it: expected ${JSON.stringify(canonical[n] ?? '')}`,
      });
    }
    entries.push(reading.entry);
    from += reading.lines;
  }
  return errors.length === 0 ? { ok: true, entries } : { ok: false, errors };
}
