import { formatIp, isLoopback, isMulticast } from '../../addr/index.ts';
import { addressType, lookupRoute } from '../fib.ts';
import { runHooks } from '../hooks.ts';
import type { Link, Route } from '../model.ts';
import { drop, linkNamed, type Stack } from '../session.ts';
import { record, type Skb } from '../skb.ts';
import { deliverToSocket } from '../socket/deliver.ts';
import { deviceConf } from '../sysctl.ts';
import { forward } from './forward.ts';
import { sendIcmpError } from './icmp.ts';
import { endByHook } from './verdict.ts';

/** 255.255.255.255. */
const LIMITED_BROADCAST = 0xffffffff;

/** ip_rcv: a packet that came up from `link`. */
export function receiveIp(stack: Stack, link: Link, skb: Skb): void {
  if (!skb.prerouted) {
    const verdict = runHooks({ stack, skb, hook: 'PREROUTING', inDevice: link.name, outDevice: undefined });
    if (verdict.kind !== 'ACCEPT') return endByHook(stack, skb, verdict);
  }
  // A packet looped back by `lo` keeps the route that it was sent on (skb_valid_dst).
  if (skb.route !== undefined && link.kind === 'loopback') return deliverLocally(stack, link, skb);
  const decision = routeInput(stack, link, skb);
  if (decision === undefined) return;
  skb.route = decision;
  if (decision.type === 'local' || decision.type === 'broadcast') {
    record(skb, { type: 'route', decision: 'local', route: decision });
    return deliverLocally(stack, link, skb);
  }
  record(skb, { type: 'route', decision: 'forward', route: decision });
  forward(stack, link, skb, decision);
}

/**
 * ip_route_input_slow: where a received packet goes. Undefined when it went nowhere; that is then recorded and
 * answered. `link` is the device as routing sees it, a bridge for packets from its ports.
 */
export function routeInput(stack: Stack, link: Link, skb: Skb): Route | undefined {
  const { netns } = stack;
  const { src, dst } = skb.packet;
  const conf = deviceConf(netns, link);
  const localnet = conf.routeLocalnet;
  if (isLoopback(src) && !localnet && link.kind !== 'loopback') {
    drop(
      stack,
      skb,
      'MARTIAN_SOURCE',
      `martian source ${formatIp(src)} on ${link.name}: route_localnet is 0`,
    );
    return undefined;
  }
  if (isLoopback(dst) && !localnet && link.kind !== 'loopback') {
    drop(
      stack,
      skb,
      'MARTIAN_DESTINATION',
      `martian destination ${formatIp(dst)} on ${link.name}: route_localnet is 0`,
    );
    return undefined;
  }
  if (isMulticast(dst) || dst === LIMITED_BROADCAST) {
    drop(stack, skb, 'NO_SOCKET', `nobody at ${netns.label} takes what is sent to ${formatIp(dst)}`);
    return undefined;
  }
  const route = lookupRoute(netns, { dst, src, iif: link.name, mark: skb.mark });
  if (route !== undefined && (route.type === 'local' || route.type === 'broadcast')) {
    return validateSource(stack, link, skb) ? route : undefined;
  }
  // no_route and forwarding off both end in ip_error, which says nothing while forwarding is off.
  if (!conf.forwarding) {
    drop(
      stack,
      skb,
      'FORWARDING_DISABLED',
      `net.ipv4.ip_forward is 0: a packet to ${formatIp(dst)} is not forwarded`,
    );
    return undefined;
  }
  if (route === undefined) {
    record(skb, { type: 'route', decision: 'none', route: undefined });
    drop(stack, skb, 'NO_ROUTE', `no route to ${formatIp(dst)}`);
    sendIcmpError(stack, skb, { type: 3, code: 0 }, 'NO_ROUTE');
    return undefined;
  }
  switch (route.type) {
    case 'blackhole':
      drop(stack, skb, 'BLACKHOLE_ROUTE', `blackhole route for ${formatIp(dst)}`, { route });
      return undefined;
    case 'unreachable':
      drop(stack, skb, 'UNREACHABLE_ROUTE', `unreachable route for ${formatIp(dst)}`, { route });
      sendIcmpError(stack, skb, { type: 3, code: 1 }, 'UNREACHABLE_ROUTE');
      return undefined;
    case 'prohibit':
      drop(stack, skb, 'PROHIBIT_ROUTE', `prohibit route for ${formatIp(dst)}`, { route });
      sendIcmpError(stack, skb, { type: 3, code: 13 }, 'PROHIBIT_ROUTE');
      return undefined;
    default:
      return validateSource(stack, link, skb) ? route : undefined;
  }
}

/**
 * fib_validate_source: an own address as the source of a received packet is always a martian (unless
 * accept_local); with rp_filter the route back must leave by the same device (1) or exist at all (2).
 */
function validateSource(stack: Stack, link: Link, skb: Skb): boolean {
  const { netns } = stack;
  const { src } = skb.packet;
  if (src === 0) return true;
  const conf = deviceConf(netns, link);
  const kind = addressType(netns, src);
  if (kind === 'local' && link.kind !== 'loopback' && !isLoopback(src) && !conf.acceptLocal) {
    drop(
      stack,
      skb,
      'MARTIAN_SOURCE',
      `martian source ${formatIp(src)} on ${link.name}: the address is this host's own`,
    );
    return false;
  }
  const mode = conf.rpFilter;
  if (mode === 0) return true;
  const back = lookupRoute(netns, { dst: src, src: skb.packet.dst, mark: skb.mark });
  const strict = mode === 1 && back?.device !== link.name;
  if (back !== undefined && back.type === 'unicast' && !strict) return true;
  const why =
    back?.device === undefined ? 'there is no route back' : `the route back leaves by ${back.device}`;
  drop(
    stack,
    skb,
    'RP_FILTER',
    `rp_filter=${mode} on ${link.name}: source ${formatIp(src)}, ${why}`,
    back === undefined ? {} : { route: back },
  );
  return false;
}

/** ip_local_deliver: INPUT, then the socket. */
function deliverLocally(stack: Stack, link: Link, skb: Skb): void {
  const verdict = runHooks({ stack, skb, hook: 'INPUT', inDevice: link.name, outDevice: undefined });
  if (verdict.kind !== 'ACCEPT') return endByHook(stack, skb, verdict);
  deliverToSocket(stack, linkNamed(stack, link.name) ?? link, skb);
}
