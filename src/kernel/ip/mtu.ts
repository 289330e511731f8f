import { packetLength } from '../../wire/index.ts';
import type { Link, Route } from '../model.ts';
import { linkNamed, type Stack } from '../session.ts';
import { record, type Skb } from '../skb.ts';

/**
 * Sizes. Packets are walked whole even where a real one goes in fragments, as conntrack and the receiver put them
 * together again; what a fragment's size decides (a frame that does not fit a port) is kept in `fragmentSize`.
 */

/** What VXLAN adds to a packet: Ethernet 14, IPv4 20, UDP 8, VXLAN 8 (vxlan_headroom). */
export const VXLAN_OVERHEAD = 50;

/** What a TCP segment carries besides its data, options apart. */
export const TCP_IP_HEADERS = 40;

const IP_HEADER = 20;
/** Offsets of fragments count in units of 8 bytes (RFC 791). */
const FRAGMENT_UNIT = 8;
/** __is_skb_forwardable lets a frame be longer by a VLAN tag than the receiver's MTU and header. */
const VLAN_TAG = 4;

/** ip_dst_mtu_maybe_forward: the MTU of the route where it has one, else of its device. */
export function routeMtu(stack: Stack, route: Route): number {
  return route.mtu ?? linkNamed(stack, route.type === 'local' ? 'lo' : route.device)?.mtu ?? 1500;
}

/** The longest piece of the packet that is on the wire. */
export function wireLength(skb: Skb): number {
  const length = packetLength(skb.packet);
  return skb.fragmentSize === undefined ? length : Math.min(length, skb.fragmentSize);
}

/** `MTU 1450 of flannel.1 (...)`: where the limit comes from, for a person. */
export function mtuText(stack: Stack, route: Route): string {
  if (route.mtu !== undefined) return `MTU ${route.mtu} of the route by ${route.device}`;
  const link = linkNamed(stack, route.device);
  const text = `MTU ${link?.mtu ?? 1500} of ${route.device}`;
  if (link?.kind !== 'vxlan') return text;
  const parts = 'Ethernet 14, IP 20, UDP 8, VXLAN 8';
  const lower = linkNamed(stack, link.device);
  return lower !== undefined && lower.mtu - VXLAN_OVERHEAD === link.mtu
    ? `${text} (${lower.mtu} of ${lower.name} less the ${VXLAN_OVERHEAD} bytes that VXLAN adds: ${parts})`
    : `${text} (VXLAN adds ${VXLAN_OVERHEAD} bytes: ${parts})`;
}

/** ip_do_fragment: from here on the packet travels in pieces. */
export function fragment(skb: Skb, mtu: number, limit: string): void {
  const length = packetLength(skb.packet);
  const payload = Math.floor((mtu - IP_HEADER) / FRAGMENT_UNIT) * FRAGMENT_UNIT;
  const count = Math.ceil((length - IP_HEADER) / payload);
  skb.fragmentSize = Math.min(skb.fragmentSize ?? length, mtu);
  record(skb, {
    type: 'note',
    code: 'FRAGMENTED',
    text: `${length} bytes do not fit the ${limit}: ${count} fragments`,
  });
}

/** Whether a device takes a frame from another one in one piece (__is_skb_forwardable). */
export function fitsFrame(link: Link, skb: Skb): boolean {
  return wireLength(skb) <= link.mtu + VLAN_TAG;
}
