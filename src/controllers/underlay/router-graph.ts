import { cidrOf, type Ip } from '../../addr/index.ts';
import type { TopologyNetwork } from '../../k8s/index.ts';
import type { Link, Netns, World } from '../../kernel/index.ts';

/** A router's place on one network. */
export interface RouterPort {
  readonly router: string;
  readonly network: TopologyNetwork;
  readonly device: string;
  readonly ip: Ip;
}

/** The first step towards another router. */
export interface NextHop {
  readonly via: Ip;
  readonly device: string;
}

/** The routers that a router reaches over common networks, nearest first, each with the first step to it. */
export function nextHops(router: string, ports: readonly RouterPort[]): Map<string, NextHop> {
  const found = new Map<string, NextHop>();
  let frontier = [router];
  while (frontier.length > 0) {
    const next: string[] = [];
    for (const here of frontier) {
      for (const port of ports.filter((p) => p.router === here)) {
        for (const other of ports) {
          if (other.network.name !== port.network.name) continue;
          if (other.router === router || found.has(other.router)) continue;
          found.set(other.router, found.get(here) ?? { via: other.ip, device: port.device });
          next.push(other.router);
        }
      }
    }
    frontier = next;
  }
  return found;
}

/** The routers in groups that reach each other, in input order; a host outside hangs on the first of each. */
export function routerGroups(ports: readonly RouterPort[]): string[][] {
  const groups: string[][] = [];
  for (const { router } of ports) {
    if (groups.some((group) => group.includes(router))) continue;
    groups.push([router, ...nextHops(router, ports).keys()]);
  }
  return groups;
}

/** The routers' ports as a built world has them: devices whose other end is a switch. */
export function portsOfWorld(world: World): RouterPort[] {
  const ports: RouterPort[] = [];
  const gateways = new Map<string, Ip>();
  for (const netns of world.netns.values()) {
    if (netns.kind !== 'router') continue;
    for (const link of netns.links.values()) {
      const lan = switchOf(world, link);
      const address = link.addresses[0];
      if (lan === undefined || address === undefined) continue;
      const gateway = gateways.get(lan.label) ?? address.ip;
      gateways.set(lan.label, gateway);
      const { ip, length } = address;
      const cidr = cidrOf(ip, length);
      const network = { name: lan.label, cidr, gateway, mtu: link.mtu };
      ports.push({ router: netns.label, network, device: link.name, ip });
    }
  }
  return ports;
}

/** The switch that a device is plugged into. */
export function switchOf(world: World, link: Link): Netns | undefined {
  const peer = link.kind === 'veth' ? world.netns.get(link.peer.netns) : undefined;
  return peer?.kind === 'switch' ? peer : undefined;
}
