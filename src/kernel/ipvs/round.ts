/**
 * The round of the schedulers rr and wrr (ip_vs_rr_schedule, ip_vs_wrr_schedule): the list of servers is gone through
 * again and again with a level that falls from the largest weight to the least, in steps of their greatest common divisor;
 * a server is taken while its own weight is not below. Round robin is the round in which all weigh the same. Weights go up
 * to 2147483647, so that places are kept as ranges of levels.
 */
export interface Round {
  /** Levels at which each server is taken: its weight, counted in steps. */
  readonly levels: readonly number[];
  /** The level that a round begins with. */
  readonly top: number;
}

/** Where a scheduler may stand: about to take a server, at any of some levels. */
export interface Place {
  /** The server's index in the list. */
  readonly at: number;
  readonly from: number;
  /** Included. */
  readonly to: number;
}

/** The round of servers of these weights, counted in steps of `step`. */
export function newRound(weights: readonly number[], step: number): Round {
  const levels = weights.map((weight) => (step === 0 ? 0 : weight / step));
  return { levels, top: levels.reduce((most, level) => Math.max(most, level), 0) };
}

/** Every place of a round, in the order in which servers are first taken. */
export function placesOf({ levels }: Round): Place[] {
  const places = levels.flatMap((to, at) => (to === 0 ? [] : [{ at, from: 1, to }]));
  return places.sort((a, b) => b.to - a.to);
}

/** How many places there are among these. */
export function countOf(places: readonly Place[]): number {
  return places.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

/** Where a scheduler may stand once it has taken the server of a place. */
export function after(round: Round, { at, from, to }: Place): Place[] {
  const places: Place[] = [];
  // Later servers of the list whose weight reaches the level come next; above them the level falls.
  const left = take(round, at + 1, { from, to }, places);
  if (left === undefined) return places;
  if (left.to > 1) take(round, 0, { from: Math.max(left.from, 2) - 1, to: left.to - 1 }, places);
  if (left.from === 1) take(round, 0, { from: round.top, to: round.top }, places);
  return places;
}

interface Levels {
  readonly from: number;
  readonly to: number;
}

/** Deals levels out to the servers from an index on; what is too high for all of them is left. */
function take({ levels }: Round, start: number, { from, to }: Levels, into: Place[]): Levels | undefined {
  let low = from;
  for (let at = start; at < levels.length && low <= to; at++) {
    const reach = Math.min(levels[at] ?? 0, to);
    if (reach < low) continue;
    into.push({ at, from: low, to: reach });
    low = reach + 1;
  }
  return low > to ? undefined : { from: low, to };
}
