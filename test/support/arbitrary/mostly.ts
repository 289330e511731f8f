import fc, { type Arbitrary } from 'fast-check';

/** Mostly the first, sometimes one of the others. */
export function mostly<T>(usual: T, ...others: readonly T[]): Arbitrary<T> {
  return fc.oneof(
    { weight: 5, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}
