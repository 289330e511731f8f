import { formatMac } from '../../addr/index.ts';
import { copyPacket, isArp, protocolNumber, type VxlanPayload } from '../../wire/index.ts';
import { portsOf } from '../conntrack/tuple.ts';
import { sendPacket } from '../ip/output.ts';
import type { Link, Vxlan } from '../model.ts';
import { drop, leave, type Stack } from '../session.ts';
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

/** vxlan_rcv: what a VXLAN socket received goes on as a frame of the device with that VNI. */
export function vxlanReceive(stack: Stack, device: string, payload: VxlanPayload, skb: Skb): void {
  const link = vxlanFor(stack, device, payload.vni);
  if (link === undefined || !link.up) {
    return drop(stack, skb, 'NO_SOCKET', `no VXLAN device with VNI ${payload.vni} is up`);
  }
  const { frame } = payload;
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
  };
  scrub(inner, false);
  moveTo(stack, link, inner, 'vxlan');
  passUp(stack, link, inner);
}

function vxlanFor(stack: Stack, device: string, vni: number): Vxlan | undefined {
  const named: Link | undefined = stack.netns.links.get(device);
  if (named?.kind === 'vxlan' && named.vni === vni) return named;
  for (const link of stack.netns.links.values()) if (link.kind === 'vxlan' && link.vni === vni) return link;
  return undefined;
}
