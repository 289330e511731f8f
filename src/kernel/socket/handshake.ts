import { type IpPacket, NO_DATA, TCP_FLAG, type Transport } from '../../wire/index.ts';
import { sendPacket } from '../ip/output.ts';
import { giveUpNeighbours } from '../neigh/resolve.ts';
import { type ClientEvent, originate, run, type Session, stackOf } from '../session.ts';
import { newSkb } from '../skb.ts';
import { sysctlNumber } from '../sysctl.ts';
import type { Asked } from './request.ts';

type Answer = Extract<ClientEvent, { kind: 'answer' }>;

const COOKIE_ECHO = 10;

/**
 * Completes a connection that was answered, as connect() does before it returns: TCP's ACK, SCTP's COOKIE ECHO. A walk
 * ends with the answer; this is for the state that an open connection leaves behind. Nothing happens when no answer
 * came.
 */
export function completeHandshake(session: Session, { client }: Asked): void {
  const answer = client.events.find((event): event is Answer => event.kind === 'answer');
  const transport = answer === undefined ? undefined : completion(answer.packet.transport);
  if (transport === undefined) return;
  const stack = stackOf(session, client.netns.id);
  const packet: IpPacket = {
    src: client.local,
    dst: client.remote,
    ttl: sysctlNumber(stack.netns, 'net.ipv4.ip_default_ttl'),
    tos: 0,
    id: session.random() & 0xffff,
    df: true,
    transport,
  };
  sendPacket(stack, newSkb(packet, originate(stack.netns, undefined)), 'socket');
  run(session, giveUpNeighbours);
}

/** What a client says to a SYN/ACK or INIT ACK. */
function completion(answer: Transport): Transport | undefined {
  switch (answer.kind) {
    case 'tcp':
      return {
        kind: 'tcp',
        sport: answer.dport,
        dport: answer.sport,
        seq: answer.ack,
        ack: (answer.seq + 1) >>> 0,
        flags: TCP_FLAG.ACK,
        window: 64240,
        data: NO_DATA,
      };
    case 'sctp':
      return { ...answer, sport: answer.dport, dport: answer.sport, chunk: COOKIE_ECHO };
    default:
      return undefined;
  }
}
