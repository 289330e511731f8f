import { record } from '../skb.ts';
import type { MatchContext } from './match-context.ts';
import type { Rule, SetReference, Target } from './model.ts';
import { addToSet, deleteFromSet } from './session-sets.ts';

type TargetOf<K extends Target['kind']> = Extract<Target, { readonly kind: K }>;

/** xt_HL: a TTL stays within a byte. */
export function setTtl({ action, value }: TargetOf<'TTL'>, { skb }: MatchContext): void {
  const { packet } = skb;
  const from = packet.ttl;
  switch (action) {
    case 'set':
      packet.ttl = value;
      break;
    case 'inc':
      packet.ttl = Math.min(255, from + value);
      break;
    case 'dec':
      packet.ttl = Math.max(0, from - value);
      break;
  }
  if (packet.ttl !== from) record(skb, { type: 'ttl', from, to: packet.ttl });
}

/** dscp_tg: the upper six bits of the TOS byte. */
export function setDscp({ value }: TargetOf<'DSCP'>, { skb }: MatchContext): void {
  skb.packet.tos = (skb.packet.tos & 3) | (value << 2);
}

export function setTos({ value, mask }: TargetOf<'TOS'>, { skb }: MatchContext): void {
  skb.packet.tos = ((skb.packet.tos & ~mask) ^ value) & 0xff;
}

/** What a target that only tells somebody about the packet leaves to be seen. */
export function noteLogged(target: TargetOf<'LOG' | 'NFLOG' | 'TRACE'>, { skb }: MatchContext): void {
  record(skb, { type: 'note', code: target.kind, text: logText(target) });
}

function logText(target: TargetOf<'LOG' | 'NFLOG' | 'TRACE'>): string {
  switch (target.kind) {
    case 'LOG':
      return target.prefix === undefined ? 'logged' : `logged with prefix ${JSON.stringify(target.prefix)}`;
    case 'NFLOG': {
      const prefix = target.prefix === undefined ? '' : ` with prefix ${JSON.stringify(target.prefix)}`;
      return `sent to netlink group ${target.group}${prefix}`;
    }
    case 'TRACE':
      return 'traced from here on: xtables-monitor --trace shows every rule that matches';
  }
}

/** set_target_v3: false when a set is not there, which leaves open what would happen. */
export function changeSets({ add, del }: TargetOf<'SET'>, rule: Rule, context: MatchContext): boolean {
  const { stack, skb, inDevice, outDevice } = context;
  const change = (
    reference: SetReference | undefined,
    work: (name: string, probe: Parameters<typeof deleteFromSet>[2]) => boolean,
  ): boolean =>
    reference === undefined || work(reference.set, { skb, flags: reference.flags, inDevice, outDevice });
  const added = change(add, (name, probe) => addToSet(stack, name, probe, rule.origin));
  return change(del, (name, probe) => deleteFromSet(stack, name, probe)) && added;
}
