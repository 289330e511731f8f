import { sameCidr } from '../addr/index.ts';
import { type CommitContext, Refusal, touch } from './commit-context.ts';
import { type Netns, type PolicyRule, RT_TABLE_MAIN } from './model.ts';
import type { Operation, PolicyRuleSpec } from './transaction.ts';

type PolicyRuleOperation = Extract<Operation, { op: 'policy-rule-add' | 'policy-rule-delete' }>;

/** `ip rule` (net/core/fib_rules.c). */
export function applyPolicyRuleOperation(context: CommitContext, operation: PolicyRuleOperation): void {
  const netns = touch(context, operation.netns);
  const before = [...netns.rules];
  context.undo.push(() => netns.rules.splice(0, netns.rules.length, ...before));
  if (operation.op === 'policy-rule-delete') {
    const at = netns.rules.findIndex((rule) => fits(rule, operation.rule));
    if (at < 0) throw new Refusal('RTNETLINK answers: No such file or directory');
    netns.rules.splice(at, 1);
    return;
  }
  const { rule: spec, origin } = operation;
  const rule: PolicyRule = {
    ...spec,
    priority: spec.priority ?? defaultPriority(netns),
    table: spec.table ?? RT_TABLE_MAIN,
    origin,
  };
  if (netns.rules.some((other) => sameRule(other, rule))) throw new Refusal('RTNETLINK answers: File exists');
  // Behind those of the same priority: the list is in the order in which rules are tried.
  const at = netns.rules.findIndex((other) => other.priority > rule.priority);
  netns.rules.splice(at < 0 ? netns.rules.length : at, 0, rule);
}

/** fib_default_rule_pref: one before the second rule. */
function defaultPriority(netns: Netns): number {
  const second = netns.rules[1]?.priority ?? 0;
  return second === 0 ? 0 : second - 1;
}

/** Everything that is given is as in the rule (rule_find). */
function fits(rule: PolicyRule, given: PolicyRuleSpec): boolean {
  const { priority, table, from, to, iif, oif, mark } = given;
  return (
    (priority === undefined || rule.priority === priority) &&
    (table === undefined || rule.table === table) &&
    (from === undefined || (rule.from !== undefined && sameCidr(rule.from, from))) &&
    (to === undefined || (rule.to !== undefined && sameCidr(rule.to, to))) &&
    (iif === undefined || rule.iif === iif) &&
    (oif === undefined || rule.oif === oif) &&
    (mark === undefined || (rule.mark?.value === mark.value && rule.mark.mask === mark.mask))
  );
}

function sameRule(a: PolicyRule, b: PolicyRule): boolean {
  return fits(a, b) && fits(b, a);
}
