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
