import { contains, formatIp, type Ip } from '../../addr/index.ts';
import type { Netns, NetnsSpec, Operation, Origin, World } from '../../kernel/index.ts';
import { behindRouterOperations, hostNetns, lanHostOperations } from './hosts.ts';
import { portsOfWorld } from './router-graph.ts';

const ORIGIN: Origin = { program: 'underlay' };

/** The host that owns an address already, if one does. */
export function hostOfAddress(world: World, ip: Ip): Netns | undefined {
  for (const netns of world.netns.values()) {
    if (netns.kind !== 'host') continue;
    for (const link of netns.links.values()) if (link.addresses.some((a) => a.ip === ip)) return netns;
  }
  return undefined;
}

/** The namespace that `external/IP` stands for: a Topology host's when one has the address, else its own. */
export function externalHostId(world: World, ip: Ip): string {
  return hostOfAddress(world, ip)?.id ?? externalHostNetns(ip).id;
}

/** The namespace to add before `externalHostOperations` are committed. */
export function externalHostNetns(ip: Ip): NetnsSpec {
  return hostNetns(formatIp(ip));
}

/**
 * What it takes to put a host with this address outside the cluster: on the switch of the LAN that holds the
 * address, else behind the gateways. Nothing when a host has the address already.
 */
export function externalHostOperations(world: World, ip: Ip): Operation[] {
  if (hostOfAddress(world, ip) !== undefined) return [];
  const ports = portsOfWorld(world);
  const host = { name: externalHostNetns(ip).label, ip, origin: ORIGIN };
  const lan = ports.find((p) => contains(p.network.cidr, ip));
  return lan === undefined ? behindRouterOperations(host, ports) : lanHostOperations(host, lan.network);
}
