import { BROADCAST_MAC, formatIp, type Ip, isMulticast, type Mac } from '../../addr/index.ts';
import type { Arp } from '../../wire/index.ts';
import { addressType, isLocalAddress, selectAddress } from '../fib.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { transmitArp } from '../link/transmit.ts';
import type { Link, Netns } from '../model.ts';
import { drop, type LearnedNeighbour, type Stack } from '../session.ts';
import { record, type Skb } from '../skb.ts';
import { maxConf } from '../sysctl.ts';

/**
 * Neighbours (net/core/neighbour.c, net/ipv4/arp.c): permanent entries are state; others are asked for with ARP,
 * which travels over the emulated links like any frame, and are learnt for the length of a walk.
 */

/** Calls `send` with the link address of a next hop, at once or when ARP has found it. */
export function withNeighbour(stack: Stack, link: Link, ip: Ip, skb: Skb, send: (mac: Mac) => void): void {
  const fixed = stack.netns.neighbours.get(link.name)?.get(ip);
  if (fixed?.mac !== undefined && (fixed.state === 'PERMANENT' || fixed.state === 'NOARP')) {
    const { mac, state, origin } = fixed;
    record(skb, { type: 'neighbour', ip, device: link.name, mac, state, origin });
    return send(mac);
  }
  if (link.kind === 'dummy' || link.kind === 'tun') return send(0);
  if (typeof ip !== 'number') return drop(stack, skb, 'UNSUPPORTED', 'IPv6 neighbours are not modelled');
  if (addressType(stack.netns, ip) === 'broadcast') return send(BROADCAST_MAC);
  if (isMulticast(ip)) return send(0x01005e000000 + (ip & 0x7fffff));
  const known = entryOf(stack, link.name, ip);
  if (known?.mac !== undefined) {
    record(skb, { type: 'neighbour', ip, device: link.name, mac: known.mac, state: known.state });
    // neigh_event_send: a stale entry serves, and is checked after five seconds of delay.
    if (known.state === 'STALE') known.delayed = true;
    return send(known.mac);
  }
  const wait = {
    skb,
    send: (mac: Mac): void => {
      record(skb, { type: 'neighbour', ip, device: link.name, mac, state: 'REACHABLE' });
      send(mac);
    },
  };
  if (known?.state === 'INCOMPLETE') {
    known.waiting.push(wait);
    return;
  }
  remember(stack, link.name, ip, { mac: undefined, state: 'INCOMPLETE', waiting: [wait] });
  solicit(stack, link, ip, skb);
}

function entryOf(stack: Stack, device: string, ip: Ip): LearnedNeighbour | undefined {
  return stack.neighbours.get(device)?.get(ip);
}

function remember(stack: Stack, device: string, ip: Ip, entry: LearnedNeighbour): void {
  let table = stack.neighbours.get(device);
  if (table === undefined) {
    table = new Map();
    stack.neighbours.set(device, table);
  }
  table.set(ip, entry);
}

/** arp_solicit: asks with the packet's own source where that is local, else with an address of the device. */
function solicit(stack: Stack, link: Link, target: number, skb: Skb): void {
  const { src } = skb.packet;
  const sender = isLocalAddress(stack.netns, src) ? src : selectAddress(stack.netns, link, target);
  if (typeof sender !== 'number') return;
  transmitArp(stack, link, {
    arp: {
      kind: 'arp',
      operation: 'request',
      senderMac: link.mac,
      senderIp: sender,
      targetMac: 0,
      targetIp: target,
    },
    sourceMac: link.mac,
    destinationMac: BROADCAST_MAC,
  });
}

/** arp_process: answers for own (and proxied) addresses, and learns. */
export function receiveArp(stack: Stack, link: Link, arp: Arp): void {
  // Replies are expected or ignored (arp_accept=0): only entries that exist take them.
  if (arp.operation === 'reply') return update(stack, link.name, arp, 'REACHABLE');
  if (!isAnswered(stack.netns, link, arp)) return update(stack, link.name, arp, 'STALE');
  // neigh_event_ns: who asks is remembered, so that the answer's answer needs no ARP.
  if (arp.senderIp !== 0 && entryOf(stack, link.name, arp.senderIp) === undefined)
    remember(stack, link.name, arp.senderIp, { mac: undefined, state: 'INCOMPLETE', waiting: [] });
  update(stack, link.name, arp, 'STALE');
  transmitArp(stack, link, {
    arp: {
      kind: 'arp',
      operation: 'reply',
      senderMac: link.mac,
      senderIp: arp.targetIp,
      targetMac: arp.senderMac,
      targetIp: arp.senderIp,
    },
    sourceMac: link.mac,
    destinationMac: arp.senderMac,
  });
}

/** Whether a device answers a request: for an address of its own, or for one that it is a proxy for. */
export function isAnswered(netns: Netns, link: Link, { operation, targetIp: ip }: Arp): boolean {
  if (operation !== 'request') return false;
  if (netns.proxyNeighbours.get(link.name)?.has(ip) === true) return true;
  return isLocalAddress(netns, ip) && answersFor(netns, link, ip);
}

/** arp_ignore: 0 answers for every local address, 1 only for addresses of the device that was asked. */
function answersFor(netns: Netns, link: Link, ip: Ip): boolean {
  if (typeof ip === 'number' && ip >>> 24 === 127) return false;
  const mode = maxConf(netns, link.name, 'arp_ignore');
  return mode === 0 || (mode < 8 && link.addresses.some((a) => a.ip === ip));
}

/** neigh_update: a link address for an entry that exists; packets that waited for it go out. */
function update(stack: Stack, device: string, arp: Arp, state: 'REACHABLE' | 'STALE'): void {
  const { senderIp: ip, senderMac: mac } = arp;
  const known = entryOf(stack, device, ip);
  if (known === undefined) return;
  if (stack.netns.neighbours.get(device)?.get(ip)?.state === 'PERMANENT') return;
  // Hearing the same address again does not age an entry.
  if (known.mac !== mac || state === 'REACHABLE') known.state = state;
  known.mac = mac;
  for (const { send } of known.waiting.splice(0)) send(mac);
}

/**
 * Gives up neighbours that never answered (three probes later, about three seconds): each waiting packet is
 * answered with host unreachable. True when there was one.
 */
export function giveUpNeighbours(stack: Stack): boolean {
  let any = false;
  for (const [device, table] of stack.neighbours) {
    for (const [ip, entry] of table) {
      if (entry.waiting.length === 0) continue;
      any = true;
      entry.state = 'FAILED';
      for (const { skb } of entry.waiting.splice(0)) {
        record(skb, { type: 'neighbour', ip, device, mac: undefined, state: 'FAILED' });
        if (stack.session.budget <= 0) {
          drop(stack, skb, 'LOOP', `the ARP request for ${formatIp(ip)} on ${device} goes round in a circle`);
          continue;
        }
        drop(stack, skb, 'NEIGHBOUR_UNREACHABLE', `nobody answers ARP for ${formatIp(ip)} on ${device}`);
        sendIcmpError(stack, skb, { type: 3, code: 1 }, 'NEIGHBOUR_UNREACHABLE');
      }
    }
  }
  return any;
}
