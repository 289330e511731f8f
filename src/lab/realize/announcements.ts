import { formatIp, formatMac } from '../../addr/index.ts';
import type { Link, Netns, World } from '../../kernel/index.ts';

/**
 * Addresses that a node announces on its LAN (`proxyNeighbours`), as the other machines of the LAN know them. The
 * program that announces them answers ARP itself; a lab has no such program, and the kernel's proxy ARP answers only
 * for what lies behind another device. So each neighbour is told.
 */
export function announcementLines(netns: Netns, world: World): string[] {
  const lines: string[] = [];
  for (const link of netns.links.values()) {
    const lan = switchOf(link, world);
    if (lan === undefined) continue;
    for (const { ip, mac } of announcedOn(lan, world, netns)) {
      lines.push(`neigh replace ${formatIp(ip)} lladdr ${formatMac(mac)} dev ${link.name} nud permanent`);
    }
  }
  return lines;
}

function switchOf(link: Link, world: World): Netns | undefined {
  const peer = link.kind === 'veth' ? world.netns.get(link.peer.netns) : undefined;
  return peer?.kind === 'switch' ? peer : undefined;
}

function announcedOn(lan: Netns, world: World, except: Netns): { ip: number | bigint; mac: number }[] {
  const found: { ip: number | bigint; mac: number }[] = [];
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
