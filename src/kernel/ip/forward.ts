import { formatIp } from '../../addr/index.ts';
import { packetLength } from '../../wire/index.ts';
import { runHooks } from '../hooks.ts';
import type { Link, Route } from '../model.ts';
import { drop, linkNamed, type Stack } from '../session.ts';
import { record, type Skb } from '../skb.ts';
import { sendIcmpError } from './icmp.ts';
import { postRoute } from './output.ts';
import { endByHook } from './verdict.ts';

/** ip_forward: TTL, path MTU, FORWARD, and on. The TTL goes down before FORWARD sees the packet. */
export function forward(stack: Stack, from: Link, skb: Skb, route: Route): void {
  const { packet } = skb;
  if (packet.ttl <= 1) {
    drop(stack, skb, 'TTL_EXCEEDED', `TTL ran out on the way to ${formatIp(packet.dst)}`);
    return sendIcmpError(stack, skb, { type: 11, code: 0 }, 'TTL_EXCEEDED');
  }
  const mtu = route.mtu ?? linkNamed(stack, route.device)?.mtu ?? 1500;
  if (packet.df && packetLength(packet) > mtu) {
    drop(
      stack,
      skb,
      'FRAG_NEEDED',
      `${packetLength(packet)} bytes do not fit the MTU ${mtu} of ${route.device} and DF is set`,
      { route },
    );
    return sendIcmpError(stack, skb, { type: 3, code: 4, mtu }, 'FRAG_NEEDED');
  }
  packet.ttl--;
  record(skb, { type: 'ttl', from: packet.ttl + 1, to: packet.ttl });
  const verdict = runHooks({ stack, skb, hook: 'FORWARD', inDevice: from.name, outDevice: route.device });
  if (verdict.kind !== 'ACCEPT') return endByHook(stack, skb, verdict);
  postRoute(stack, skb, route);
}
