import type { Stack } from '../session.ts';
import type { Skb } from '../skb.ts';
import type { HookName } from './model.ts';

/** What a rule is matched against: the packet, and the devices as the hook sees them. */
export interface MatchContext {
  readonly stack: Stack;
  readonly skb: Skb;
  readonly hook: HookName;
  /** `-i`: undefined in OUTPUT and POSTROUTING. */
  readonly inDevice: string | undefined;
  /** `-o`: undefined in PREROUTING and INPUT. */
  readonly outDevice: string | undefined;
}

/** Three-valued: a match that is not modelled, or asks for what the state does not say, is neither true nor false. */
export type Outcome = 'yes' | 'no' | 'unknown';

export function is(condition: boolean): Outcome {
  return condition ? 'yes' : 'no';
}

/** All of several tests: one that fails decides, whatever is unknown. */
export function all(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.includes('no')) return 'no';
  return outcomes.includes('unknown') ? 'unknown' : 'yes';
}
