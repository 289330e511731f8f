/**
 * # iptables: rules as text
 *
 * The part of formats that prints and reads single rules, by itself: a walk names rules and loads nothing else. See
 * formats for the guarantees, which are the same.
 */
export { parseRule, printRule, type RuleResult } from '../iptables-rule.ts';
