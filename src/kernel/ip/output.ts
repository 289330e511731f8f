import { formatIp, type Ip, isLoopback } from '../../addr/index.ts';
import { snapshot } from '../event.ts';
import { lookupRoute, nextHop, sourceFor } from '../fib.ts';
import { type HookVerdict, runHooks } from '../hooks.ts';
import { transmit } from '../link/transmit.ts';
import type { Link, Route } from '../model.ts';
import { withNeighbour } from '../neigh/resolve.ts';
import { drop, linkNamed, type Stack } from '../session.ts';
import { record, type Skb } from '../skb.ts';
import { deviceConf } from '../sysctl.ts';
import { endByHook } from './verdict.ts';

/** Why a route could not be had for a packet of our own, as connect() or send() would say. */
export type OutputError = 'ENETUNREACH' | 'EHOSTUNREACH' | 'EACCES' | 'EINVAL';

export type OutputRoute =
  | { readonly kind: 'route'; readonly route: Route; readonly source: Ip }
  | { readonly kind: 'error'; readonly errno: OutputError; readonly route: Route | undefined };

/** ip_route_output: the route of a packet that is made here, and its source address when it has none yet. */
export function routeOutput(
  stack: Stack,
  key: { readonly dst: Ip; readonly src?: Ip; readonly mark: number },
): OutputRoute {
  const { netns } = stack;
  const route = lookupRoute(netns, key);
  if (route === undefined) return { kind: 'error', errno: 'ENETUNREACH', route };
  switch (route.type) {
    case 'blackhole':
      return { kind: 'error', errno: 'EINVAL', route };
    case 'unreachable':
      return { kind: 'error', errno: 'EHOSTUNREACH', route };
    case 'prohibit':
      return { kind: 'error', errno: 'EACCES', route };
    default: {
      const source = key.src ?? sourceFor(netns, route, key.dst);
      if (source === undefined) return { kind: 'error', errno: 'ENETUNREACH', route };
      const device = netns.links.get(outputDevice(route));
      // __mkroute_output: 127.0.0.0/8 may leave a real device only with route_localnet.
      if (
        isLoopback(source) &&
        device !== undefined &&
        device.kind !== 'loopback' &&
        !deviceConf(netns, device).routeLocalnet
      ) {
        return { kind: 'error', errno: 'EINVAL', route };
      }
      return { kind: 'route', route, source };
    }
  }
}

/**
 * Sends a packet that is made here (ip_local_out): route, OUTPUT, route again if NAT moved it, POSTROUTING,
 * neighbour, device. A source of 0 is chosen by the route. The outer packet of a tunnel goes on in the visit of
 * the inner one.
 */
export function sendPacket(stack: Stack, skb: Skb, by: 'socket' | 'kernel' | 'tunnel'): void {
  const { packet } = skb;
  const src = packet.src === 0 ? undefined : packet.src;
  const result = routeOutput(stack, {
    dst: packet.dst,
    ...(src === undefined ? {} : { src }),
    mark: skb.mark,
  });
  if (result.kind === 'route') packet.src = result.source;
  if (by !== 'tunnel') record(skb, { type: 'originate', by, packet: snapshot(packet, skb.mark) });
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

function outputDevice(route: Route): string {
  return route.type === 'local' ? 'lo' : (route.device ?? 'lo');
}

/** From OUTPUT on; the packet has a route. */
function localOut(stack: Stack, skb: Skb): void {
  const { packet } = skb;
  let { dst } = packet;
  let { mark } = skb;
  const first = skb.route;
  const device = first === undefined ? undefined : outputDevice(first);
  // ip_route_me_harder: after nat and mangle OUTPUT, when the destination or the mark changed.
  const rerouteIfMoved = (): HookVerdict | 'next' => {
    if (packet.dst === dst && skb.mark === mark) return 'next';
    dst = packet.dst;
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

/** ip_finish_output2: the link address of the next hop, and out. */
function finishOutput(stack: Stack, skb: Skb, link: Link, route: Route): void {
  if (!link.up) return drop(stack, skb, 'LINK_DOWN', `device ${link.name} is down`, { route });
  if (link.kind === 'loopback') return transmit(stack, link, skb);
  const hop = nextHop(route, skb.packet.dst);
  withNeighbour(stack, link, hop, skb, (mac) => {
    skb.sourceMac = link.mac;
    skb.destinationMac = mac;
    transmit(stack, link, skb);
  });
}
