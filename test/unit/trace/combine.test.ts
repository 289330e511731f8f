import { expect, it } from 'vitest';
import { combineTraces, commonVerdict } from '../../../src/trace/combine.ts';
import { checkTrace } from '../../../src/trace/grammar.ts';
import { parseOdds } from '../../../src/trace/odds.ts';
import { MIXED, ONE_BRANCH, REFUSED } from '../../fixtures/trace.ts';

it('shares the odds of several addresses equally', () => {
  const trace = combineTraces(REFUSED.flow, [MIXED, REFUSED, MIXED]);
  expect(trace.paths.map((path) => path.odds)).toEqual(['1/6', '1/6', '1/3', '1/6', '1/6']);
  expect(trace.verdict).toBe('mixed');
  expect(trace.unexplored).toBeUndefined();
  expect(checkTrace(trace)).toEqual([]);
});

it('counts addresses and branches that were not walked', () => {
  const trace = combineTraces(ONE_BRANCH.flow, [ONE_BRANCH], 2);
  expect(trace.paths.map((path) => path.odds)).toEqual(['1/6']);
  expect(trace.unexplored?.branches).toBe(3);
  expect(trace.unexplored?.probability).toBeCloseTo(5 / 6, 12);
  expect(checkTrace(trace)).toEqual([]);
});

it('has one verdict when all paths share it', () => {
  expect(commonVerdict(REFUSED.paths)).toBe('refused');
  expect(commonVerdict(MIXED.paths)).toBe('mixed');
});

it.each(['', '1/0', '3/2', '-1/2', '1.5', '1/2/3'])('refuses "%s" as odds', (text) => {
  expect(parseOdds(text)).toBeUndefined();
});
