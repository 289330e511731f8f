import { isMulticast } from '../../addr/index.ts';
import { copyPacket, type IpPacket } from '../../wire/index.ts';
import { attach } from '../conntrack/table.ts';
import { type EndReason, icmpErrorName } from '../event.ts';
import { addressType } from '../fib.ts';
import type { Route } from '../model.ts';
import { drop, originate, type Stack } from '../session.ts';
import { newSkb, recordAnswer, type Skb } from '../skb.ts';
import { mtuText, routeMtu, wireLength } from './mtu.ts';
import { sendPacket } from './output.ts';

/** An ICMP error without the packet it quotes. */
export interface ErrorKind {
  readonly type: 3 | 11;
  readonly code: number;
  readonly mtu?: number;
}

/**
 * icmp_send: tells the sender of a packet that it ended here. The source is the packet's destination where that
 * is local, else the address that routing to the sender gives. Errors about errors, and about packets to or
 * from groups, are not sent. The error belongs to the connection of the packet (nf_ct_attach in icmp_glue_bits),
 * so NAT gives it the addresses that the sender knows.
 */
export function sendIcmpError(stack: Stack, skb: Skb, kind: ErrorKind, reason: EndReason): void {
  const { packet } = skb;
  if (packet.transport.kind === 'icmp-error' || !isUnicast(stack, packet)) return;
  const answer = newSkb(
    {
      // 0 asks sendPacket to choose.
      src: addressType(stack.netns, packet.dst) === 'local' ? packet.dst : 0,
      dst: packet.src,
      ttl: 64,
      tos: 0xc0,
      id: stack.session.random() & 0xffff,
      df: false,
      transport: {
        kind: 'icmp-error',
        type: kind.type,
        code: kind.code,
        mtu: kind.mtu ?? 0,
        quote: copyPacket(packet),
      },
    },
    originate(stack.netns, skb.visit, reason),
  );
  attach(answer, skb);
  recordAnswer(skb, `ICMP ${icmpErrorName(kind.type, kind.code)}`, reason);
  sendPacket(stack, answer, 'kernel');
}

/** A packet that must not be fragmented and does not fit: its sender is told the MTU (RFC 1191). */
export function tooBig(stack: Stack, skb: Skb, route: Route): void {
  const text = `${wireLength(skb)} bytes do not fit the ${mtuText(stack, route)} and DF is set`;
  drop(stack, skb, 'FRAG_NEEDED', text, { route });
  sendIcmpError(stack, skb, { type: 3, code: 4, mtu: routeMtu(stack, route) }, 'FRAG_NEEDED');
}

function isUnicast(stack: Stack, packet: IpPacket): boolean {
  if (packet.src === 0 || isMulticast(packet.src) || isMulticast(packet.dst)) return false;
  return addressType(stack.netns, packet.dst) !== 'broadcast';
}
