import { isGroupMac, type Mac } from '../../addr/index.ts';
import { copyPacket } from '../../wire/index.ts';
import { seeArp, seePacket } from '../capture.ts';
import { lookupRoute, nextHop } from '../fib.ts';
import { runHooks } from '../hooks.ts';
import { receiveIp, routeInput } from '../ip/input.ts';
import { fitsFrame, fragment, wireLength } from '../ip/mtu.ts';
import { endByHook } from '../ip/verdict.ts';
import type { Bridge, Link } from '../model.ts';
import { withNeighbour } from '../neigh/resolve.ts';
import { drop, leave, linkNamed, type Stack } from '../session.ts';
import { type ArpSkb, record, type Skb } from '../skb.ts';
import { deviceConf, sysctlNumber } from '../sysctl.ts';
import { portsToFlood } from './arp-ports.ts';
import { dropTooLong, moveTo, passArpUp, passUp, transmit, transmitArp } from './transmit.ts';

/**
 * A bridge (net/bridge): learns, floods, forwards, and with br_netfilter shows IPv4 packets to iptables on their
 * way through, as if they had come in by the bridge itself.
 */

/** Where a destination address is: a port's name, the bridge itself, or unknown. */
function lookup(stack: Stack, bridge: Bridge, mac: Mac): string | undefined {
  const fixed = bridge.fdb.get(mac);
  if (fixed !== undefined) return fixed.state === 'permanent' ? bridge.name : fixed.device;
  return stack.fdb.get(bridge.name)?.get(mac);
}

function learn(stack: Stack, bridge: Bridge, port: Link, mac: Mac): void {
  if (port.port?.learning !== true || isGroupMac(mac) || bridge.fdb.has(mac)) return;
  let table = stack.fdb.get(bridge.name);
  if (table === undefined) {
    table = new Map();
    stack.fdb.set(bridge.name, table);
  }
  table.set(mac, port.name);
}

/** Whether iptables sees what crosses this bridge. */
function callsIptables(stack: Stack, bridge: Bridge): boolean {
  return bridge.nfCallIptables || sysctlNumber(stack.netns, 'net.bridge.bridge-nf-call-iptables') > 0;
}

/** br_handle_frame: a packet came in by a port. */
export function bridgeFromPort(stack: Stack, bridge: Bridge, port: Link, skb: Skb): void {
  if (!bridge.up || !port.up)
    return drop(stack, skb, 'LINK_DOWN', `bridge ${bridge.name} or its port ${port.name} is down`);
  if (!callsIptables(stack, bridge)) return forwardFrame(stack, bridge, port, skb);
  const before = skb.packet.dst;
  skb.physIn = port.name;
  const verdict = runHooks({ stack, skb, hook: 'PREROUTING', inDevice: bridge.name, outDevice: undefined });
  if (verdict.kind !== 'ACCEPT') return endByHook(stack, skb, verdict);
  skb.prerouted = true;
  if (skb.packet.dst === before) return forwardFrame(stack, bridge, port, skb);
  redirectFrame(stack, bridge, port, skb);
}

/**
 * br_nf_pre_routing_finish after a DNAT: a destination behind the same bridge gets its link address and stays
 * bridged (source address and TTL untouched); any other is handed up to be routed.
 */
function redirectFrame(stack: Stack, bridge: Bridge, port: Link, skb: Skb): void {
  const { packet } = skb;
  const local = lookupRoute(stack.netns, {
    dst: packet.dst,
    src: packet.src,
    iif: bridge.name,
    mark: skb.mark,
  });
  // With forwarding off the lookup gives an entry that is an error, which is found out where the packet is handed up.
  const { forwarding } = deviceConf(stack.netns, bridge);
  if (!forwarding || local === undefined || local.type !== 'unicast' || local.device !== bridge.name) {
    skb.destinationMac = bridge.mac;
    return forwardFrame(stack, bridge, port, skb);
  }
  const route = routeInput(stack, bridge, skb);
  if (route === undefined) return;
  skb.route = route;
  record(skb, {
    type: 'note',
    code: 'BRIDGED_DNAT',
    text: `the new destination is behind ${bridge.name} too: bridged, not routed`,
  });
  withNeighbour(stack, bridge, nextHop(route, packet.dst), skb, (mac) => {
    skb.destinationMac = mac;
    forwardFrame(stack, bridge, port, skb);
  });
}

/** br_handle_frame_finish: learn, then local, forward or flood. */
function forwardFrame(stack: Stack, bridge: Bridge, port: Link, skb: Skb): void {
  learn(stack, bridge, port, skb.sourceMac);
  const mac = skb.destinationMac;
  if (isGroupMac(mac)) {
    flood(stack, bridge, port, skb);
    return up(stack, bridge, port, skb);
  }
  const where = lookup(stack, bridge, mac);
  if (where === bridge.name) return up(stack, bridge, port, skb);
  // A promiscuous bridge shows itself frames for others too, and its stack passes them over (PACKET_OTHERHOST).
  if (bridge.promisc === true) seePacket(stack.session, bridge, 'in', skb, skb.prerouted);
  if (where === undefined) return flood(stack, bridge, port, skb);
  const out = linkNamed(stack, where);
  if (out === undefined || !out.up) return drop(stack, skb, 'LINK_DOWN', `bridge port ${where} is down`);
  if (out === port && port.port?.hairpin !== true) {
    record(skb, { type: 'bridge', bridge: bridge.name, decision: 'drop', mac, port: where });
    return drop(
      stack,
      skb,
      'HAIRPIN_DISABLED',
      `the frame would have to leave by the port that it came in by (${where}), and hairpin is off`,
      port.port?.hairpinOrigin === undefined ? {} : { origin: port.port.hairpinOrigin },
    );
  }
  record(skb, { type: 'bridge', bridge: bridge.name, decision: 'forward', mac, port: where });
  forwardTo(stack, bridge, out, skb);
}

