import { type Ip, ip as parseIp } from '../../addr/index.ts';
import { type IpPacket, NO_DATA, packetLength, TCP_FLAG, type Transport } from '../../wire/index.ts';
import { snapshot, type Visit } from '../event.ts';
import { routeMtu } from '../ip/mtu.ts';
import { sendPacket } from '../ip/output.ts';
import { type OutputRoute, routeOutput } from '../ip/route-output.ts';
import { sendErrno } from '../ip/verdict.ts';
import { giveUpNeighbours } from '../neigh/resolve.ts';
import { BUDGET, type Client, drop, originate, run, type Session, type Stack, stackOf } from '../session.ts';
import { newSkb, record } from '../skb.ts';
import { sysctl, sysctlNumber } from '../sysctl.ts';
import { refusal } from './refusal.ts';
import { sendSegment } from './segment.ts';

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
  /** Bytes of payload. TCP sends them behind the handshake, in its first segment as far as they fit one. */
  readonly size?: number;
  /** The payload itself, of a UDP datagram; in place of `size`. */
  readonly data?: Uint8Array;
  /**
   * True: never fragment (IP_PMTUDISC_DO). False: fragment where needed (IP_PMTUDISC_DONT). Undefined: what Linux
   * does of its own accord (IP_PMTUDISC_WANT): what fits the first link must not be fragmented later, what does
   * not is fragmented at once. TCP always sets DF.
   */
  readonly df?: boolean;
}

/** What came of it: the client with everything that reached it, and the visit where its packet was made. */
export interface Asked {
  readonly client: Client;
  readonly first: Visit;
}

/** connect() to 0.0.0.0 means this host (ip_route_output_key_hash_rcu). */
const LOOPBACK = parseIp('127.0.0.1');

/** Sends one request and runs until the network is quiet. */
export function ask(session: Session, request: Request): Asked {
  const stack = stackOf(session, request.netns);
  const dst = request.dst === 0 ? (request.src ?? LOOPBACK) : request.dst;
  const { src } = request;
  const found = routeOutput(stack, { dst, ...(src === undefined ? {} : { src }), mark: 0 });
  // ip_route_connect looks again with the source that the first route gave: a policy rule may match it.
  const route =
    found.kind === 'route' && src === undefined
      ? routeOutput(stack, { dst, src: found.source, mark: 0 })
      : found;
  const client: Client = {
    netns: stack.netns,
    protocol: request.protocol,
    local: found.kind === 'route' ? found.source : (src ?? 0),
    localPort: request.sport ?? ephemeralPort(stack, request.protocol),
    remote: dst,
    remotePort: request.protocol === 'icmp' ? 0 : request.dport,
    events: [],
  };
  session.clients.push(client);
  session.budget = BUDGET;
  const ttl = request.ttl ?? sysctlNumber(stack.netns, 'net.ipv4.ip_default_ttl');
  const first = sendFirst(stack, client, request, route, ttl);
  run(session, giveUpNeighbours);
  const size = request.size ?? 0;
  if (request.protocol !== 'tcp' || size === 0) return { client, first };
  return { client, first: sendSegment(stack, client, first, size, ttl) };
}

function sendFirst(stack: Stack, client: Client, request: Request, route: OutputRoute, ttl: number): Visit {
  const { session } = stack;
  const visit = originate(stack.netns, undefined);
  const skb = newSkb(firstPacket(stack, client, request, route, ttl), visit);
  skb.ignoreDf = client.protocol !== 'tcp' && request.df === undefined;
  const refused = route.kind === 'error' ? undefined : refusal(stack, skb.packet, request.df, route.route);
  if (refused !== undefined) {
    record(skb, { type: 'originate', by: 'socket', packet: snapshot(skb.packet, skb.mark) });
    drop(stack, skb, refused.reason, refused.detail);
    client.events.push({ kind: 'errno', errno: refused.errno, visit });
    return visit;
  }
  sendPacket(stack, skb, 'socket');
  if (route.kind === 'error') client.events.push({ kind: 'errno', errno: route.errno, visit });
  else if (client.protocol !== 'tcp' && client.protocol !== 'sctp') failSend(session, client, visit);
  return visit;
}

/** A UDP or ICMP send fails when its packet ended inside it; TCP only goes on retransmitting. */
function failSend(session: Session, client: Client, first: Visit): void {
  const end = session.ends.find((e) => e.visit === first);
  const errno = end === undefined || end.stolen ? undefined : sendErrno(end.reason);
  if (errno !== undefined) client.events.push({ kind: 'errno', errno, visit: first });
}

/** A port that no socket here has: one drawn from the session's numbers, or the next that is free. */
function ephemeralPort({ netns, session }: Stack, protocol: Client['protocol']): number {
  const range = sysctl(netns, 'net.ipv4.ip_local_port_range');
  const [low = 32768, high = 60999] = range.split(/\s+/).map(Number);
  const span = high - low + 1;
  const offset = session.random() % span;
  if (session.clients.length === 0) return low + offset;
  const taken = new Set<number>();
  for (const c of session.clients) if (c.netns === netns && c.protocol === protocol) taken.add(c.localPort);
  for (let i = 0; i < span; i++) {
    const port = low + ((offset + i) % span);
    if (!taken.has(port)) return port;
  }
  return low + offset;
}

function firstPacket(
  stack: Stack,
  client: Client,
  request: Request,
  route: OutputRoute,
  ttl: number,
): IpPacket {
  const data = request.data ?? (request.size === undefined ? NO_DATA : new Uint8Array(request.size));
  const { session } = stack;
  const packet: IpPacket = {
    src: client.local,
    dst: client.remote,
    ttl,
    tos: 0,
    id: session.random() & 0xffff,
    df: true,
    transport: firstTransport(session, client, data),
  };
  if (client.protocol === 'tcp' || request.df === true || route.kind === 'error') return packet;
  const fits = packetLength(packet) <= routeMtu(stack, route.route);
  return { ...packet, df: request.df ?? fits };
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
        data: NO_DATA,
      };
    case 'udp':
      return { kind: 'udp', ...ports, data };
    case 'sctp':
      return { kind: 'sctp', ...ports, verificationTag: 0, chunk: 1, data };
    case 'icmp':
      return { kind: 'icmp', type: 8, code: 0, id: client.localPort, sequence: 1, data };
  }
}
