import type { Bridge, Link, Netns, World } from '../kernel/index.ts';

/** What a printer needs to know beyond one namespace: peers of veth pairs live in others. */
export interface InWorld {
  readonly world: World;
}

/** The other end of a veth pair. */
export function peerOf(link: Link, world: World): Link | undefined {
  if (link.kind !== 'veth') return undefined;
  return world.netns.get(link.peer.netns)?.links.get(link.peer.name);
}

/** The device of a namespace with that index. */
export function linkByIndex(netns: Netns, index: number): Link | undefined {
  for (const link of netns.links.values()) if (link.index === index) return link;
  return undefined;
}

/** The links of a namespace as every tool lists them: by index. */
export function linksOf(netns: Netns, device?: string): Link[] {
  const links = [...netns.links.values()].filter((link) => device === undefined || link.name === device);
  return links.sort((a, b) => a.index - b.index);
}

/** The bridge that a port is enslaved to. */
export function masterOf(link: Link, netns: Netns): Bridge | undefined {
  const master = link.port === undefined ? undefined : netns.links.get(link.port.bridge);
  return master?.kind === 'bridge' ? master : undefined;
}

/**
 * Whether the device has a carrier (netif_carrier_ok): a veth when both ends are up, a bridge when a port
 * forwards (net/bridge/br_if.c, br_port_carrier_check), the others always.
 */
export function hasCarrier(link: Link, netns: Netns, world: World): boolean {
  switch (link.kind) {
    case 'veth':
      return link.up && peerOf(link, world)?.up === true;
    case 'bridge':
      return link.up && link.ports.some((name) => portForwards(netns.links.get(name), netns, world));
    case 'loopback':
    case 'vxlan':
    case 'dummy':
    case 'tun':
      return true;
  }
}

/**
 * Whether the device has had a carrier since it was set up. What IPv6 did then stays when the carrier goes (addrconf_notify takes
 * addresses away only from a device that goes down).
 */
export function hadCarrier(link: Link, netns: Netns, world: World): boolean {
  if (hasCarrier(link, netns, world)) return true;
  switch (link.kind) {
    case 'veth':
      return link.up && peerOf(link, world)?.wasUp === true;
    case 'bridge':
      return link.up && link.ports.some((name) => portHadCarrier(netns.links.get(name), netns, world));
    case 'loopback':
    case 'vxlan':
    case 'dummy':
    case 'tun':
      return true;
  }
}

function portHadCarrier(port: Link | undefined, netns: Netns, world: World): boolean {
  if (port === undefined || port.kind === 'bridge') return false;
  return hadCarrier(port, netns, world) || (port.wasUp === true && peerOf(port, world)?.wasUp === true);
}

/** Without STP a port is forwarding as soon as it, its carrier and its bridge are up; else `disabled`. */
export function portForwards(port: Link | undefined, netns: Netns, world: World): boolean {
  if (port === undefined || port.kind === 'bridge') return false;
  return port.up && masterOf(port, netns)?.up === true && hasCarrier(port, netns, world);
}

/** IFF_* names in the order in which iproute2 prints them (ip/ipaddress.c, print_link_flags). */
export function linkFlags(link: Link, netns: Netns, world: World): string[] {
  const carrier = hasCarrier(link, netns, world);
  const flags: string[] = [];
  if (link.up && !carrier) flags.push('NO-CARRIER');
  flags.push(...DEVICE_FLAGS[link.kind]);
  if (link.promisc === true) flags.push('PROMISC');
  if (link.up) flags.push('UP');
  if (link.up && carrier) flags.push('LOWER_UP');
  const peer = peerOf(link, world);
  if (peer !== undefined && peer.netns === link.netns && !peer.up) flags.push('M-DOWN');
  return flags;
}

const DEVICE_FLAGS: { readonly [K in Link['kind']]: readonly string[] } = {
  loopback: ['LOOPBACK'],
  veth: ['BROADCAST', 'MULTICAST'],
  bridge: ['BROADCAST', 'MULTICAST'],
  vxlan: ['BROADCAST', 'MULTICAST'],
  dummy: ['BROADCAST', 'NOARP'],
  tun: ['POINTOPOINT', 'MULTICAST', 'NOARP'],
};

/**
 * The RFC 2863 operational state (net/core/link_watch.c, default_operstate). A veth without carrier says
 * LOWERLAYERDOWN unless the device that has its peer's index *in its own namespace* is itself, is missing or
 * has a carrier: the kernel looks the index up in the wrong namespace.
 */
export function operState(link: Link, netns: Netns, world: World): string {
  if (!link.up) return 'DOWN';
  if (hasCarrier(link, netns, world)) {
    return link.kind === 'veth' || link.kind === 'bridge' ? 'UP' : 'UNKNOWN';
  }
  const peer = peerOf(link, world);
  if (peer === undefined || peer.index === link.index) return 'DOWN';
  const lower = linkByIndex(netns, peer.index);
  return lower === undefined || hasCarrier(lower, netns, world) ? 'DOWN' : 'LOWERLAYERDOWN';
}

/** The queueing discipline of a device that nobody configured; `noop` until it is first set up. */
export function qdisc(link: Link): string {
  if (!link.up && link.wasUp !== true) return 'noop';
  return link.kind === 'tun' ? 'pfifo_fast' : 'noqueue';
}
