import type { Skb } from '../skb.ts';
import { is, type Outcome } from './match-context.ts';
import type { Match } from './model.ts';

type Owner = Extract<Match, { readonly kind: 'owner' }>;

/** Who holds the socket of a packet: a program, the kernel itself, or nobody (it came from elsewhere). */
function socketOf({ visit }: Skb): 'program' | 'kernel' | 'none' {
  for (const event of visit.events) {
    if (event.type !== 'originate') continue;
    if (event.by === 'socket') return 'program';
    // nf_send_reset makes its segment without a socket.
    return visit.why === 'REJECT_RULE' && event.packet.protocol === 'tcp' ? 'none' : 'kernel';
  }
  return 'none';
}

/**
 * xt_owner. Manifests do not say as whom a program runs, so an id is unknown for whatever a program sends. Packets
 * without a socket, and those of the kernel's own sockets, have no ids: they match where everything is negated.
 */
export function matchOwner({ socketExists, uid, gid }: Owner, skb: Skb): Outcome {
  const holder = socketOf(skb);
  const ids = [uid, gid].filter((id) => id !== undefined);
  const noId = ids.every((id) => id.not);
  if (holder === 'none') return is(noId && socketExists?.not !== false);
  if (socketExists?.not === true) return 'no';
  if (holder === 'kernel') return is(noId);
  return ids.length === 0 ? 'yes' : 'unknown';
}
