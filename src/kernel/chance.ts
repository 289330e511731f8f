/**
 * Exact probabilities. Every random decision of the emulated kernel goes through one chooser, which the
 * explorer drives down every branch in turn and a plain walk drives with a seed.
 */

/** A probability as a reduced fraction. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export const ONE: Fraction = { numerator: 1n, denominator: 1n };

export function fraction(numerator: bigint, denominator: bigint): Fraction {
  let a = numerator;
  let b = denominator;
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n
    ? { numerator: 0n, denominator: 1n }
    : { numerator: numerator / a, denominator: denominator / a };
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.numerator, a.denominator * b.denominator);
}

export function add(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

/** 1 - p. */
export function complement(p: Fraction): Fraction {
  return fraction(p.denominator - p.numerator, p.denominator);
}

/** The nearest double. */
export function toNumber(p: Fraction): number {
  return Number(p.numerator) / Number(p.denominator);
}

/** `1/3`, `1` when certain. */
export function formatOdds(p: Fraction): string {
  return p.denominator === 1n ? `${p.numerator}` : `${p.numerator}/${p.denominator}`;
}

const TWO31 = 2 ** 31;
const known = new Map<number, Fraction>();

/**
 * The fraction that a rule's writer meant: the kernel keeps a threshold of 31 bits (715827883 for the
 * 0.3333333333 that kube-proxy writes for one third), and the simplest fraction whose ten printed digits give
 * that threshold is 1/3. The difference is below 1e-9; without it no set of odds would add up to 1.
 */
export function fractionOfThreshold(threshold: number): Fraction {
  let result = known.get(threshold);
  if (result === undefined) {
    result = simplestFraction(threshold);
    known.set(threshold, result);
  }
  return result;
}

function simplestFraction(threshold: number): Fraction {
  const p = threshold / TWO31;
  // Convergents of the continued fraction of p, simplest first.
  let [h0, h1, k0, k1] = [0, 1, 1, 0];
  let x = p;
  for (let i = 0; i < 12; i++) {
    const whole = Math.floor(x);
    [h0, h1] = [h1, whole * h1 + h0];
    [k0, k1] = [k1, whole * k1 + k0];
    if (k1 > 100_000) break;
    if (Math.round(Number((h1 / k1).toFixed(10)) * TWO31) === threshold)
      return fraction(BigInt(h1), BigInt(k1));
    if (x === whole) break;
    x = 1 / (x - whole);
  }
  return fraction(BigInt(threshold), BigInt(TWO31));
}

/** Takes random decisions. */
export interface Chooser {
  /** Whether an event of probability `p` happens. */
  chance(p: Fraction): boolean;
}

/** mulberry32: a small deterministic generator of 32-bit numbers; the same seed gives the same numbers. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** Takes one branch, drawn from a seed. */
export function seededChooser(random: () => number): Chooser {
  return { chance: (p) => random() / 2 ** 32 < toNumber(p) };
}
