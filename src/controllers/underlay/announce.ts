import { contains, hostCidr, type Ip } from '../../addr/index.ts';
import type { Netns, Operation, Origin, World } from '../../kernel/index.ts';
import { nodeId, routerId } from './names.ts';
import { nextHops, portsOfWorld, switchOf } from './router-graph.ts';

/**
 * A LoadBalancer address announced by a node in layer 2 mode: the node answers ARP for it on `eth0`, and where the
 * address lies outside the node's LAN, the LAN's routers know that it is on that LAN, and the routers behind them
 * the way there. Nothing for an address that the node has itself or a node that does not exist.
 *
 * @param node the announcing node's name
 * @param origin who wants it announced: the Service
 */
export function announceOperations(
  world: World,
  vip: Ip,
  node: string,
  origin: Origin = { program: 'underlay' },
): Operation[] {
  const netns = world.netns.get(nodeId(node));
  const eth0 = netns?.links.get('eth0');
  if (netns === undefined || eth0 === undefined) return [];
  if (eth0.addresses.some((a) => a.ip === vip)) return [];
  const operations: Operation[] = [];
  if (netns.proxyNeighbours.get('eth0')?.has(vip) !== true)
    operations.push({ op: 'proxy-neighbour-add', netns: netns.id, device: 'eth0', ip: vip, origin });
  operations.push(...heardOperations(world, vip, node, origin));
  const lan = switchOf(world, eth0)?.label;
  const ports = portsOfWorld(world);
  const dst = hostCidr(vip);
  const here = ports.filter((p) => p.network.name === lan);
  if (here.some((p) => contains(p.network.cidr, vip))) return operations;
  const attached = new Set(here.map((p) => p.router));
  for (const { router, device } of here) {
    const route = { dst, device, scope: 'link' } as const;
    operations.push({ op: 'route-replace', netns: routerId(router), route, origin });
  }
  for (const router of new Set(ports.map((p) => p.router))) {
    if (attached.has(router)) continue;
    const hop = [...nextHops(router, ports)].find(([other]) => attached.has(other))?.[1];
    if (hop === undefined) continue;
    operations.push({ op: 'route-replace', netns: routerId(router), route: { dst, ...hop }, origin });
  }
  return operations;
}

/**
 * In IPVS mode every node has the address, and answers ARP for it unless strictARP is set: who asks would take whoever is
 * first. The announcer says without being asked that the address is its own (gratuitous ARP), and the machines of its LAN
 * go by that.
 */
function heardOperations(world: World, vip: Ip, node: string, origin: Origin): Operation[] {
  const announcing = world.netns.get(nodeId(node))?.links.get('eth0');
  const lan = announcing === undefined ? undefined : switchOf(world, announcing);
  if (announcing === undefined || lan === undefined) return [];
  const members = [...world.netns.values()].flatMap((netns) =>
    [...netns.links.values()]
      .filter((link) => link !== announcing && switchOf(world, link) === lan)
      .map((link) => ({ netns, link })),
  );
  const rivals = members.filter(({ netns }) => netns.kind === 'node' && hasAddress(netns, vip));
  if (rivals.length === 0) return [];
  return members
    .filter(({ netns }) => !hasAddress(netns, vip))
    .map(({ netns, link }) => ({
      op: 'neighbour-replace',
      netns: netns.id,
      device: link.name,
      ip: vip,
      mac: announcing.mac,
      state: 'PERMANENT',
      origin,
    }));
}

function hasAddress(netns: Netns, ip: Ip): boolean {
  return [...netns.links.values()].some(({ addresses }) => addresses.some((a) => a.ip === ip));
}
