import type { EndReason } from '../event.ts';
import type { HookVerdict } from '../hooks.ts';
import { drop, type Stack } from '../session.ts';
import type { Skb } from '../skb.ts';
import { sendReject } from './reject.ts';

/** Ends a packet that a hook did not accept: silence for DROP, an answer for REJECT. */
export function endByHook(stack: Stack, skb: Skb, verdict: Exclude<HookVerdict, { kind: 'ACCEPT' }>): void {
  if (verdict.kind === 'STOLEN') return;
  const { table } = verdict;
  if (verdict.kind === 'DROP' && verdict.rule === undefined) {
    return drop(stack, skb, 'DROP_POLICY', `the policy of a built-in chain of table ${table} is DROP`);
  }
  const { rule } = verdict;
  const where = rule === undefined ? table : `${table} ${rule.chain} rule ${rule.number}`;
  const because = rule === undefined ? {} : { rule };
  switch (verdict.kind) {
    case 'DROP':
      return drop(stack, skb, 'DROP_RULE', `dropped by ${where}`, because);
    case 'UNKNOWN':
      return drop(stack, skb, 'UNSUPPORTED', `${where} has a match or target that is not modelled`, because);
    case 'REJECT':
      drop(stack, skb, 'REJECT_RULE', `rejected by ${where} (${verdict.with})`, because);
      return sendReject(stack, skb, verdict.with);
  }
}

/** Whether a send that ended so fails with EPERM: NF_DROP in the sender's own hooks (nf_hook_slow). */
export function isPermissionError(reason: EndReason): boolean {
  return reason === 'DROP_RULE' || reason === 'REJECT_RULE' || reason === 'DROP_POLICY';
}
