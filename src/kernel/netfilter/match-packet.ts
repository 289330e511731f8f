import { BROADCAST_MAC, compareIp, isGroupMac } from '../../addr/index.ts';
import { packetLength } from '../../wire/index.ts';
import type { Skb } from '../skb.ts';
import { is, type MatchContext, type Outcome } from './match-context.ts';
import type { IpRange, Match, PacketType } from './model.ts';

type MatchOf<K extends Match['kind']> = Extract<Match, { readonly kind: K }>;

/** xt_iprange. */
export function matchIpRange({ src, dst }: MatchOf<'iprange'>, { packet }: Skb): Outcome {
  const within = (range: IpRange | undefined, ip: Skb['packet']['src']): boolean =>
    range === undefined || (compareIp(ip, range.from) >= 0 && compareIp(ip, range.to) <= 0) !== range.not;
  return is(within(src, packet.src) && within(dst, packet.dst));
}

/** xt_length: the whole IP packet. */
export function matchLength(match: MatchOf<'length'>, skb: Skb): Outcome {
  const length = packetLength(skb.packet);
  return is((length >= match.from && length <= match.to) !== match.not);
}

/** xt_hl. */
export function matchTtl(match: MatchOf<'ttl' | 'hl'>, { packet }: Skb): Outcome {
  switch (match.test) {
    case 'eq':
      return is((packet.ttl === match.value) !== match.not);
    case 'lt':
      return is(packet.ttl < match.value);
    case 'gt':
      return is(packet.ttl > match.value);
  }
}

/** xt_mac: the source address of the frame; what came by a device without Ethernet never matches, negated or not. */
export function matchMac(match: MatchOf<'mac'>, { skb, stack, inDevice }: MatchContext): Outcome {
  const link = inDevice === undefined ? undefined : stack.netns.links.get(inDevice);
  if (link === undefined || link.kind === 'loopback' || link.kind === 'tun') return 'no';
  return is((skb.sourceMac === match.mac) !== match.not);
}

/** xt_pkttype: how the frame came; what is made here counts as unicast (PACKET_HOST). */
export function matchPacketType(match: MatchOf<'pkttype'>, skb: Skb): Outcome {
  return is((packetType(skb) === match.type) !== match.not);
}

function packetType({ destinationMac }: Skb): PacketType {
  if (destinationMac === BROADCAST_MAC) return 'broadcast';
  return isGroupMac(destinationMac) ? 'multicast' : 'unicast';
}

/** xt_dscp: the upper six bits of the TOS byte. */
export function matchDscp(match: MatchOf<'dscp'>, { packet }: Skb): Outcome {
  return is((packet.tos >> 2 === match.value) !== match.not);
}

export function matchTos(match: MatchOf<'tos'>, { packet }: Skb): Outcome {
  return is(((packet.tos & match.mask) === match.value) !== match.not);
}
