import { formatIp, isLoopback } from '../../addr/index.ts';
import { portsOf } from '../conntrack/tuple.ts';
import type { HookContext, HookVerdict } from '../hooks.ts';
import { sendIcmpError, tooBig } from '../ip/icmp.ts';
import { routeMtu, wireLength } from '../ip/mtu.ts';
import { localOut } from '../ip/output.ts';
import { routeOutput } from '../ip/route-output.ts';
import type { Route } from '../model.ts';
import { drop, type Stack } from '../session.ts';
import { record, type Skb } from '../skb.ts';
import type { IpvsConnection } from './connection.ts';

const STOLEN: HookVerdict = { kind: 'STOLEN' };

/**
 * ip_vs_nat_xmit and ip_vs_icmp_xmit (net/netfilter/ipvs/ip_vs_xmit.c): a route to the real server first, which may
 * refuse the packet as it came; then `rewrite` gives it its new addresses. A server of this host takes the packet where
 * it stands, another one gets it sent as from here: OUTPUT once more from its start, POSTROUTING, and out.
 */
export function sendToServer(
  context: HookContext,
  connection: IpvsConnection,
  rewrite: (skb: Skb) => void,
): HookVerdict | 'next' {
  const { stack, skb } = context;
  if (connection.server.forward !== 'masq') {
    return end(stack, skb, 'UNSUPPORTED', `forwarding method ${connection.server.forward} is not modelled`);
  }
  const route = routeTo(context, connection);
  if (route === undefined) return STOLEN;
  rewrite(skb);
  skb.ipvs = true;
  followTracking(skb, connection);
  // The old route stays: what came in by a virtual address goes on to this host's sockets.
  if (route.type === 'local') return 'next';
  skb.stolen = true;
  skb.ignoreDf = true;
  skb.route = route;
  record(skb, { type: 'route', decision: 'reroute', route });
  localOut(stack, skb);
  return STOLEN;
}

/** __ip_vs_get_out_rt: without source and mark. Undefined when the packet ended; that is then recorded and answered. */
function routeTo({ stack, skb, hook }: HookContext, { server }: IpvsConnection): Route | undefined {
  const { packet } = skb;
  const result = routeOutput(stack, { dst: server.ip, mark: 0 });
  if (result.kind === 'error') {
    // dst_link_failure.
    end(stack, skb, 'NO_ROUTE', `no route to the real server ${formatIp(server.ip)} (${result.errno})`);
    sendIcmpError(stack, skb, { type: 3, code: 1 }, 'NO_ROUTE');
    return undefined;
  }
  const { route } = result;
  const local = route.type === 'local';
  if (local ? hook === 'FORWARD' : isLoopback(packet.src)) {
    const detail = local
      ? 'IPVS hands no error that is forwarded to a server of this host'
      : `IPVS sends no packet from ${formatIp(packet.src)} to another host (crosses_local_route_boundary)`;
    end(stack, skb, 'MARTIAN_SOURCE', detail);
    return undefined;
  }
  if (local && isLoopback(server.ip) && hook === 'INPUT') {
    end(
      stack,
      skb,
      'MARTIAN_DESTINATION',
      `IPVS sends nothing from outside to ${formatIp(server.ip)} (ip_vs_nat_xmit)`,
    );
    return undefined;
  }
  if (local) return route;
  if (packet.ttl <= 1) {
    end(stack, skb, 'TTL_EXCEEDED', 'TTL ran out at the virtual server');
    sendIcmpError(stack, skb, { type: 11, code: 0 }, 'TTL_EXCEEDED');
    return undefined;
  }
  packet.ttl--;
  record(skb, { type: 'ttl', from: packet.ttl + 1, to: packet.ttl });
  if (packet.df && wireLength(skb) > routeMtu(stack, route) && packet.transport.kind !== 'icmp-error') {
    skb.stolen = true;
    tooBig(stack, skb, route);
    return undefined;
  }
  return route;
}

/** The packet is gone (NF_STOLEN): whoever sent it hears nothing of it from send(). */
function end(
  stack: Stack,
  skb: Skb,
  reason: 'NO_ROUTE' | 'TTL_EXCEEDED' | 'MARTIAN_SOURCE' | 'MARTIAN_DESTINATION' | 'UNSUPPORTED',
  detail: string,
): HookVerdict {
  skb.stolen = true;
  drop(stack, skb, reason, detail);
  return STOLEN;
}

/**
 * ip_vs_update_conntrack: replies will come from the real server. The connection is not one that NAT changed
 * (no IPS_DST_NAT), so NAT leaves the addresses alone. With net.ipv4.vs.conntrack=0 conntrack is told to look away
 * (ip_vs_notrack), and what would masquerade the packet has nothing to work on.
 */
function followTracking(skb: Skb, { tracked, server, serverPort }: IpvsConnection): void {
  if (!tracked) {
    skb.ct = undefined;
    skb.ctInfo = 'UNTRACKED';
    record(skb, { type: 'conntrack', state: 'UNTRACKED' });
    return;
  }
  const { ct } = skb;
  if (ct === undefined || ct.confirmed || skb.ctDirection !== 'original') return;
  const ports = portsOf(skb.packet.transport);
  ct.reply = { ...ct.reply, src: server.ip, ...(ports === undefined ? {} : { sport: serverPort }) };
}
