import { formatHostPort } from '../../addr/index.ts';
import { type IpPacket, protocolNumber, TCP_FLAG } from '../../wire/index.ts';
import { type Fraction, ONE } from '../chance.ts';
import { portsOf, tupleOf } from '../conntrack/tuple.ts';
import type { IpvsEvent } from '../event.ts';
import { type HookContext, type HookVerdict, IPVS_PRIORITY } from '../hooks.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import type { TransportName } from '../model.ts';
import { drop } from '../session.ts';
import { record, type Skb } from '../skb.ts';
import { sysctlNumber } from '../sysctl.ts';
import {
  changeState,
  flowKey,
  type IpvsConnection,
  type IpvsState,
  type IpvsTemplate,
  remember,
  schedulerOf,
} from './connection.ts';
import { type RealServer, type VirtualServer, virtualServerKey } from './model.ts';
import { schedule } from './scheduler.ts';
import { sendToServer } from './transmit.ts';

/** Protocols that IPVS balances; everything else passes it by. */
const BALANCED: ReadonlyMap<number, TransportName> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [132, 'sctp'],
]);

/** A first chunk of SCTP, and what completes its handshake (RFC 9260 section 3.2). */
const SCTP = { INIT: 1, COOKIE_ECHO: 10 } as const;

/**
 * ip_vs_in_hook (net/netfilter/ipvs/ip_vs_core.c): a packet to a virtual server gets a real one, the same for all
 * packets of its connection. Everything else passes.
 */
export function takeRequest(context: HookContext): HookVerdict | 'next' {
  const { stack, skb } = context;
  if (skb.ipvs) return 'next';
  const { packet } = skb;
  if (packet.transport.kind === 'icmp-error') return takeError(context, packet.transport.quote);
  const ports = portsOf(packet.transport);
  const protocol = protocolNumber(packet);
  const name = BALANCED.get(protocol);
  if (ports === undefined || name === undefined) return 'next';
  const { sport, dport } = ports;
  skb.visit.lookups++;
  const known = stack.ipvs.requests.get(flowKey(protocol, packet.src, sport, packet.dst, dport));
  if (known !== undefined) {
    advance(context, known);
    tell(context, { action: 'connection', service: known.service, server: known.server, odds: ONE });
    return deliver(context, known);
  }
  const service = opens(packet) ? findService(context, name, dport) : undefined;
  if (service === undefined || isReply(context, protocol, sport, dport)) return 'next';
  const picked = pick(context, service, protocol, sport);
  if (picked === 'unknown') {
    drop(stack, skb, 'UNSUPPORTED', `IPVS scheduler ${service.scheduler} is not modelled`);
    return { kind: 'STOLEN' };
  }
  if (picked === undefined) return leave(context, service);
  const { server, action, odds, template } = picked;
  const connection: IpvsConnection = {
    protocol,
    client: packet.src,
    clientPort: sport,
    virtualPort: dport,
    service,
    server,
    // A virtual server of every port keeps the client's.
    serverPort: server.port === 0 || dport !== service.port ? dport : server.port,
    template,
    tracked: sysctlNumber(stack.netns, 'net.ipv4.vs.conntrack') !== 0,
    state: FIRST_STATE[name],
  };
  remember(stack.ipvs, connection);
  tell(context, { action, service, server, odds });
  return deliver(context, connection);
}

const FIRST_STATE: Readonly<Record<TransportName, IpvsState>> = {
  tcp: 'SYN_RECV',
  udp: 'UDP',
  sctp: 'INIT1',
};

function tell(
  { skb, hook }: HookContext,
  what: Pick<IpvsEvent, 'action' | 'service' | 'server' | 'odds'>,
): void {
  record(skb, { type: 'ipvs', hook, priority: priorityAt(hook), ...what });
}

function priorityAt(hook: HookContext['hook']): number {
  if (hook === 'FORWARD') return IPVS_PRIORITY.FORWARD.error;
  return hook === 'INPUT' ? IPVS_PRIORITY.INPUT.request : IPVS_PRIORITY.OUTPUT.request;
}

/** What a further packet of the client tells of the connection. */
function advance({ stack, skb }: HookContext, connection: IpvsConnection): void {
  const { transport } = skb.packet;
  if (transport.kind === 'tcp' && (transport.flags & TCP_FLAG.ACK) !== 0 && connection.state === 'SYN_RECV') {
    if ((transport.flags & TCP_FLAG.RST) === 0) changeState(stack.ipvs, connection, 'ESTABLISHED');
  } else if (transport.kind === 'sctp' && transport.chunk === SCTP.COOKIE_ECHO) {
    changeState(stack.ipvs, connection, 'C-REPLIED');
  }
}

/** tcp_conn_schedule, udp_conn_schedule, sctp_conn_schedule: a SYN, any datagram, an INIT. */
function opens({ transport }: IpPacket): boolean {
  switch (transport.kind) {
    case 'tcp':
      return (transport.flags & (TCP_FLAG.SYN | TCP_FLAG.RST)) === TCP_FLAG.SYN;
    case 'sctp':
      return transport.chunk === SCTP.INIT;
    default:
      return true;
  }
}

