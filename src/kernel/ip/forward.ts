import { formatIp } from '../../addr/index.ts';
import { runHooks } from '../hooks.ts';
import type { Link, Route } from '../model.ts';
import { drop, type Stack } from '../session.ts';
import { record, type Skb } from '../skb.ts';
import { sendIcmpError, tooBig } from './icmp.ts';
import { routeMtu, wireLength } from './mtu.ts';
import { postRoute } from './output.ts';
import { endByHook } from './verdict.ts';

/** ip_forward: TTL, path MTU, FORWARD, and on. The TTL goes down before FORWARD sees the packet. */
export function forward(stack: Stack, from: Link, skb: Skb, route: Route): void {
  const { packet } = skb;
  if (packet.ttl <= 1) {
    drop(stack, skb, 'TTL_EXCEEDED', `TTL ran out on the way to ${formatIp(packet.dst)}`);
    return sendIcmpError(stack, skb, { type: 11, code: 0 }, 'TTL_EXCEEDED');
  }
  if (packet.df && wireLength(skb) > routeMtu(stack, route)) return tooBig(stack, skb, route);
  packet.ttl--;
  record(skb, { type: 'ttl', from: packet.ttl + 1, to: packet.ttl });
  const verdict = runHooks({ stack, skb, hook: 'FORWARD', inDevice: from.name, outDevice: route.device });
  if (verdict.kind !== 'ACCEPT') return endByHook(stack, skb, verdict);
  // IPVS looks for the way of a reply again.
  postRoute(stack, skb, skb.route ?? route);
}
