import { RATE_UNITS, type Rate, type RateUnit } from '../../kernel/index.ts';
import { RuleError, type Word } from './words.ts';

const UNITS: readonly RateUnit[] = ['day', 'hour', 'min', 'sec'];
const LONG: readonly (readonly [string, RateUnit])[] = [
  ['second', 'sec'],
  ['minute', 'min'],
  ['hour', 'hour'],
  ['day', 'day'],
];

/** Ticks of a second in which xt_limit and xt_hashlimit (revision 2 on) keep the time between two packets. */
export const LIMIT_SCALE = 10_000n;
export const HASHLIMIT_SCALE = 1_000_000n;

/** `5/min`, `10/second`, `7`: a rate as it was written; a unit may be cut short. `bad` is what to say of another text. */
export function readRate(word: Word, scale: bigint, bad: string): Rate {
  const [, digits, unit = 'second'] = /^(\d+)(?:\/([a-z]+))?$/i.exec(word.text) ?? [];
  const per = LONG.find(([name]) => name.startsWith(unit.toLowerCase()))?.[1];
  const count = Number(digits ?? 0);
  if (per === undefined || count === 0) throw new RuleError(bad, word);
  if (periodOf({ count, per }, scale) === 0n) throw new RuleError(`Rate too fast "${word.text}"`, word);
  return { count, per };
}

function periodOf({ count, per }: Rate, scale: bigint): bigint {
  return (scale * BigInt(RATE_UNITS[per])) / BigInt(count);
}

/** The rate that a period prints as (print_rate in libxt_limit.c): the shortest unit that does not lose too much. */
export function canonicalRate(rate: Rate, scale: bigint): Rate {
  const period = periodOf(rate, scale);
  const ticks = (unit: RateUnit): bigint => scale * BigInt(RATE_UNITS[unit]);
  let per: RateUnit = 'day';
  for (const unit of UNITS.slice(1)) {
    if (period > ticks(unit) || ticks(unit) / period < ticks(unit) % period) break;
    per = unit;
  }
  return { count: Number(ticks(per) / period), per };
}

export function formatRate({ count, per }: Rate): string {
  return `${count}/${per}`;
}
