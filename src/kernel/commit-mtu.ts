import { type CommitContext, Refusal } from './commit-context.ts';
import { VXLAN_OVERHEAD } from './ip/mtu.ts';
import type { Bridge, Link, Netns, Vxlan } from './model.ts';

const ETH_DATA_LEN = 1500;
const MIN_MTU = 68;
const MAX_MTU = 65535;

/** `ip link set DEVICE mtu N` (dev_set_mtu_ext). */
export function setMtu(context: CommitContext, netns: Netns, link: Link, mtu: number): void {
  refuseMtu(link.kind, mtu);
  if (link.kind === 'vxlan' && mtu > vxlanLimit(netns, link))
    throw new Refusal('RTNETLINK answers: Invalid argument');
  change(context, link, mtu);
  if (link.kind === 'bridge' && link.mtuSetByUser !== true) {
    link.mtuSetByUser = true;
    context.undo.push(() => {
      link.mtuSetByUser = false;
    });
  }
  const bridge = netns.links.get(link.port?.bridge ?? '');
  if (bridge?.kind === 'bridge') adjustBridgeMtu(context, netns, bridge);
}

/** Refuses an MTU beyond the bounds of a kind of device (dev_validate_mtu). */
export function refuseMtu(kind: Link['kind'], mtu: number): void {
  if (mtu < MIN_MTU) throw new Refusal('Error: mtu less than device minimum.');
  if (mtu > MAX_MTU && kind !== 'loopback') throw new Refusal('Error: mtu greater than device maximum.');
}

/** An IPv6 header is 20 bytes longer than that of IPv4 (vxlan_headroom). */
const VXLAN6_OVERHEAD = VXLAN_OVERHEAD + 20;

/** The most that a VXLAN device may take: what its lower device takes, less the headers (vxlan_change_mtu). */
export function vxlanLimit(netns: Netns, { device, local }: Pick<Vxlan, 'device' | 'local'>): number {
  const lower = netns.links.get(device)?.mtu ?? ETH_DATA_LEN;
  return lower - (typeof local === 'bigint' ? VXLAN6_OVERHEAD : VXLAN_OVERHEAD);
}

/** br_mtu_auto_adjust: unless somebody set it, a bridge has the smallest MTU of its ports, and 1500 without any. */
export function adjustBridgeMtu(context: CommitContext, netns: Netns, bridge: Bridge): void {
  if (bridge.mtuSetByUser === true) return;
  let least: number | undefined;
  for (const name of bridge.ports) {
    const mtu = netns.links.get(name)?.mtu;
    if (mtu !== undefined && (least === undefined || mtu < least)) least = mtu;
  }
  change(context, bridge, least ?? ETH_DATA_LEN);
}

/** The same for a bridge that has ports and got one more. */
export function lowerBridgeMtu(context: CommitContext, bridge: Bridge, mtu: number): void {
  if (bridge.mtuSetByUser !== true && mtu < bridge.mtu) change(context, bridge, mtu);
}

function change(context: CommitContext, link: Link, mtu: number): void {
  const before = link.mtu;
  if (before === mtu) return;
  link.mtu = mtu;
  context.undo.push(() => {
    link.mtu = before;
  });
}
