/** A line of a text that one side has and the other has not. */
export interface LineChange {
  readonly change: 'added' | 'removed';
  readonly text: string;
}

/** Changes between lists whose order means nothing: what is gone, then what is new, each in its side's order. */
export function setChanges(before: readonly string[], after: readonly string[]): LineChange[] {
  const missing = (from: readonly string[], to: readonly string[]): string[] => {
    const counts = new Map<string, number>();
    for (const text of to) counts.set(text, (counts.get(text) ?? 0) + 1);
    return from.filter((text) => {
      const left = counts.get(text) ?? 0;
      counts.set(text, left - 1);
      return left <= 0;
    });
  };
  return [
    ...missing(before, after).map((text): LineChange => ({ change: 'removed', text })),
    ...missing(after, before).map((text): LineChange => ({ change: 'added', text })),
  ];
}

/** Above this many pairs of lines a longest common subsequence would take too long: order is given up. */
const MAX_PAIRS = 4_000_000;

/** Changes between lists whose order counts, as `diff` finds them: a line that moved is removed and added. */
export function sequenceChanges(before: readonly string[], after: readonly string[]): LineChange[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end++;
  }
  const a = before.slice(start, before.length - end);
  const b = after.slice(start, after.length - end);
  return a.length * b.length > MAX_PAIRS ? setChanges(a, b) : walkTable(a, b, commonLengths(a, b));
}

/** Row i, column j: the length of the longest common subsequence of a from i on and b from j on. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return lengths;
}

function walkTable(a: readonly string[], b: readonly string[], lengths: Uint32Array): LineChange[] {
  const width = b.length + 1;
  const changes: LineChange[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      i++;
      j++;
    } else if (
      left !== undefined &&
      (right === undefined || (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))
    ) {
      changes.push({ change: 'removed', text: left });
      i++;
    } else if (right !== undefined) {
      changes.push({ change: 'added', text: right });
      j++;
    }
  }
  return changes;
}
