import { isGroupMac } from '../../addr/index.ts';
import { seeArp, seePacket } from '../capture.ts';
import { snapshot } from '../event.ts';
import { receiveIp } from '../ip/input.ts';
import { fitsFrame, wireLength } from '../ip/mtu.ts';
import type { Bridge, Link, Veth } from '../model.ts';
import { isAnswered, receiveArp } from '../neigh/resolve.ts';
import { drop, enter, later, leave, type Session, type Stack, stackOf } from '../session.ts';
import { type ArpSkb, record, type Skb, scrub } from '../skb.ts';
import { bridgeArp, bridgeArpFromPort, bridgeFromPort, bridgeFromStack } from './bridge.ts';
import { vxlanTransmit } from './vxlan.ts';

/** dev_queue_xmit: hands a packet with its link addresses to a device. */
export function transmit(stack: Stack, link: Link, skb: Skb): void {
  if (!link.up) return drop(stack, skb, 'LINK_DOWN', `device ${link.name} is down`);
  switch (link.kind) {
    case 'loopback':
      leave(skb, link.name);
      return later(stack, () => {
        moveTo(stack, link, skb, 'lo');
        receiveIp(stack, link, skb);
      });
    case 'veth':
      return transmitVeth(stack, link, skb);
    case 'bridge':
      leave(skb, link.name, skb.destinationMac);
      return later(stack, () => {
        moveTo(stack, link, skb, 'stack');
        bridgeFromStack(stack, link, skb);
      });
    case 'vxlan':
      leave(skb, link.name, skb.destinationMac);
      moveTo(stack, link, skb, 'stack');
      return vxlanTransmit(stack, link, skb);
    case 'dummy':
    case 'tun':
      return drop(stack, skb, 'UNSUPPORTED', `nothing is behind ${link.kind} device ${link.name}`);
  }
}

/**
 * A frame longer than a device takes ends without a word to anybody (is_skb_forwardable).
 *
 * @param device that had taken it, and could not hand it on
 */
export function dropTooLong(stack: Stack, skb: Skb, link: Link, where: string, device?: string): void {
  const text = `${wireLength(skb)} bytes are too long for ${where}, whose MTU is ${link.mtu}: dropped in silence`;
  drop(stack, skb, 'MTU_EXCEEDED', text, device === undefined ? {} : { device });
}

/** Opens the packet's visit at a device. */
export function moveTo(stack: Stack, link: Link, skb: Skb, from: string): void {
  skb.visit = enter(stack.netns, link.name, skb.visit);
  record(skb, { type: 'receive', from, packet: snapshot(skb.packet, skb.mark) });
  const out = from === 'stack';
  // What a bridge with br_netfilter hands up, conntrack has put together again (nf_defrag_ipv4).
  seePacket(stack.session, link, out ? 'out' : 'in', skb, !out && link.kind === 'bridge' && skb.prerouted);
}

interface PeerEnd {
  readonly stack: Stack;
  readonly link: Link;
}

function peerOf(stack: Stack, link: Veth): PeerEnd | undefined {
  if (!stack.session.world.netns.has(link.peer.netns)) return undefined;
  const there = stackOf(stack.session, link.peer.netns);
  const peer = there.netns.links.get(link.peer.name);
  return peer === undefined ? undefined : { stack: there, link: peer };
}

function transmitVeth(stack: Stack, link: Veth, skb: Skb): void {
  const peer = peerOf(stack, link);
  if (peer?.link.up !== true) return drop(stack, skb, 'LINK_DOWN', `the other end of ${link.name} is down`);
  seePacket(stack.session, link, 'out', skb, false);
  if (!fitsFrame(peer.link, skb))
    return dropTooLong(stack, skb, peer.link, `${peer.link.name}, the other end`, link.name);
  leave(skb, link.name, skb.destinationMac);
  const from = stack.netns.label;
  later(stack, () => {
    scrub(skb, link.peer.netns !== link.netns);
    receiveFrame(peer.stack, peer.link, skb, from);
  });
}

/** __netif_receive_skb: a frame came in on a device. */
export function receiveFrame(stack: Stack, link: Link, skb: Skb, from: string): void {
  moveTo(stack, link, skb, from);
  if (stack.session.budget-- <= 0) return drop(stack, skb, 'LOOP', 'the packet goes round in a circle');
  if (typeof skb.packet.dst !== 'number')
    return drop(stack, skb, 'UNSUPPORTED', 'IPv6 walking is not modelled');
  const bridge = bridgeOf(stack, link);
  if (bridge !== undefined) return bridgeFromPort(stack, bridge, link, skb);
  passUp(stack, link, skb);
}

/** eth_type_trans and ip_rcv: frames for somebody else end here. */
export function passUp(stack: Stack, link: Link, skb: Skb): void {
  if (skb.destinationMac !== link.mac && !isGroupMac(skb.destinationMac)) {
    return drop(stack, skb, 'WRONG_MAC', `the frame is not for ${link.name}`);
  }
  receiveIp(stack, link, skb);
}

function bridgeOf(stack: Stack, link: Link): Bridge | undefined {
  const bridge = link.port === undefined ? undefined : stack.netns.links.get(link.port.bridge);
  return bridge?.kind === 'bridge' ? bridge : undefined;
}

/** Sends an ARP message over a device. */
export function transmitArp(stack: Stack, link: Link, message: ArpSkb): void {
  if (!link.up) return;
  switch (link.kind) {
    case 'veth': {
      seeArp(stack.session, link, 'out', message);
      if (stack.session.capture === undefined && isIgnored(stack.session, link, message)) return;
      const peer = peerOf(stack, link);
      if (peer?.link.up !== true) return;
      return later(stack, () => receiveArpFrame(peer.stack, peer.link, message));
    }
    case 'bridge':
      seeArp(stack.session, link, 'out', message);
      return later(stack, () => bridgeArp(stack, link, message));
    // A VXLAN device floods only through FDB entries for 00:00:00:00:00:00, which flannel never makes.
    case 'vxlan':
    case 'loopback':
    case 'dummy':
    case 'tun':
      return;
  }
}

/**
 * Whether an ARP message would leave no trace at the other end: it ends there, and a namespace that no packet has
 * been to yet has nothing to say to it. A broadcast reaches every pod of a node; only the one that is meant wakes.
 */
function isIgnored(session: Session, { peer }: Veth, { arp }: ArpSkb): boolean {
  if (session.stacks.has(peer.netns) || session.warm?.stacks.has(peer.netns) === true) return false;
  const netns = session.world.netns.get(peer.netns);
  const link = netns?.links.get(peer.name);
  if (netns === undefined || link === undefined || link.port !== undefined) return false;
  return !isAnswered(netns, link, arp);
}

function receiveArpFrame(stack: Stack, link: Link, message: ArpSkb): void {
  if (!link.up || stack.session.budget-- <= 0) return;
  seeArp(stack.session, link, 'in', message);
  const bridge = bridgeOf(stack, link);
  if (bridge !== undefined) return bridgeArpFromPort(stack, bridge, link, message);
  passArpUp(stack, link, message);
}

/** Hands an ARP frame to the stack if it is for this device or for everyone. */
export function passArpUp(stack: Stack, link: Link, message: ArpSkb): void {
  if (message.destinationMac === link.mac || isGroupMac(message.destinationMac))
    receiveArp(stack, link, message.arp);
}
