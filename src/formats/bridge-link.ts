import type { Link, Netns, World } from '../kernel/index.ts';
import { type Attribute, attributesOf, formatAttributes, readAttributes } from './attributes.ts';
import { type EntriesResult, entry, misfit, parseEntries, type Reading } from './lines.ts';
import { BRIDGE_LINK_ATTRIBUTES } from './link-attributes.ts';
import {
  type InWorld,
  linkByIndex,
  linkFlags,
  linksOf,
  masterOf,
  peerOf,
  portForwards,
} from './link-state.ts';

/** One port of `bridge link`. */
export interface BridgeLinkEntry {
  readonly index: number;
  readonly name: string;
  /** What follows `@`; the tool looks the peer's index up in the wrong namespace. */
  readonly peer?: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly master: string;
  readonly state: string;
  readonly priority: number;
  readonly cost: number;
  /** The second line; present with `-d`. */
  readonly detail?: readonly Attribute[];
}

export interface BridgeLinkOptions extends InWorld {
  /** As `bridge -d link`. */
  readonly details?: boolean;
}

/** `bridge link` or `bridge -d link` in the namespace. */
export function printBridgeLink(netns: Netns, options: BridgeLinkOptions): string {
  return formatBridgeLink(bridgeLinkEntries(netns, options));
}

export function bridgeLinkEntries(netns: Netns, options: BridgeLinkOptions): BridgeLinkEntry[] {
  const { world, details } = options;
  const entries: BridgeLinkEntry[] = [];
  for (const link of linksOf(netns)) {
    const bridge = masterOf(link, netns);
    if (bridge === undefined) continue;
    const peer = peerSeen(link, netns, world);
    entries.push({
      index: link.index,
      name: link.name,
      ...(peer === undefined ? {} : { peer: peer.name }),
      flags: [
        ...linkFlags(link, netns, world).filter((flag) => flag !== 'M-DOWN'),
        ...(peer?.down === true ? ['M-DOWN'] : []),
      ],
      mtu: link.mtu,
      master: bridge.name,
      state: portForwards(link, netns, world) ? 'forwarding' : 'disabled',
      priority: 32,
      cost: 2,
      ...(details === true ? { detail: portDetail(link) } : {}),
    });
  }
  return entries;
}

/**
 * What the tool takes for the peer: the device that has the peer's index in the port's own namespace. The kernel does not
 * tell an index that is the port's own (br_fill_ifinfo).
 */
function peerSeen(
  link: Link,
  netns: Netns,
  world: World,
): { readonly name: string; readonly down: boolean } | undefined {
  if (link.kind !== 'veth') return undefined;
  const peer = peerOf(link, world);
  if (peer === undefined) return { name: 'NONE', down: false };
  if (peer.index === link.index) return undefined;
  const seen = linkByIndex(netns, peer.index);
  // An index that nobody has: its flags are none, and none is not up (ll_index_to_flags).
  return seen === undefined ? { name: `if${peer.index}`, down: false } : { name: seen.name, down: !seen.up };
}

function portDetail(link: Link): Attribute[] {
  return attributesOf(BRIDGE_LINK_ATTRIBUTES, {
    hairpin: link.port?.hairpin,
    guard: false,
    root_block: false,
    fastleave: false,
    learning: link.port?.learning,
    flood: link.port?.flood,
    mcast_flood: true,
    bcast_flood: true,
    mcast_router: 1,
    mcast_to_unicast: false,
    neigh_suppress: false,
    vlan_tunnel: false,
    isolated: false,
    locked: false,
  });
}

export function formatBridgeLink(entries: readonly BridgeLinkEntry[]): string {
  return entries.map(formatPort).join('');
}

function formatPort(port: BridgeLinkEntry): string {
  const name = port.peer === undefined ? port.name : `${port.name}@${port.peer}`;
  const detail =
    port.detail === undefined ? '' : `    ${formatAttributes(port.detail, BRIDGE_LINK_ATTRIBUTES)}\n`;
  return (
    `${port.index}: ${name}: <${port.flags.join(',')}> mtu ${port.mtu} master ${port.master} ` +
    `state ${port.state} priority ${port.priority} cost ${port.cost} \n${detail}`
  );
}

/** Reads what `bridge link` or `bridge -d link` printed. */
export function parseBridgeLink(text: string): EntriesResult<BridgeLinkEntry> {
  return parseEntries(text, readPort, formatPort);
}

const PORT =
  /^(\d{1,9}): ([^\s@:]+)(?:@([^\s@:]+))?: <([A-Z0-9_,-]*)> mtu (\d{1,10}) master (\S+) state (disabled|listening|learning|forwarding|blocking) priority (\d{1,5}) cost (\d{1,9}) $/;

function readPort(lines: readonly string[], from: number): Reading<BridgeLinkEntry> {
  const match = PORT.exec(lines[from] ?? '');
  if (match === null) return misfit('expected "INDEX: NAME: <FLAGS> mtu N master BRIDGE state ..."');
  const [, index, name = '', peer, flags = '', mtu, master = '', state = '', priority, cost] = match;
  const port: BridgeLinkEntry = {
    index: Number(index),
    name,
    ...(peer === undefined ? {} : { peer }),
    flags: flags === '' ? [] : flags.split(','),
    mtu: Number(mtu),
    master,
    state,
    priority: Number(priority),
    cost: Number(cost),
  };
  const below = lines[from + 1];
  if (below?.startsWith('    ') !== true) return entry(port);
  const detail = readAttributes(below, 4, BRIDGE_LINK_ATTRIBUTES);
  if (detail.end !== below.length) return misfit('a word that `bridge -d link` does not print here', 1);
  return entry({ ...port, detail: detail.attributes }, 2);
}
