import { cidrOf, contains } from '../../addr/index.ts';
import type { Connection } from '../conntrack/connection.ts';
import type { Tuple } from '../conntrack/tuple.ts';
import type { Skb } from '../skb.ts';
import { all, is, type Outcome } from './match-context.ts';
import type { ConntrackMatch, CtAddress, CtState, CtStatus, PortMatch } from './model.ts';

/** xt_conntrack's state bits: SNAT and DNAT stand beside the packet's state. */
export function hasState(skb: Skb, state: CtState): boolean {
  switch (state) {
    case 'SNAT':
      return skb.ct?.nat.src === true;
    case 'DNAT':
      return skb.ct?.nat.dst === true;
    default:
      return (skb.ctInfo ?? 'INVALID') === state;
  }
}

/** conntrack_mt: the state first; every other test fails for a packet without a connection. */
export function matchConntrack(match: ConntrackMatch, skb: Skb): Outcome {
  const tested = match.states.length > 0;
  if (tested && match.states.some((state) => hasState(skb, state)) === match.not) return 'no';
  const { ct } = skb;
  if (ct === undefined) return is(tested);
  const { original, reply } = ct;
  const { protocol, status, direction } = match;
  return all([
    is(direction === undefined || direction === skb.ctDirection),
    matchAddress(match.origSrc, original, 'src'),
    matchAddress(match.origDst, original, 'dst'),
    matchAddress(match.replSrc, reply, 'src'),
    matchAddress(match.replDst, reply, 'dst'),
    is(protocol === undefined || (original.protocol === protocol.number) !== protocol.not),
    matchPort(match.origSrcPort, original, 'sport'),
    matchPort(match.origDstPort, original, 'dport'),
    matchPort(match.replSrcPort, reply, 'sport'),
    matchPort(match.replDstPort, reply, 'dport'),
    is(status === undefined || status.statuses.some((one) => hasStatus(ct, one)) !== status.not),
    // What is left of a timeout depends on the clock, and none runs here.
    match.expire === undefined ? 'yes' : 'unknown',
  ]);
}

function matchAddress(match: CtAddress | undefined, tuple: Tuple, side: 'src' | 'dst'): Outcome {
  if (match === undefined) return 'yes';
  return is(contains(cidrOf(match.ip, match.length), tuple[side]) !== match.not);
}

/** An echo's tuple has its id and type where others have ports; which of them a rule means is not modelled. */
function matchPort(match: PortMatch | undefined, tuple: Tuple, side: 'sport' | 'dport'): Outcome {
  if (match === undefined) return 'yes';
  if (tuple.protocol === 1) return 'unknown';
  const port = tuple[side];
  return is((port >= match.from && port <= match.to) !== match.not);
}

function hasStatus(ct: Connection, status: CtStatus): boolean {
  switch (status) {
    case 'EXPECTED':
      // Expectations come from helpers, which are not modelled: no connection is an expected one.
      return false;
    case 'SEEN_REPLY':
      return ct.seenReply;
    case 'ASSURED':
      return ct.assured;
    case 'CONFIRMED':
      return ct.confirmed;
  }
}