/** br_pass_frame_up: the packet is for this host; it goes on as if the bridge had received it. */
function up(stack: Stack, bridge: Bridge, port: Link, skb: Skb): void {
  record(skb, {
    type: 'bridge',
    bridge: bridge.name,
    decision: 'local',
    mac: skb.destinationMac,
    port: undefined,
  });
  const from = skb.visit.in ?? bridge.name;
  leave(skb, bridge.name);
  moveTo(stack, bridge, skb, from);
  // The address of the port counts as the bridge's own: eth_type_trans looked at it there.
  if (skb.destinationMac === port.mac) return receiveIp(stack, bridge, skb);
  passUp(stack, bridge, skb);
}

/** __br_forward: FORWARD and POSTROUTING where br_netfilter is on, then the port. */
function forwardTo(stack: Stack, bridge: Bridge, out: Link, skb: Skb): void {
  if (skb.prerouted && skb.physIn !== undefined) {
    skb.physOut = out.name;
    const names = { inDevice: bridge.name, outDevice: bridge.name };
    const verdict = runHooks({ stack, skb, hook: 'FORWARD', ...names });
    if (verdict.kind !== 'ACCEPT') return endByHook(stack, skb, verdict);
    const post = runHooks({ stack, skb, hook: 'POSTROUTING', inDevice: undefined, outDevice: bridge.name });
    if (post.kind !== 'ACCEPT') return endByHook(stack, skb, post);
    if (wireLength(skb) > out.mtu) {
      // br_nf_dev_queue_xmit: with br_netfilter a bridge does what it otherwise never would, and fragments.
      if (skb.packet.df) return dropTooLong(stack, skb, out, `bridge port ${out.name}`);
      fragment(skb, out.mtu, `MTU ${out.mtu} of bridge port ${out.name}`);
    }
  }
  toPort(stack, out, skb);
}

/** br_dev_queue_push_xmit. */
function toPort(stack: Stack, out: Link, skb: Skb): void {
  if (!fitsFrame(out, skb)) return dropTooLong(stack, skb, out, `bridge port ${out.name}`);
  transmit(stack, out, skb);
}

/** br_dev_xmit: the host itself sends over the bridge. */
export function bridgeFromStack(stack: Stack, bridge: Bridge, skb: Skb): void {
  const mac = skb.destinationMac;
  if (isGroupMac(mac)) return flood(stack, bridge, undefined, skb);
  const where = lookup(stack, bridge, mac);
  if (where === undefined || where === bridge.name) return flood(stack, bridge, undefined, skb);
  const out = linkNamed(stack, where);
  if (out === undefined || !out.up) return drop(stack, skb, 'LINK_DOWN', `bridge port ${where} is down`);
  record(skb, { type: 'bridge', bridge: bridge.name, decision: 'forward', mac, port: where });
  toPort(stack, out, skb);
}

function floodPorts(stack: Stack, bridge: Bridge, from: Link | undefined): Link[] {
  const out: Link[] = [];
  for (const name of bridge.ports) {
    const link = linkNamed(stack, name);
    if (link === undefined || !link.up || link.port?.flood !== true) continue;
    if (link === from && !link.port.hairpin) continue;
    out.push(link);
  }
  return out;
}

/** br_flood: to every port but the one it came from. */
function flood(stack: Stack, bridge: Bridge, from: Link | undefined, skb: Skb): void {
  const { destinationMac: mac } = skb;
  const ports = floodPorts(stack, bridge, from);
  record(skb, { type: 'bridge', bridge: bridge.name, decision: 'flood', mac, port: undefined });
  // A group's frame that came in by a port goes up the stack besides.
  if (ports.length === 0 && (from === undefined || !isGroupMac(mac)))
    return drop(stack, skb, 'WRONG_MAC', `no port of ${bridge.name} to flood an unknown address to`);
  const { events } = skb.visit;
  for (const port of ports) {
    const copy: Skb = {
      ...skb,
      packet: copyPacket(skb.packet),
      visit: { ...skb.visit, events: [...events] },
    };
    forwardTo(stack, bridge, port, copy);
  }
}

/** An ARP frame came in by a port. iptables does not see ARP. */
export function bridgeArpFromPort(stack: Stack, bridge: Bridge, port: Link, message: ArpSkb): void {
  if (!bridge.up) return;
  learn(stack, bridge, port, message.sourceMac);
  const group = isGroupMac(message.destinationMac);
  const where = group ? undefined : lookup(stack, bridge, message.destinationMac);
  if (group || where === bridge.name) {
    seeArp(stack.session, bridge, 'in', message);
    passArpUp(stack, bridge, message);
  }
  if (where === bridge.name) return;
  forwardArp(stack, bridge, port, where, message);
}

/** The host sends ARP over the bridge. */
export function bridgeArp(stack: Stack, bridge: Bridge, message: ArpSkb): void {
  const where = isGroupMac(message.destinationMac)
    ? undefined
    : lookup(stack, bridge, message.destinationMac);
  forwardArp(stack, bridge, undefined, where, message);
}

function forwardArp(
  stack: Stack,
  bridge: Bridge,
  from: Link | undefined,
  where: string | undefined,
  message: ArpSkb,
): void {
  if (where === undefined) {
    for (const port of portsToFlood(stack, bridge, from, message)) transmitArp(stack, port, message);
    return;
  }
  const out = linkNamed(stack, where);
  if (out !== undefined && (out !== from || out.port?.hairpin === true)) transmitArp(stack, out, message);
}
