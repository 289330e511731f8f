import { type Chooser, complement, type Fraction, multiply, ONE, seededChooser } from '../kernel/index.ts';

/** One random decision of a walk. */
export interface Decision {
  readonly p: Fraction;
  readonly taken: boolean;
}

/** A walk's decisions, and how likely they were together. */
export interface Branch<T> {
  readonly result: T;
  readonly decisions: readonly Decision[];
  readonly odds: Fraction;
}

/** Runs a walk with a chooser that first follows `script` and then `next`, and keeps what was decided. */
export function walkBranch<T>(
  walk: (chooser: Chooser) => T,
  script: readonly boolean[],
  next: Chooser,
): Branch<T> {
  const decisions: Decision[] = [];
  let odds: Fraction = ONE;
  const chooser: Chooser = {
    chance: (p) => {
      if (p.numerator === 0n) return false;
      if (p.numerator === p.denominator) return true;
      const taken = script[decisions.length] ?? next.chance(p);
      decisions.push({ p, taken });
      odds = multiply(odds, taken ? p : complement(p));
      return taken;
    },
  };
  const result = walk(chooser);
  return { result, decisions, odds };
}

/** Takes the first branch of every decision. */
export const FIRST: Chooser = { chance: () => true };

/** Draws every decision from a seed. */
export function drawn(random: () => number): Chooser {
  return seededChooser(random);
}

/**
 * Every branch of a walk, depth first: the walk is run again for each, from the same state, with one more
 * decision turned round. At most `limit` branches; a generator, so that a caller may stop early.
 */
export function* allBranches<T>(walk: (chooser: Chooser) => T, limit: number): Generator<Branch<T>> {
  let script: boolean[] | undefined = [];
  for (let n = 0; script !== undefined && n < limit; n++) {
    const branch: Branch<T> = walkBranch(walk, script, FIRST);
    yield branch;
    script = nextScript(branch.decisions);
  }
}

function nextScript(decisions: readonly Decision[]): boolean[] | undefined {
  const last = decisions.findLastIndex((d) => d.taken);
  if (last < 0) return undefined;
  return [...decisions.slice(0, last).map((d) => d.taken), false];
}
