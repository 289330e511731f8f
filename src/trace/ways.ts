import type { Asked, End, Session, Visit } from '../kernel/index.ts';

/** The visits of a packet from where it was made to `last`. */
export function wayTo(last: Visit): Visit[] {
  const way: Visit[] = [];
  for (let at: Visit | undefined = last; at !== undefined; at = at.before) way.push(at);
  return way.reverse();
}

/** The first visit of the packet that made `visit`. */
export function rootOf(visit: Visit): Visit {
  let root = visit;
  while (root.before !== undefined) root = root.before;
  return root;
}

/** A flooded copy that reached somebody it was not for says nothing about why a request failed. */
function isStray(end: End): boolean {
  return end.reason === 'WRONG_MAC';
}

/** Flooding copies a visit; two visits are of one packet when they began with the same event. */
function sameRoot(a: Visit, b: Visit): boolean {
  return a === b || (a.events[0] !== undefined && a.events[0] === b.events[0]);
}

/** Where the packet that was made at `first` ended last; strays only when nothing else ended. */
export function endOfPacket(session: Session, first: Visit): End | undefined {
  const own = session.ends.filter((end) => sameRoot(rootOf(end.visit), first));
  return own.findLast((end) => !isStray(end)) ?? own.at(-1);
}

/** Where an answer to the packet visited at `cause` ended: the reply, RST or ICMP error that did not arrive. */
export function endOfAnswer(session: Session, cause: Visit): End | undefined {
  const answers = session.ends.filter((end) => {
    const root = rootOf(end.visit);
    return root.cause !== undefined && sameRoot(rootOf(root.cause), rootOf(cause));
  });
  return answers.findLast((end) => !isStray(end)) ?? answers.at(-1);
}

/** The request that a server took, if one did. */
export function acceptedRequest(session: Session, asked: Asked): Session['accepted'][number] | undefined {
  return session.accepted.find((a) => sameRoot(rootOf(a.visit), asked.first));
}
