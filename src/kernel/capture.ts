import type { Mac } from '../addr/index.ts';
import { type Arp, type Cut, copyPacket, type IpPacket } from '../wire/index.ts';
import type { KernelEvent, Visit } from './event.ts';
import type { Link } from './model.ts';
import type { Session } from './session.ts';
import type { ArpSkb, Skb } from './skb.ts';

/**
 * What packet sockets would see (net/packet/af_packet.c): each frame as it comes in by a device (ptype_all in
 * __netif_receive_skb_core) and as it goes out by one (dev_queue_xmit_nit), in order. Only a session that was started
 * with a list to fill looks; on `lo`, as libpcap does, a packet is shown once, coming in.
 */
export interface SeenFrame {
  readonly link: Link;
  readonly direction: 'in' | 'out';
  readonly source: Mac;
  readonly destination: Mac;
  readonly payload: IpPacket | Arp;
  /** The pieces in which it travels. */
  readonly cut: Cut;
  /** The visit that the packet was on and its last event until then; undefined for ARP. */
  readonly at?: { readonly visit: Visit; readonly event: KernelEvent | undefined };
}

/** Shows a packet to whoever captures. `whole`: its fragments have been put together again. */
export function seePacket(
  { capture }: Session,
  link: Link,
  direction: 'in' | 'out',
  skb: Skb,
  whole: boolean,
): void {
  if (capture === undefined) return;
  const { fragmentSize: size, innerFragmentSize: innerSize, visit } = skb;
  capture.push({
    link,
    direction,
    source: skb.sourceMac,
    destination: skb.destinationMac,
    payload: copyPacket(skb.packet),
    cut: whole
      ? {}
      : { ...(size === undefined ? {} : { size }), ...(innerSize === undefined ? {} : { innerSize }) },
    at: { visit, event: visit.events.at(-1) },
  });
}

export function seeArp(
  { capture }: Session,
  link: Link,
  direction: 'in' | 'out',
  { arp, sourceMac, destinationMac }: ArpSkb,
): void {
  capture?.push({ link, direction, source: sourceMac, destination: destinationMac, payload: arp, cut: {} });
}
