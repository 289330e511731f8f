import { record } from '../skb.ts';
import type { MatchContext } from './match-context.ts';
import type { Target } from './model.ts';

type TargetOf<K extends Target['kind']> = Extract<Target, { readonly kind: K }>;

/** connmark_tg: nothing happens to a packet without a connection. */
export function applyConnmark(target: TargetOf<'CONNMARK'>, { skb }: MatchContext): void {
  const { ct } = skb;
  if (ct === undefined) return;
  switch (target.action) {
    case 'set':
      ct.mark = ((ct.mark & ~target.mask) ^ target.value) >>> 0;
      return;
    case 'save':
      ct.mark = ((ct.mark & ~target.ctMask) ^ (skb.mark & target.nfMask)) >>> 0;
      return;
    case 'restore':
      skb.mark = ((skb.mark & ~target.nfMask) ^ (ct.mark & target.ctMask)) >>> 0;
      return;
  }
}

/** notrack_tg: a packet that has a connection already (it was looped back) keeps it. */
export function untrack({ skb }: MatchContext): void {
  if (skb.ct !== undefined || skb.ctInfo !== undefined) return;
  skb.ctInfo = 'UNTRACKED';
  record(skb, { type: 'conntrack', state: 'UNTRACKED' });
}

/**
 * xt_ct_target: only the first one that a packet meets counts. Helpers and events change nothing on the way. False for
 * zones of one direction and zones by mark, which are not modelled.
 */
export function applyCt(target: TargetOf<'CT'>, context: MatchContext): boolean {
  const { skb } = context;
  if (skb.ct !== undefined || skb.ctInfo !== undefined || skb.ctZone !== undefined) return true;
  if (target.notrack) {
    untrack(context);
    return true;
  }
  const { zone } = target;
  if (zone === undefined) {
    skb.ctZone = 0;
    return true;
  }
  if (zone.direction !== 'both' || zone.id === 'mark') return false;
  skb.ctZone = zone.id;
  return true;
}
