/** A name that differs from `word` only by a slip of the fingers; undefined when none is near enough to suggest. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  // One slip for short words, at most three for long ones: farther apart, a suggestion misleads more than it helps.
  const limit = wanted.length < 3 ? 0 : wanted.length < 6 ? 1 : wanted.length < 12 ? 2 : 3;
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) > limit) continue;
    const other = candidate.toLowerCase();
    const distance = other === wanted ? 0 : slips(wanted, other, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Damerau-Levenshtein distance (insert, delete, replace, swap of neighbours), cut off at `limit`. */
function slips(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least >= limit) return limit;
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? limit;
}

/** Of so many words every one is compared; of more only those that differ by one letter left out, added or changed. */
const COMPARED = 200;

/** `didYouMean` for many questions about the same words: what it costs does not grow with their number. */
export function speller(words: Iterable<string>): (word: string) => string | undefined {
  const all = [...new Set(words)];
  if (all.length <= COMPARED) return (word) => didYouMean(word, all);
  // Two words that differ by one slip are the same when one letter, at most, is taken out of each.
  const shortened = new Map<string, string[]>();
  for (const word of all) {
    for (const short of withoutOne(word)) {
      const list = shortened.get(short);
      if (list === undefined) shortened.set(short, [word]);
      else if (list.length < COMPARED) list.push(word);
    }
  }
  return (word) =>
    didYouMean(word, new Set([...withoutOne(word)].flatMap((short) => shortened.get(short) ?? [])));
}

/** The word itself, and with each letter taken out; all in lower case. */
function withoutOne(word: string): Set<string> {
  const lower = word.toLowerCase();
  const short = new Set([lower]);
  for (let i = 0; i < lower.length; i++) short.add(lower.slice(0, i) + lower.slice(i + 1));
  return short;
}
