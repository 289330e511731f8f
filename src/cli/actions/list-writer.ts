import { jsonText, visible } from '../../formats/text/index.ts';
import type { Io } from '../io.ts';

/** Written in pieces of this many characters: one write a line is slow, one for all of them may not fit. */
const PIECE = 1 << 16;

/** Null is an empty field of CSV. */
type Value = string | number | boolean | null;

/** Writes rows of one shape as they come. */
export interface ListWriter {
  readonly add: (values: readonly Value[]) => void;
  /** Writes what is pending and the list's end. */
  readonly end: () => void;
}

/** A JSON list of objects, one a line, or CSV with a head (RFC 4180, but for its line ends). */
export function listWriter(format: 'json' | 'csv', keys: readonly string[], io: Io): ListWriter {
  let pending = format === 'csv' ? `${keys.join(',')}\n` : '[';
  let first = true;
  const heads = keys.map((key, i) => `${i === 0 ? '{' : ', '}${jsonText(key)}: `);
  const flush = (): void => {
    io.stdout(pending);
    pending = '';
  };
  const add = (values: readonly Value[]): void => {
    if (format === 'csv') pending += `${values.map(csvValue).join(',')}\n`;
    else {
      pending += first ? '\n  ' : ',\n  ';
      for (let i = 0; i < values.length; i++) pending += `${heads[i]}${jsonText(values[i])}`;
      pending += '}';
    }
    first = false;
    if (pending.length >= PIECE) flush();
  };
  const end = (): void => {
    if (format === 'json') pending += first ? ']\n' : '\n]\n';
    flush();
  };
  return { add, end };
}

/** Spreadsheets take these at the beginning of a field for a formula (OWASP, "CSV Injection"); a quote makes it text. */
const FORMULA = /^[=+\-@\t\r]./s;

function csvValue(value: Value): string {
  if (typeof value !== 'string') return String(value ?? '');
  const text = visible(FORMULA.test(value) ? `'${value}` : value);
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
