import { formatIp } from '../../addr/index.ts';
import { TCP_FLAG } from '../../wire/index.ts';
import type { Visit } from '../event.ts';
import { routeMtu, TCP_IP_HEADERS } from '../ip/mtu.ts';
import { sendPacket } from '../ip/output.ts';
import { routeOutput } from '../ip/route-output.ts';
import { giveUpNeighbours } from '../neigh/resolve.ts';
import { type Client, type ClientEvent, originate, run, type Stack } from '../session.ts';
import { newSkb } from '../skb.ts';

/** Below this TCP does not go (net.ipv4.tcp_min_snd_mss). */
const MIN_MSS = 48;
/** What a peer that says nothing takes (RFC 9293 section 3.7.1). */
const DEFAULT_MSS = 536;

/**
 * Sends the first data of a connection whose handshake was answered: at most the smaller of both ends' maximum
 * segment sizes, and less when a router says that it did not fit (tcp_v4_mtu_reduced). Options take no room.
 *
 * Returns the visit whose walk tells what came of the request, and leaves the client the events that go with it:
 * those of the handshake, with a note on the data, when all went well; else those of the segment that did not
 * arrive.
 */
export function sendSegment(stack: Stack, client: Client, first: Visit, size: number, ttl: number): Visit {
  const { events } = client;
  const handshake = [...events];
  const opened = handshake.find(isAnswer);
  const route = routeOutput(stack, { dst: client.remote, src: client.local, mark: 0 });
  if (opened === undefined || route.kind === 'error') return first;
  let mss = Math.min(routeMtu(stack, route.route) - TCP_IP_HEADERS, mssOf(stack, opened));
  const said: string[] = [];
  for (;;) {
    events.length = 0;
    const length = Math.min(size, mss);
    const visit = send(stack, client, opened, length, ttl, said);
    if (events.some(isAnswer)) {
      events.splice(0, events.length, ...handshake);
      const text = `behind the handshake a segment of ${length} bytes (maximum segment size ${mss}) was acknowledged`;
      first.events.splice(1, 0, { type: 'note', code: 'SEGMENT', text: [...said, text].join('; ') });
      return first;
    }
    const told = events.find(isTooBig);
    const smaller = told === undefined ? mss : Math.max(MIN_MSS, told.mtu - TCP_IP_HEADERS);
    if (told === undefined || smaller >= mss) return visit;
    said.push(`${formatIp(told.from)} said that ${length} bytes do not fit an MTU of ${told.mtu}`);
    mss = smaller;
  }
}

function isAnswer(event: ClientEvent): event is Answer {
  return event.kind === 'answer';
}

function isTooBig(event: ClientEvent): event is Extract<ClientEvent, { kind: 'icmp' }> {
  return event.kind === 'icmp' && event.type === 3 && event.code === 4;
}

type Answer = Extract<ClientEvent, { kind: 'answer' }>;

/** What the server advertised in its SYN/ACK. */
function mssOf(stack: Stack, { visit }: Answer): number {
  let root = visit;
  while (root.before !== undefined) root = root.before;
  return stack.session.accepted.find((a) => a.visit === root.cause)?.mss ?? DEFAULT_MSS;
}

function send(
  stack: Stack,
  client: Client,
  { packet }: Answer,
  length: number,
  ttl: number,
  said: readonly string[],
): Visit {
  const { transport } = packet;
  const visit = originate(stack.netns, undefined);
  const skb = newSkb(
    {
      src: client.local,
      dst: client.remote,
      ttl,
      tos: 0,
      id: stack.session.random() & 0xffff,
      df: true,
      transport: {
        kind: 'tcp',
        sport: client.localPort,
        dport: client.remotePort,
        seq: transport.kind === 'tcp' ? transport.ack : 0,
        ack: transport.kind === 'tcp' ? (transport.seq + 1) >>> 0 : 0,
        flags: TCP_FLAG.PSH | TCP_FLAG.ACK,
        window: 64240,
        data: new Uint8Array(length),
      },
    },
    visit,
  );
  sendPacket(
    stack,
    skb,
    'socket',
    said.length === 0 ? undefined : { code: 'PATH_MTU', text: said.join('; ') },
  );
  run(stack.session, giveUpNeighbours);
  return visit;
}
