import { formatIp, formatMac, type Ip, type Mac } from '../../addr/index.ts';
import type { Link, Netns, World } from '../../kernel/index.ts';

/** An address that a node announces, as another machine of the LAN knows it. */
export interface AnnouncedNeighbour {
  readonly device: string;
  readonly ip: Ip;
  readonly mac: Mac;
}

/**
 * Addresses that a node announces on its LAN (`proxyNeighbours`), as the other machines of the LAN know them. The
 * program that announces them answers ARP itself; a lab has no such program, and the kernel's proxy ARP answers only
 * for what lies behind another device. So each neighbour is told.
 */
export function announcedNeighbours(netns: Netns, world: World): AnnouncedNeighbour[] {
  return [...netns.links.values()].flatMap((link) => {
    const lan = switchOf(link, world);
    if (lan === undefined) return [];
    return announcedOn(lan, world, netns).map((one) => ({ device: link.name, ...one }));
  });
}

/** `announcedNeighbours` as lines of `ip -batch`. */
export function announcementLines(netns: Netns, world: World): string[] {
  return announcedNeighbours(netns, world).map(
    ({ device, ip, mac }) =>
      `neigh replace ${formatIp(ip)} lladdr ${formatMac(mac)} dev ${device} nud permanent`,
  );
}

function switchOf(link: Link, world: World): Netns | undefined {
  const peer = link.kind === 'veth' ? world.netns.get(link.peer.netns) : undefined;
  return peer?.kind === 'switch' ? peer : undefined;
}

function announcedOn(lan: Netns, world: World, except: Netns): Omit<AnnouncedNeighbour, 'device'>[] {
  const found: Omit<AnnouncedNeighbour, 'device'>[] = [];
  for (const netns of world.netns.values()) {
    if (netns === except) continue;
    for (const [device, table] of netns.proxyNeighbours) {
      const link = netns.links.get(device);
      if (link === undefined || switchOf(link, world) !== lan) continue;
      for (const ip of table.keys()) found.push({ ip, mac: link.mac });
    }
  }
  return found;
}
