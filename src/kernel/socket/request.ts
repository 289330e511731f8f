import type { Ip } from '../../addr/index.ts';
import { type IpPacket, NO_DATA, TCP_FLAG, type Transport } from '../../wire/index.ts';
import type { Visit } from '../event.ts';
import { routeOutput, sendPacket } from '../ip/output.ts';
import { isPermissionError } from '../ip/verdict.ts';
import { giveUpNeighbours } from '../neigh/resolve.ts';
import { type Client, originate, run, type Session, stackOf } from '../session.ts';
import { newSkb } from '../skb.ts';
import { sysctl } from '../sysctl.ts';

/** What a program asks of its kernel: connect() and a first packet, or a ping. */
export interface Request {
  readonly netns: string;
  readonly protocol: Client['protocol'];
  readonly dst: Ip;
  /** Ignored for ICMP. */
  readonly dport: number;
  /** Undefined: the route chooses, as for every ordinary client. */
  readonly src?: Ip;
  /** Undefined: drawn from the session's numbers. */
  readonly sport?: number;
  readonly ttl?: number;
  /** Bytes of payload. */
  readonly size?: number;
  readonly df?: boolean;
}

/** What came of it: the client with everything that reached it, and the visit where its packet was made. */
export interface Asked {
  readonly client: Client;
  readonly first: Visit;
}

/** Sends one request and runs until the network is quiet. */
export function ask(session: Session, request: Request): Asked {
  const stack = stackOf(session, request.netns);
  const { dst, protocol } = request;
  const route = routeOutput(stack, {
    dst,
    ...(request.src === undefined ? {} : { src: request.src }),
    mark: 0,
  });
  const local = route.kind === 'route' ? route.source : (request.src ?? 0);
  const client: Client = {
    netns: stack.netns,
    protocol,
    local,
    localPort: request.sport ?? ephemeralPort(session, sysctl(stack.netns, 'net.ipv4.ip_local_port_range')),
    remote: dst,
    remotePort: protocol === 'icmp' ? 0 : request.dport,
    events: [],
  };
  session.clients.push(client);
  const first = originate(stack.netns, undefined);
  const skb = newSkb(
    firstPacket(
      session,
      client,
      request,
      Number.parseInt(sysctl(stack.netns, 'net.ipv4.ip_default_ttl'), 10),
    ),
    first,
  );
  sendPacket(stack, skb, 'socket');
  if (route.kind === 'error') client.events.push({ kind: 'errno', errno: route.errno, visit: first });
  else if (protocol !== 'tcp' && protocol !== 'sctp') failSend(session, client, first);
  run(session, giveUpNeighbours);
  return { client, first };
}

/** A UDP or ICMP send whose packet its own hooks stopped fails with EPERM; TCP only goes on retransmitting. */
function failSend(session: Session, client: Client, first: Visit): void {
  const end = session.ends.find((e) => e.visit === first);
  if (end !== undefined && isPermissionError(end.reason))
    client.events.push({ kind: 'errno', errno: 'EPERM', visit: first });
}

function ephemeralPort(session: Session, range: string): number {
  const [low = 32768, high = 60999] = range.split(/\s+/).map(Number);
  return low + (session.random() % (high - low + 1));
}

function firstPacket(session: Session, client: Client, request: Request, ttl: number): IpPacket {
  const data = request.size === undefined ? NO_DATA : new Uint8Array(request.size);
  return {
    src: client.local,
    dst: client.remote,
    ttl: request.ttl ?? ttl,
    tos: 0,
    id: session.random() & 0xffff,
    df: request.df ?? client.protocol === 'tcp',
    transport: firstTransport(session, client, data),
  };
}

function firstTransport(session: Session, client: Client, data: Uint8Array): Transport {
  const ports = { sport: client.localPort, dport: client.remotePort };
  switch (client.protocol) {
    case 'tcp':
      return {
        kind: 'tcp',
        ...ports,
        seq: session.random(),
        ack: 0,
        flags: TCP_FLAG.SYN,
        window: 64240,
        data,
      };
    case 'udp':
      return { kind: 'udp', ...ports, data };
    case 'sctp':
      return { kind: 'sctp', ...ports, verificationTag: 0, chunk: 1, data };
    case 'icmp':
      return { kind: 'icmp', type: 8, code: 0, id: client.localPort, sequence: 1, data };
  }
}
