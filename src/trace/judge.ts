import type { Asked, ClientEvent, End, EndReason, Route, Session, Visit } from '../kernel/index.ts';
import { seenError, verdictOfErrno } from './errno.ts';
import type { Reason, TraceProtocol, Verdict } from './model.ts';
import { acceptedRequest, endOfAnswer, endOfPacket, rootOf, wayTo } from './ways.ts';

/** What came of one walk, before it is put into words. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly errno?: string;
  readonly request: readonly Visit[];
  /** The way of the reply, or of what came back instead. */
  readonly back?: readonly Visit[];
  /** The end that decided, when one did. */
  readonly end?: End;
  readonly accepted?: Session['accepted'][number];
  readonly answer?: Extract<ClientEvent, { kind: 'answer' }>;
}

/** The outside world's name for why a packet ended. */
export function reasonOf(
  reason: EndReason,
  end?: { readonly route: Route | undefined; readonly rule: End['rule'] },
): Reason {
  if (reason === 'NO_SOCKET') return 'NO_LISTENER';
  // The gateway's own blackhole stands for the rest of the world.
  if (reason === 'BLACKHOLE_ROUTE' && end?.route?.origin.program === 'underlay') return 'LEFT_CLUSTER';
  if (
    end?.rule?.rule.origin.program === 'network-policy' &&
    (reason === 'DROP_RULE' || reason === 'REJECT_RULE')
  )
    return 'POLICY';
  return reason;
}

/** Says what the client saw, and why. */
export function judge(session: Session, asked: Asked, protocol: TraceProtocol): Judgement {
  const accepted = acceptedRequest(session, asked);
  for (const event of asked.client.events) {
    const judgement = judgeEvent(session, asked, event, protocol, accepted);
    if (judgement !== undefined) return judgement;
  }
  return judgeSilence(session, asked, accepted);
}

function judgeEvent(
  session: Session,
  asked: Asked,
  event: ClientEvent,
  protocol: TraceProtocol,
  accepted: Judgement['accepted'],
): Judgement | undefined {
  switch (event.kind) {
    case 'answer': {
      const root = rootOf(event.visit);
      const request = wayTo(root.cause ?? asked.first);
      const by = session.accepted.find((a) => a.visit === root.cause) ?? accepted;
      return {
        verdict: 'delivered',
        reason: 'OK',
        request,
        back: wayTo(event.visit),
        answer: event,
        ...(by === undefined ? {} : { accepted: by }),
      };
    }
    case 'reset':
      return refusedBy(session, asked, event.visit, { verdict: 'refused', errno: 'ECONNREFUSED' });
    case 'icmp': {
      const seen = seenError(protocol, event.type, event.code);
      return seen === undefined ? undefined : refusedBy(session, asked, event.visit, seen);
    }
    case 'errno': {
      const end = endOfPacket(session, asked.first);
      const verdict = verdictOfErrno(event.errno);
      // A REJECT in OUTPUT fails the call, and its ICMP error is sent all the same, to the sender itself.
      const error = asked.client.events.find((e) => e.kind === 'icmp');
      return {
        verdict,
        reason: end === undefined ? 'NO_ROUTE' : reasonOf(end.reason, end),
        errno: event.errno,
        request: wayTo(asked.first),
        ...(end === undefined ? {} : { end }),
        ...(error === undefined ? {} : { back: wayTo(error.visit) }),
      };
    }
  }
}

/** An RST or ICMP error arrived: the request ended where it was made. */
function refusedBy(
  session: Session,
  asked: Asked,
  visit: Visit,
  seen: { readonly verdict: Verdict; readonly errno: string },
): Judgement {
  const root = rootOf(visit);
  const at = root.cause ?? asked.first;
  const end = session.ends.findLast((e) => e.visit === at);
  const reason = root.why === undefined ? 'NO_LISTENER' : reasonOf(root.why, end);
  return { ...seen, reason, request: wayTo(at), back: wayTo(visit), ...(end === undefined ? {} : { end }) };
}

/** Nothing that the program can see came back. */
function judgeSilence(session: Session, asked: Asked, accepted: Judgement['accepted']): Judgement {
  if (accepted !== undefined) {
    const end = endOfAnswer(session, accepted.visit);
    const reachedClient =
      end?.visit.netns === asked.client.netns && (end.reason === 'NO_SOCKET' || end.reason === 'NO_LISTENER');
    return {
      verdict: end?.reason === 'UNSUPPORTED' ? 'unknown' : 'timeout',
      reason:
        end?.reason === 'UNSUPPORTED'
          ? 'UNSUPPORTED'
          : reachedClient
            ? 'REPLY_FROM_WRONG_ADDRESS'
            : 'REPLY_LOST',
      request: wayTo(accepted.visit),
      accepted,
      ...(end === undefined ? {} : { end, back: wayTo(end.visit) }),
    };
  }
  const end = endOfPacket(session, asked.first);
  const at = end?.visit ?? asked.first;
  const lost = end === undefined ? undefined : comingBack(session, asked, at);
  return {
    verdict: end?.reason === 'UNSUPPORTED' ? 'unknown' : 'timeout',
    reason: end === undefined ? 'REPLY_LOST' : reasonOf(end.reason, end),
    request: wayTo(at),
    ...(end === undefined ? {} : { end }),
    ...(lost === undefined ? {} : { back: wayTo(lost) }),
  };
}

/** An error that did come back, but that the program does not get to see, or that was lost on its way. */
function comingBack(session: Session, asked: Asked, at: Visit): Visit | undefined {
  const hidden = asked.client.events.find((e) => e.kind === 'icmp');
  return hidden?.visit ?? endOfAnswer(session, at)?.visit;
}
