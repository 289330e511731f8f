import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LineChange, sequenceChanges, setChanges } from '../../../src/cluster/diff/line-changes.ts';

const LINES = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
const RUNS = { seed: 7, numRuns: 300 };

function texts(changes: readonly LineChange[], change: LineChange['change']): string[] {
  return changes.filter((one) => one.change === change).map(({ text }) => text);
}

/** Whether `part` can be made from `whole` by leaving lines out. */
function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const text of whole) if (text === part[at]) at++;
  return at === part.length;
}

describe('changes of lists of lines', () => {
  it('are as few as can be where order counts', () => {
    expect(sequenceChanges(['a', 'b', 'c'], ['a', 'x', 'c'])).toEqual([
      { change: 'removed', text: 'b' },
      { change: 'added', text: 'x' },
    ]);
    expect(sequenceChanges(['a', 'b', 'c'], ['b', 'c', 'a'])).toEqual([
      { change: 'removed', text: 'a' },
      { change: 'added', text: 'a' },
    ]);
    expect(sequenceChanges([], ['a'])).toEqual([{ change: 'added', text: 'a' }]);
  });

  it('are none where only the order of a set differs', () => {
    expect(setChanges(['a', 'b', 'b'], ['b', 'a', 'b'])).toEqual([]);
    expect(setChanges(['a', 'b', 'b'], ['b', 'c'])).toEqual([
      { change: 'removed', text: 'a' },
      { change: 'removed', text: 'b' },
      { change: 'added', text: 'c' },
    ]);
  });

  it('leave the same lines on both sides, for any two lists', () => {
    fc.assert(
      fc.property(LINES, LINES, (before, after) => {
        for (const changesOf of [setChanges, sequenceChanges]) {
          const changes = changesOf(before, after);
          const kept = (side: readonly string[], gone: readonly string[]): string[] => {
            const left = [...side];
            for (const text of gone) left.splice(left.indexOf(text), 1);
            return left.sort();
          };
          expect(kept(before, texts(changes, 'removed'))).toEqual(kept(after, texts(changes, 'added')));
          expect(isSubsequence(texts(changes, 'removed').toSorted(), before.toSorted())).toBe(true);
        }
        expect(sequenceChanges(before, before)).toEqual([]);
      }),
      RUNS,
    );
  });

  it('give order up in lists that are too long for it', () => {
    const many = Array.from({ length: 3000 }, (_, i) => `${i}`);
    const changes = sequenceChanges(['first', ...many, 'x'], [...many.toReversed(), 'y']);
    expect(changes).toEqual([
      { change: 'removed', text: 'first' },
      { change: 'removed', text: 'x' },
      { change: 'added', text: 'y' },
    ]);
  });
});
