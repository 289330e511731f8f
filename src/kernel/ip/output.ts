import { formatIp, isLoopback } from '../../addr/index.ts';
import { snapshot } from '../event.ts';
import { nextHop } from '../fib.ts';
import { type HookVerdict, runHooks } from '../hooks.ts';
import { transmit } from '../link/transmit.ts';
import type { Link, Route } from '../model.ts';
import { withNeighbour } from '../neigh/resolve.ts';
import type { TableName } from '../netfilter/model.ts';
import { drop, linkNamed, type Stack } from '../session.ts';
import { record, type Skb } from '../skb.ts';
import { tooBig } from './icmp.ts';
import { fragment, mtuText, routeMtu, wireLength } from './mtu.ts';
import { type OutputRoute, outputDevice, routeOutput } from './route-output.ts';
import { endByHook } from './verdict.ts';

/** Something to tell of a packet that is made here, next to its addresses. */
export interface Remark {
  readonly code: string;
  readonly text: string;
}

/**
 * Sends a packet that is made here (ip_local_out): route, OUTPUT, route again if NAT moved it, POSTROUTING,
 * neighbour, device. A source of 0 is chosen by the route. The outer packet of a tunnel goes on in the visit of
 * the inner one.
 */
export function sendPacket(
  stack: Stack,
  skb: Skb,
  by: 'socket' | 'kernel' | 'tunnel',
  remark?: Remark,
): void {
  const { packet } = skb;
  const src = packet.src === 0 ? undefined : packet.src;
  const result = routeOutput(stack, {
    dst: packet.dst,
    ...(src === undefined ? {} : { src }),
    mark: skb.mark,
  });
  if (result.kind === 'route') packet.src = result.source;
  if (by !== 'tunnel') record(skb, { type: 'originate', by, packet: snapshot(packet, skb.mark) });
  if (remark !== undefined) record(skb, { type: 'note', ...remark });
  if (result.kind === 'error') return endUnrouted(stack, skb, result);
  skb.route = result.route;
  record(skb, { type: 'route', decision: 'output', route: result.route, source: packet.src });
  localOut(stack, skb);
}

function endUnrouted(stack: Stack, skb: Skb, error: Extract<OutputRoute, { kind: 'error' }>): void {
  const { route } = error;
  if (route === undefined) {
    record(skb, { type: 'route', decision: 'none', route });
    return drop(stack, skb, 'NO_ROUTE', `no route to ${formatIp(skb.packet.dst)} (${error.errno})`);
  }
  const what = `${route.type} route for ${formatIp(skb.packet.dst)} (${error.errno})`;
  switch (route.type) {
    case 'blackhole':
      return drop(stack, skb, 'BLACKHOLE_ROUTE', what, { route });
    case 'unreachable':
      return drop(stack, skb, 'UNREACHABLE_ROUTE', what, { route });
    case 'prohibit':
      return drop(stack, skb, 'PROHIBIT_ROUTE', what, { route });
    default:
      return isLoopback(skb.packet.src)
        ? drop(
            stack,
            skb,
            'MARTIAN_SOURCE',
            `127.0.0.0/8 may not leave by ${route.device}: route_localnet is 0`,
            { route },
          )
        : drop(stack, skb, 'NO_ROUTE', what, { route });
  }
}

/** From OUTPUT on; the packet has a route. */
export function localOut(stack: Stack, skb: Skb): void {
  const { packet } = skb;
  let { src, dst } = packet;
  let { mark } = skb;
  const first = skb.route;
  const device = first === undefined ? undefined : outputDevice(first);
  // ip_route_me_harder: nf_nat_ipv4_local_fn asks for a new destination, ipt_mangle_out for a new mark as well.
  const rerouteIfMoved = (table: TableName | undefined): HookVerdict | 'next' => {
    if (table !== 'nat' && table !== 'mangle') return 'next';
    const marked = table === 'mangle' && (skb.mark !== mark || packet.src !== src);
    if (packet.dst === dst && !marked) return 'next';
    ({ src, dst } = packet);
    mark = skb.mark;
    const again = routeOutput(stack, { dst, src: packet.src, mark });
    if (again.kind === 'error') {
      endUnrouted(stack, skb, again);
      return { kind: 'STOLEN' };
    }
    skb.route = again.route;
    record(skb, { type: 'route', decision: 'reroute', route: again.route });
    return 'next';
  };
  const verdict = runHooks(
    { stack, skb, hook: 'OUTPUT', inDevice: undefined, outDevice: device },
    rerouteIfMoved,
  );
  if (verdict.kind !== 'ACCEPT') return endByHook(stack, skb, verdict);
  if (skb.route !== undefined) postRoute(stack, skb, skb.route);
}

/** ip_output: POSTROUTING, then the neighbour and the device. */
export function postRoute(stack: Stack, skb: Skb, route: Route): void {
  const name = outputDevice(route);
  const verdict = runHooks({ stack, skb, hook: 'POSTROUTING', inDevice: undefined, outDevice: name });
  if (verdict.kind !== 'ACCEPT') return endByHook(stack, skb, verdict);
  const link = linkNamed(stack, name);
  if (link === undefined) return drop(stack, skb, 'LINK_DOWN', `device ${name} does not exist`, { route });
  finishOutput(stack, skb, link, route);
}

/** ip_finish_output: in pieces where it does not fit, then the link address of the next hop, and out. */
function finishOutput(stack: Stack, skb: Skb, link: Link, route: Route): void {
  const mtu = routeMtu(stack, route);
  if (wireLength(skb) > mtu) {
    if (skb.packet.df && !skb.ignoreDf) return tooBig(stack, skb, route);
    fragment(skb, mtu, mtuText(stack, route));
  }
  if (!link.up) return drop(stack, skb, 'LINK_DOWN', `device ${link.name} is down`, { route });
  if (link.kind === 'loopback') return transmit(stack, link, skb);
  const hop = nextHop(route, skb.packet.dst);
  withNeighbour(stack, link, hop, skb, (mac) => {
    skb.sourceMac = link.mac;
    skb.destinationMac = mac;
    transmit(stack, link, skb);
  });
}
