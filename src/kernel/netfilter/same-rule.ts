import { isDeepStrictEqual } from 'node:util';
import type { Rule } from './model.ts';

/** Whether two rules say the same, as `iptables -C` compares them: whoever wrote them, for whatever reason. */
export function sameRule(a: Rule, b: Rule): boolean {
  return (
    a.target.kind === b.target.kind &&
    a.matches.length === b.matches.length &&
    isDeepStrictEqual(spoken(a), spoken(b))
  );
}

function spoken({ origin: _, ...rule }: Rule): Omit<Rule, 'origin'> {
  return rule;
}

/**
 * Equal for rules that say the same, so that a list of many is searched by it: what has another key need not be compared,
 * what has the same key is.
 */
export function ruleKey(rule: Rule): string {
  return JSON.stringify(spoken(rule), inOrder);
}

/** Keys in one order, and numbers that JSON does not have as text. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
