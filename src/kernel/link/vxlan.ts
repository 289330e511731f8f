import { formatIp, formatMac, type Ip } from '../../addr/index.ts';
import { copyPacket, isArp, protocolNumber, type VxlanPayload } from '../../wire/index.ts';
import { portsOf } from '../conntrack/tuple.ts';
import { isLocalAddress } from '../fib.ts';
import { receiveIp } from '../ip/input.ts';
import { VXLAN_OVERHEAD } from '../ip/mtu.ts';
import { sendPacket } from '../ip/output.ts';
import { routeOutput } from '../ip/route-output.ts';
import type { Vxlan } from '../model.ts';
import { drop, later, leave, type Stack } from '../session.ts';
import { newSkb, record, type Skb, scrub } from '../skb.ts';
import { sysctl } from '../sysctl.ts';
import { moveTo, passUp } from './transmit.ts';

/**
 * VXLAN (drivers/net/vxlan): a frame to a known link address goes out as UDP to the address that the FDB names;
 * the outer packet is a packet of this host with hooks, route and connection of its own.
 */
export function vxlanTransmit(stack: Stack, link: Vxlan, skb: Skb): void {
  const entry = link.fdb.get(skb.destinationMac);
  if (entry === undefined) {
    return drop(
      stack,
      skb,
      'NO_FDB_ENTRY',
      `no FDB entry for ${formatMac(skb.destinationMac)} on ${link.name}`,
    );
  }
  const route = routeOutput(stack, { dst: entry.dst, src: link.local, mark: skb.mark });
  if (route.kind === 'route' && route.route.device === link.name) {
    return drop(
      stack,
      skb,
      'LOOP',
      `the outer packet to ${formatIp(entry.dst)} would leave by ${link.name} itself (circular route)`,
      { route: route.route },
    );
  }
  if (isLocalAddress(stack.netns, entry.dst)) return bypass(stack, link, entry.dst, skb);
  const inner = { src: skb.sourceMac, dst: skb.destinationMac, payload: skb.packet };
  const sport = sourcePort(stack, skb);
  const outer = newSkb(
    {
      src: link.local,
      dst: entry.dst,
      ttl: 64,
      tos: 0,
      id: stack.session.random() & 0xffff,
      df: false,
      transport: {
        kind: 'udp',
        sport,
        dport: link.dstPort,
        data: { kind: 'vxlan', vni: link.vni, frame: inner },
      },
    },
    skb.visit,
  );
  // skb_scrub_packet keeps the mark inside one namespace: that is why KUBE-POSTROUTING clears 0x4000.
  outer.mark = skb.mark;
  outer.ipvs = skb.ipvs;
  if (skb.fragmentSize !== undefined) {
    // Each fragment of the inner packet is a packet of its own here.
    outer.fragmentSize = skb.fragmentSize + VXLAN_OVERHEAD;
    outer.innerFragmentSize = skb.fragmentSize;
  }
  record(outer, {
    type: 'encapsulate',
    vni: link.vni,
    outerSrc: link.local,
    outerDst: entry.dst,
    sport,
    dport: link.dstPort,
  });
  sendPacket(stack, outer, 'tunnel');
}

/**
 * vxlan_encap_bypass: an FDB entry that names an address of this host is handed to the device of that VNI at once,
 * without an outer packet and whatever its link address.
 */
function bypass(stack: Stack, link: Vxlan, dst: Ip, skb: Skb): void {
  const target = vxlanFor(stack, link.dstPort, link.vni);
  if (target === undefined)
    return drop(stack, skb, 'NO_SOCKET', `no VXLAN device with VNI ${link.vni} is up`);
  record(skb, {
    type: 'note',
    code: 'VXLAN_BYPASS',
    text: `${formatIp(dst)} is an address of this host: received again by ${target.name}, nothing is sent`,
  });
  leave(skb, target.name);
  later(stack, () => {
    scrub(skb, false);
    moveTo(stack, target, skb, 'vxlan');
    receiveIp(stack, target, skb);
  });
}

/** udp_flow_src_port: a hash of the inner flow, folded into ip_local_port_range. */
function sourcePort(stack: Stack, skb: Skb): number {
  const range = sysctl(stack.netns, 'net.ipv4.ip_local_port_range').split(/\s+/).map(Number);
  const low = range[0] ?? 32768;
  const high = range[1] ?? 60999;
  const { packet } = skb;
  const ports = portsOf(packet.transport);
  let hash = 0x811c9dc5;
  for (const word of [
    Number(packet.src),
    Number(packet.dst),
    protocolNumber(packet),
    ports?.sport ?? 0,
    ports?.dport ?? 0,
  ]) {
    hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
    hash = (hash ^ (hash >>> 15)) >>> 0;
  }
  return low + (hash % (high - low));
}

/** Whether a VXLAN device has its socket on a port: from vxlan_open to vxlan_stop. */
export function hasTunnelAt(stack: Stack, port: number): boolean {
  for (const link of stack.netns.links.values()) {
    if (link.kind === 'vxlan' && link.up && link.dstPort === port) return true;
  }
  return false;
}

/** vxlan_rcv: what a VXLAN socket received goes on as a frame of the device with that VNI. */
export function vxlanReceive(stack: Stack, port: number, payload: VxlanPayload, skb: Skb): void {
  const link = vxlanFor(stack, port, payload.vni);
  if (link === undefined) {
    return drop(stack, skb, 'NO_SOCKET', `no VXLAN device with VNI ${payload.vni} is up`);
  }
  const { frame } = payload;
  if (frame.src === link.mac)
    return drop(stack, skb, 'LOOP', `the frame comes from ${link.name}'s own link address (vxlan_set_mac)`);
  if (isArp(frame.payload)) return drop(stack, skb, 'UNSUPPORTED', 'ARP inside VXLAN');
  const { src, dst, transport } = skb.packet;
  const ports = portsOf(transport);
  record(skb, {
    type: 'decapsulate',
    vni: payload.vni,
    outerSrc: src,
    outerDst: dst,
    sport: ports?.sport ?? 0,
    dport: ports?.dport ?? 0,
  });
  leave(skb, link.name);
  const inner: Skb = {
    ...skb,
    packet: copyPacket(frame.payload),
    sourceMac: frame.src,
    destinationMac: frame.dst,
    fragmentSize: skb.innerFragmentSize,
    innerFragmentSize: undefined,
  };
  scrub(inner, false);
  moveTo(stack, link, inner, 'vxlan');
  passUp(stack, link, inner);
}

/** vxlan_find_vni: among the devices of one socket. */
function vxlanFor(stack: Stack, port: number, vni: number): Vxlan | undefined {
  for (const link of stack.netns.links.values()) {
    if (link.kind === 'vxlan' && link.up && link.dstPort === port && link.vni === vni) return link;
  }
  return undefined;
}