/** ip_vs_service_find: the port, else a virtual server of every port. */
function findService(
  { stack, skb }: HookContext,
  protocol: TransportName,
  port: number,
): VirtualServer | undefined {
  const { ipvs } = stack.netns;
  const { dst: ip } = skb.packet;
  skb.visit.lookups++;
  const exact = ipvs.get(virtualServerKey({ protocol, ip, port }));
  // Only a persistent virtual server can take every port; without one the kernel does not look (nullsvc_counter).
  return exact ?? ipvs.get(virtualServerKey({ protocol, ip, port: 0 }));
}

/** What a local real server answers is not balanced again (ip_vs_schedule). */
function isReply({ stack, skb, hook }: HookContext, protocol: number, sport: number, dport: number): boolean {
  if (hook !== 'OUTPUT') return false;
  const { src, dst } = skb.packet;
  skb.visit.lookups++;
  return stack.ipvs.requests.has(flowKey(protocol, dst, dport, src, sport));
}

interface Picked {
  readonly server: RealServer;
  readonly action: 'schedule' | 'template';
  readonly odds: Fraction;
  readonly template: IpvsTemplate | undefined;
}

/** ip_vs_schedule, ip_vs_sched_persist: the server that a persistent client had, else the scheduler's choice. */
function pick(
  { stack, skb }: HookContext,
  service: VirtualServer,
  protocol: number,
  sport: number,
): Picked | 'unknown' | undefined {
  const { ipvs } = stack;
  const { src, dst } = skb.packet;
  const key = `${virtualServerKey(service)}|${src}`;
  if (service.persistent !== undefined) skb.visit.lookups++;
  const template = service.persistent === undefined ? undefined : ipvs.templates.get(key);
  if (template !== undefined) {
    // ip_vs_check_template.
    const { server } = template;
    const quiescent =
      server.weight === 0 && sysctlNumber(stack.netns, 'net.ipv4.vs.expire_quiescent_template') !== 0;
    if (!quiescent) return { server, action: 'template', odds: ONE, template };
  }
  const chosen = schedule(service, schedulerOf(ipvs, service), { src, sport, dst }, stack.session.chooser);
  if (chosen === undefined || chosen === 'unknown') return chosen;
  const { server, odds } = chosen;
  if (service.persistent === undefined) return { server, action: 'schedule', odds, template: undefined };
  const made: IpvsTemplate = { protocol, client: src, service, server, assured: false };
  ipvs.templates.set(key, made);
  return { server, action: 'schedule', odds, template: made };
}

/** ip_vs_leave: nobody to send it to. Port unreachable whatever the protocol, and the packet is dropped. */
function leave(context: HookContext, service: VirtualServer): HookVerdict {
  const { stack, skb } = context;
  tell(context, { action: 'none', service, server: undefined, odds: ONE });
  const where = `${service.protocol} ${formatHostPort(service.ip, service.port)}`;
  const why =
    service.realServers.length === 0 ? 'has no real server' : 'has no real server that takes connections';
  drop(stack, skb, 'NO_REAL_SERVER', `virtual server ${where} ${why}`, { origin: service.origin });
  sendIcmpError(stack, skb, { type: 3, code: 3 }, 'NO_REAL_SERVER');
  return { kind: 'STOLEN' };
}

function deliver(context: HookContext, connection: IpvsConnection): HookVerdict | 'next' {
  const { server, serverPort, service, virtualPort } = connection;
  return sendToServer(context, connection, (skb) => {
    skb.packet.dst = server.ip;
    setPort(skb.packet, 'dport', serverPort);
    recordNat(skb, 'DNAT', { ip: service.ip, port: virtualPort }, { ip: server.ip, port: serverPort });
  });
}

/** ip_vs_in_icmp: an error about a reply that a client got goes to the real server that sent it. */
function takeError(context: HookContext, quote: IpPacket): HookVerdict | 'next' {
  const inner = tupleOf(quote);
  if (inner === undefined) return 'next';
  const { stack } = context;
  const { protocol, src, sport, dst, dport } = inner;
  const connection = stack.ipvs.requests.get(flowKey(protocol, dst, dport, src, sport));
  if (connection === undefined) return 'next';
  const { server, service, serverPort } = connection;
  tell(context, { action: 'error', service, server, odds: ONE });
  return sendToServer(context, connection, (skb) => {
    const before = skb.packet.dst;
    skb.packet.dst = server.ip;
    quote.src = server.ip;
    setPort(quote, 'sport', serverPort);
    recordNat(skb, 'DNAT', { ip: before }, { ip: server.ip });
  });
}

/** ip_vs_forward_icmp: in FORWARD only errors are looked at. */
export function takeForwardedError(context: HookContext): HookVerdict | 'next' {
  const { transport } = context.skb.packet;
  return transport.kind === 'icmp-error' && !context.skb.ipvs ? takeError(context, transport.quote) : 'next';
}

export function setPort({ transport }: IpPacket, side: 'sport' | 'dport', port: number): void {
  if (transport.kind === 'tcp' || transport.kind === 'udp' || transport.kind === 'sctp')
    transport[side] = port;
}

type Address = { readonly ip: IpPacket['src']; readonly port?: number };

export function recordNat(skb: Skb, manip: 'DNAT' | 'un-DNAT', before: Address, after: Address): void {
  record(skb, { type: 'nat', manip, before, after });
}
