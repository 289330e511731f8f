import { type Fraction, fraction } from '../kernel/index.ts';

/** Parses the odds of a path, `1/3` or `1`, back to a fraction; undefined when malformed or outside 0..1. */
export function parseOdds(text: string): Fraction | undefined {
  const match = /^(\d+)(?:\/(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const numerator = BigInt(match[1] ?? '0');
  const denominator = BigInt(match[2] ?? '1');
  return denominator === 0n || numerator > denominator ? undefined : fraction(numerator, denominator);
}
