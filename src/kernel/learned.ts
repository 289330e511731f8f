import type { Ip } from '../addr/index.ts';
import type { Connection } from './conntrack/connection.ts';
import type { IpvsConnection } from './ipvs/connection.ts';
import type { Bridge, Link, Neighbour, Netns } from './model.ts';
import { setsOf } from './netfilter/session-sets.ts';
import { KERNEL_ORIGIN } from './origin.ts';
import type { Session, Stack } from './session.ts';

/** The connections that a session's packets have left in a namespace, in the order of their first packets. */
export function connectionsOf(session: Session, netns: Netns): readonly Connection[] {
  return session.stacks.get(netns.id)?.conntrack.connections ?? [];
}

/** IPVS's connections in a namespace, in the order of their first packets. */
export function ipvsConnectionsOf(session: Session, netns: Netns): readonly IpvsConnection[] {
  return [...(session.stacks.get(netns.id)?.ipvs.requests.values() ?? [])];
}

/**
 * A namespace with what a session has learnt in it: neighbours, FDB entries of bridges, elements of IP sets. A copy to
 * be printed; the state stays as it is.
 */
export function withLearned(session: Session, netns: Netns): Netns {
  const stack = session.stacks.get(netns.id);
  if (stack === undefined) return netns;
  const links = new Map<string, Link>();
  for (const [name, link] of netns.links)
    links.set(name, link.kind === 'bridge' ? withPorts(link, stack) : link);
  return { ...netns, links, neighbours: neighboursOf(netns, stack), sets: new Map(setsOf(stack)) };
}

function neighboursOf(netns: Netns, stack: Stack): Map<string, Map<Ip, Neighbour>> {
  const all = new Map([...netns.neighbours].map(([device, known]) => [device, new Map(known)]));
  for (const [device, learned] of stack.neighbours) {
    const known = all.get(device) ?? new Map<Ip, Neighbour>();
    all.set(device, known);
    for (const [ip, { mac, state, delayed }] of learned) {
      known.set(ip, {
        ip,
        device,
        ...(mac === undefined ? {} : { mac }),
        state: state === 'STALE' && delayed === true ? 'DELAY' : state,
        origin: KERNEL_ORIGIN,
      });
    }
  }
  return all;
}

function withPorts(bridge: Bridge, stack: Stack): Bridge {
  const fdb = new Map(bridge.fdb);
  for (const [mac, device] of stack.fdb.get(bridge.name) ?? [])
    fdb.set(mac, { mac, device, state: 'learned', origin: KERNEL_ORIGIN });
  return { ...bridge, fdb };
}
