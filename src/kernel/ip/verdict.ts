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

/**
 * What send() returns when its packet ended so inside it, before a device took it: NF_DROP in the sender's own
 * OUTPUT or POSTROUTING, IPVS included (nf_hook_slow), a route that was asked for again and refused (ip_route_me_harder), a
 * packet that must not be fragmented. Undefined: the program hears nothing.
 */
export function sendErrno(reason: EndReason): string | undefined {
  switch (reason) {
    case 'DROP_RULE':
    case 'DROP_POLICY':
    case 'REJECT_RULE':
    case 'NO_REAL_SERVER':
      return 'EPERM';
    case 'NO_ROUTE':
      return 'ENETUNREACH';
    case 'UNREACHABLE_ROUTE':
      return 'EHOSTUNREACH';
    case 'PROHIBIT_ROUTE':
      return 'EACCES';
    case 'BLACKHOLE_ROUTE':
    case 'MARTIAN_SOURCE':
      return 'EINVAL';
    case 'FRAG_NEEDED':
      return 'EMSGSIZE';
    default:
      return undefined;
  }
}
