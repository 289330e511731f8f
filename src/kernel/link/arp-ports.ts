import type { Bridge, Link, Netns, World } from '../model.ts';
import { RT_TABLE_LOCAL } from '../model.ts';
import type { Session, Stack } from '../session.ts';
import type { ArpSkb } from '../skb.ts';

/**
 * Whom a flooded ARP request is for. A broadcast reaches every pod of a node and every node of a segment, and ends without
 * a trace at nearly all of them; those that may have something to say are filed by address, so that a request costs no
 * more on a large segment than on a small one.
 */
interface AskedPorts {
  readonly changes: number;
  /** Ports that take flooded frames, in their order. */
  readonly ports: readonly Link[];
  /** Of `ports`, those with a leaf behind them, by each address that it is local to. */
  readonly byAddress: ReadonlyMap<number, readonly number[]>;
  /** By the namespace behind them. */
  readonly byPeer: ReadonlyMap<string, readonly number[]>;
  /** Those that are always asked: what is behind them does not follow from a list of addresses. */
  readonly always: readonly number[];
}

const known = new WeakMap<Bridge, AskedPorts>();

/** The ports to flood a message to: all of them, but for those where a request would be ignored by whoever is there. */
export function portsToFlood(
  stack: Stack,
  bridge: Bridge,
  from: Link | undefined,
  { arp }: ArpSkb,
): readonly Link[] {
  const { session, netns } = stack;
  const asked = askedPorts(session.world, netns, bridge);
  const every = session.capture !== undefined || arp.operation !== 'request';
  const ports = every || typeof arp.targetIp !== 'number' ? asked.ports : some(asked, session, arp.targetIp);
  return ports.filter((port) => port !== from || port.port?.hairpin === true);
}

function some(asked: AskedPorts, session: Session, target: number): Link[] {
  const at = new Set([...asked.always, ...(asked.byAddress.get(target) ?? [])]);
  // Whoever a packet has been to learns from what it hears.
  for (const { stacks } of session.warm === undefined ? [session] : [session, session.warm])
    for (const id of stacks.keys()) for (const port of asked.byPeer.get(id) ?? []) at.add(port);
  return [...at].sort((a, b) => a - b).map((port) => asked.ports[port] as Link);
}

function askedPorts(world: World, netns: Netns, bridge: Bridge): AskedPorts {
  const old = known.get(bridge);
  if (old !== undefined && old.changes === world.changes) return old;
  const ports: Link[] = [];
  const byAddress = new Map<number, number[]>();
  const byPeer = new Map<string, number[]>();
  const always: number[] = [];
  for (const name of bridge.ports) {
    const link = netns.links.get(name);
    if (link === undefined || !link.up || link.port?.flood !== true) continue;
    const at = ports.push(link) - 1;
    const addresses = addressesBehind(world, link);
    if (addresses === undefined) always.push(at);
    else for (const ip of addresses) file(byAddress, ip, at);
    if (link.kind === 'veth') file(byPeer, link.peer.netns, at);
  }
  // Who is reached by two ports has been reached by one when the other's turn comes.
  for (const same of byPeer.values()) if (same.length > 1) always.push(...same);
  const asked = { changes: world.changes, ports, byAddress, byPeer, always };
  known.set(bridge, asked);
  return asked;
}

function file<K>(map: Map<K, number[]>, key: K, port: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [port]);
  else list.push(port);
}

/** The addresses for which the other end of a port may answer; undefined: more than a list says. */
function addressesBehind(world: World, link: Link): number[] | undefined {
  if (link.kind !== 'veth') return undefined;
  const netns = world.netns.get(link.peer.netns);
  const peer = netns?.links.get(link.peer.name);
  if (netns === undefined || peer === undefined || peer.port !== undefined) return undefined;
  if (netns.pendingAddresses.length > 0 || (netns.proxyNeighbours.get(peer.name)?.size ?? 0) > 0)
    return undefined;
  const addresses: number[] = [];
  for (const { table, type, dst } of netns.writtenRoutes) {
    if (table !== RT_TABLE_LOCAL || type !== 'local' || typeof dst.base !== 'number') continue;
    // Nobody answers for 127.0.0.0/8.
    if (dst.base >>> 24 === 127 && dst.length >= 8) continue;
    if (dst.length < 32) return undefined;
    addresses.push(dst.base);
  }
  return addresses;
}
