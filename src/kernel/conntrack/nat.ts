import type { Ip } from '../../addr/index.ts';
import type { IpPacket } from '../../wire/index.ts';
import type { NatRange } from '../netfilter/model.ts';
import type { Stack } from '../session.ts';
import { record, type Skb } from '../skb.ts';
import { type Connection, type Manip, other, tupleIn } from './connection.ts';
import { invert, manipulate, portsOf, sameTuple } from './tuple.ts';
import { type NatChoice, uniqueTuple } from './unique-tuple.ts';

/**
 * Network address translation (net/netfilter/nf_nat_core.c): decided once for each side of a connection, by its
 * first packet; afterwards every packet is rewritten from the connection's tuples alone.
 */

/** Decides one side of a connection's NAT (nf_nat_setup_info). */
export function setupNat(
  stack: Stack,
  ct: Connection,
  manip: Manip,
  range: NatRange,
  choice: NatChoice = {},
): void {
  const current = invert(ct.reply);
  const wanted = uniqueTuple(stack, ct, current, manip, range, choice);
  if (!sameTuple(wanted, current)) {
    ct.reply = invert(wanted);
    ct.nat[manip] = true;
  }
  ct.done[manip] = true;
}

/** No rule had anything to say: the address stays, and the port too unless a reply could not be told apart. */
export function setupNull(stack: Stack, ct: Connection, manip: Manip): void {
  setupNat(stack, ct, manip, {});
}

/** Rewrites a packet as its connection says (nf_nat_packet). True when something changed. */
export function translate(skb: Skb, manip: Manip): boolean {
  const { ct, ctDirection: direction } = skb;
  if (ct === undefined) return false;
  // A reply is changed on the opposite side: what DNAT did to the destination is undone on the source.
  const decided: Manip = direction === 'original' ? manip : manip === 'src' ? 'dst' : 'src';
  if (!ct.nat[decided]) return false;
  const target = invert(tupleIn(ct, other(direction)));
  const before = sideOf(skb.packet, manip);
  manipulate(skb.packet, target, manip);
  const after = sideOf(skb.packet, manip);
  if (before.ip === after.ip && before.port === after.port) return false;
  record(skb, { type: 'nat', manip: nameOf(manip, direction === 'reply'), before, after });
  return true;
}

/** Rewrites an ICMP error and the packet that it quotes (nf_nat_icmp_reply_translation). */
export function translateError(skb: Skb, manip: Manip): boolean {
  const { ct, ctDirection: direction, packet } = skb;
  if (ct === undefined || packet.transport.kind !== 'icmp-error') return false;
  const decided: Manip = direction === 'original' ? manip : manip === 'src' ? 'dst' : 'src';
  if (!ct.nat[decided]) return false;
  manipulate(packet.transport.quote, tupleIn(ct, other(direction)), manip === 'src' ? 'dst' : 'src');
  const before = sideOf(packet, manip);
  const target = invert(tupleIn(ct, other(direction)));
  if (manip === 'src') packet.src = target.src;
  else packet.dst = target.dst;
  const after = sideOf(packet, manip);
  record(skb, { type: 'nat', manip: nameOf(manip, direction === 'reply'), before, after });
  return true;
}

function nameOf(manip: Manip, reply: boolean): 'DNAT' | 'SNAT' | 'un-DNAT' | 'un-SNAT' {
  if (reply) return manip === 'src' ? 'un-DNAT' : 'un-SNAT';
  return manip === 'src' ? 'SNAT' : 'DNAT';
}

function sideOf(packet: IpPacket, manip: Manip): { readonly ip: Ip; readonly port?: number } {
  const ports = portsOf(packet.transport);
  const ip = manip === 'src' ? packet.src : packet.dst;
  if (ports === undefined) return { ip };
  return { ip, port: manip === 'src' ? ports.sport : ports.dport };
}
