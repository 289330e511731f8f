import { didYouMean } from '../did-you-mean.ts';
import { type Field, tell } from '../field.ts';
import type { Place } from './corefile-syntax.ts';

/** Says what is wrong at a line: what CoreDNS refuses, or what is not modelled. */
export interface Complaints {
  readonly refuse: (at: Place, message: string, fix?: string) => void;
  readonly unmodelled: (at: Place, message: string, fix?: string) => void;
  /** A word that is none of those known. */
  readonly unknown: (at: Place, message: string, word: string, known: readonly string[]) => void;
}

/** Tells what is wrong with a file at the field that holds its text. */
export function complaintsAt(fieldOf: (file: string) => Field): Complaints {
  const say = (
    severity: 'error' | 'warning',
    code: string,
    { file, line }: Place,
    message: string,
    fix?: string,
  ): void => tell(fieldOf(file), severity, code, `${file}:${line}: ${message}`, fix, 'sentence');
  return {
    refuse: (at, message, fix) => say('error', 'PW240', at, message, fix),
    unmodelled: (at, message, fix) => say('warning', 'PW241', at, message, fix),
    unknown: (at, message, word, known) => {
      const meant = didYouMean(word, known);
      say('error', 'PW240', at, message, meant === undefined ? undefined : `did you mean "${meant}"?`);
    },
  };
}
