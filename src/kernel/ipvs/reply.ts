import { type IpPacket, protocolNumber, TCP_FLAG } from '../../wire/index.ts';
import { ONE } from '../chance.ts';
import { portsOf, tupleOf } from '../conntrack/tuple.ts';
import { type HookContext, type HookVerdict, IPVS_PRIORITY } from '../hooks.ts';
import { routeOutput } from '../ip/route-output.ts';
import { record } from '../skb.ts';
import { sysctlNumber } from '../sysctl.ts';
import { assure, changeState, flowKey, type IpvsConnection } from './connection.ts';
import { recordNat, setPort } from './request.ts';

/** Chunks of SCTP (RFC 9260 section 3.2). */
const CHUNK = { INIT_ACK: 2, ABORT: 6 } as const;

/**
 * ip_vs_out_hook (net/netfilter/ipvs/ip_vs_core.c): what a real server answers gets the virtual server's address
 * back, as do ICMP errors about packets to a real server.
 */
export function restoreReply(context: HookContext): HookVerdict | 'next' {
  const { stack, skb } = context;
  if (skb.ipvs) return 'next';
  const { packet } = skb;
  if (packet.transport.kind === 'icmp-error')
    return stack.ipvs.replies.size === 0 ? 'next' : restoreError(context, packet.transport.quote);
  const ports = portsOf(packet.transport);
  if (ports === undefined) return 'next';
  skb.visit.lookups++;
  const { sport, dport } = ports;
  const connection = stack.ipvs.replies.get(
    flowKey(protocolNumber(packet), packet.dst, dport, packet.src, sport),
  );
  if (connection === undefined) return 'next';
  const { service, server, serverPort, virtualPort } = connection;
  tell(context, 'reply', connection);
  packet.src = service.ip;
  setPort(packet, 'sport', virtualPort);
  recordNat(skb, 'un-DNAT', { ip: server.ip, port: serverPort }, { ip: service.ip, port: virtualPort });
  advance(context, connection);
  return settle(context, connection);
}

/** ip_vs_out_icmp, handle_response_icmp: the error speaks for the virtual server, whoever sent it. */
function restoreError(context: HookContext, quote: IpPacket): HookVerdict | 'next' {
  const inner = tupleOf(quote);
  if (inner === undefined) return 'next';
  const { skb, stack } = context;
  const { protocol, src, sport, dst, dport } = inner;
  const connection = stack.ipvs.replies.get(flowKey(protocol, src, sport, dst, dport));
  if (connection === undefined) return 'next';
  const { service, virtualPort } = connection;
  tell(context, 'error', connection);
  const before = skb.packet.src;
  quote.dst = service.ip;
  setPort(quote, 'dport', virtualPort);
  skb.packet.src = service.ip;
  recordNat(skb, 'un-DNAT', { ip: before }, { ip: service.ip });
  return settle(context, connection);
}

function tell({ skb, hook }: HookContext, action: 'reply' | 'error', connection: IpvsConnection): void {
  const { service, server } = connection;
  record(skb, { type: 'ipvs', hook, priority: priorityAt(hook), action, service, server, odds: ONE });
}

function priorityAt(hook: HookContext['hook']): number {
  return hook === 'INPUT' || hook === 'OUTPUT' ? IPVS_PRIORITY[hook].reply : IPVS_PRIORITY.FORWARD.reply;
}

/** What the answer tells of the connection (tcp_states, sctp_states: the columns of packets from the server). */
function advance({ stack, skb }: HookContext, connection: IpvsConnection): void {
  const { transport } = skb.packet;
  if (transport.kind === 'tcp') {
    const { flags } = transport;
    if ((flags & TCP_FLAG.RST) !== 0) changeState(stack.ipvs, connection, 'CLOSE');
    else if ((flags & TCP_FLAG.SYN) === 0) changeState(stack.ipvs, connection, 'ESTABLISHED');
  } else if (transport.kind === 'udp') {
    // udp_state_transition.
    assure(connection);
  } else if (transport.kind === 'sctp') {
    const { state } = connection;
    if (transport.chunk === CHUNK.ABORT)
      changeState(stack.ipvs, connection, state === 'INIT1' ? 'REJECTED' : 'CLOSED');
    else if (transport.chunk === CHUNK.INIT_ACK) {
      if (state === 'INIT1') changeState(stack.ipvs, connection, 'C-SENT');
    } else if (state === 'C-REPLIED') changeState(stack.ipvs, connection, 'ESTABLISHED');
  }
}

/**
 * The rest of handle_response: net.ipv4.vs.snat_reroute, on unless it was switched off, looks up the way of what leaves
 * this host again, now that its source is the virtual address.
 */
function settle({ stack, skb, hook }: HookContext, { tracked }: IpvsConnection): HookVerdict | 'next' {
  skb.ipvs = true;
  if (!tracked) {
    skb.ct = undefined;
    skb.ctInfo = 'UNTRACKED';
  }
  const old = skb.route;
  if (hook === 'INPUT' || old === undefined || old.type === 'local') return 'next';
  if (sysctlNumber(stack.netns, 'net.ipv4.vs.snat_reroute') === 0) return 'next';
  const { dst, src } = skb.packet;
  const again = routeOutput(stack, { dst, src, mark: skb.mark });
  if (again.kind === 'route' && again.route !== old) {
    skb.route = again.route;
    record(skb, { type: 'route', decision: 'reroute', route: again.route });
  }
  return 'next';
}
