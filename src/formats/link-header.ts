import { BROADCAST_MAC, formatMac, type Mac, parseMac, ZERO_MAC } from '../addr/index.ts';
import type { Link, Netns, World } from '../kernel/index.ts';
import { linkFlags, operState, peerOf, qdisc } from './link-state.ts';

/** The first line of a device in `ip addr` and `ip link`. */
export interface LinkHeader {
  readonly index: number;
  readonly name: string;
  /** What follows `@`: the peer's name, or `if3` for index 3 of another namespace. */
  readonly peer?: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly qdisc: string;
  readonly master?: string;
  readonly state: string;
  /** `DEFAULT`; only `ip link` prints it. */
  readonly mode?: string;
  readonly group: string;
  readonly queueLength?: number;
}

/** The `link/...` line. */
export type LinkLayer = LinkAddressing & {
  /** The namespace of the peer: its name, or its id where it has no name. */
  readonly peerNetns?: { readonly name: string } | { readonly id: number };
};

export type LinkAddressing =
  | { readonly type: 'ether' | 'loopback'; readonly mac: Mac; readonly broadcast: Mac }
  | { readonly type: 'none' };

export function linkHeaderOf(link: Link, netns: Netns, world: World): LinkHeader {
  const peer = peerName(link, world);
  return {
    index: link.index,
    name: link.name,
    ...(peer === undefined ? {} : { peer }),
    flags: linkFlags(link, netns, world),
    mtu: link.mtu,
    qdisc: qdisc(link),
    ...(link.port === undefined ? {} : { master: link.port.bridge }),
    state: operState(link, netns, world),
    group: 'default',
    ...(link.txQueueLength === 0 ? {} : { queueLength: link.txQueueLength }),
  };
}

function peerName(link: Link, world: World): string | undefined {
  if (link.kind !== 'veth') return undefined;
  const peer = peerOf(link, world);
  if (peer === undefined) return 'NONE';
  return peer.netns === link.netns ? peer.name : `if${peer.index}`;
}

export function linkLayerOf(link: Link, world: World): LinkLayer {
  if (link.kind === 'tun') return { type: 'none' };
  if (link.kind === 'loopback') return { type: 'loopback', mac: ZERO_MAC, broadcast: ZERO_MAC };
  const layer: LinkLayer = { type: 'ether', mac: link.mac, broadcast: BROADCAST_MAC };
  if (link.kind !== 'veth' || link.peer.netns === link.netns) return layer;
  const name = world.netns.get(link.peer.netns)?.name;
  return name === undefined ? layer : { ...layer, peerNetns: { name } };
}

export function formatLinkHeader(header: LinkHeader): string {
  const { peer, master, mode, queueLength } = header;
  const name = peer === undefined ? header.name : `${header.name}@${peer}`;
  return (
    `${header.index}: ${name}: <${header.flags.join(',')}> mtu ${header.mtu} qdisc ${header.qdisc} ` +
    `${master === undefined ? '' : `master ${master} `}state ${header.state} ` +
    `${mode === undefined ? '' : `mode ${mode} `}group ${header.group} ` +
    `${queueLength === undefined ? '' : `qlen ${queueLength}`}`
  );
}

const HEADER =
  /^(\d{1,9}): ([^\s@:]+(?::\d+)?)(?:@([^\s@:]+))?: <([A-Z0-9_,-]*)> mtu (\d{1,10}) qdisc (\S+) (?:master (\S+) )?state ([A-Z]+) (?:mode ([A-Z]+) )?group (\S+) (?:qlen (\d{1,10}))?$/;

/** Undefined when the line is not a device's first line. */
export function parseLinkHeader(line: string): LinkHeader | undefined {
  const match = HEADER.exec(line);
  if (match === null) return undefined;
  const [, index = '', name = '', peer, flags = '', mtu = '', qdisc = '', master, state = '', mode] = match;
  const [group = '', queueLength] = match.slice(10);
  return {
    index: Number(index),
    name,
    ...(peer === undefined ? {} : { peer }),
    flags: flags === '' ? [] : flags.split(','),
    mtu: Number(mtu),
    qdisc,
    ...(master === undefined ? {} : { master }),
    state,
    ...(mode === undefined ? {} : { mode }),
    group,
    ...(queueLength === undefined ? {} : { queueLength: Number(queueLength) }),
  };
}

export function formatLinkLayer(layer: LinkLayer): string {
  const address = layer.type === 'none' ? '' : `${formatMac(layer.mac)} brd ${formatMac(layer.broadcast)}`;
  const { peerNetns } = layer;
  if (peerNetns === undefined) return `    link/${layer.type} ${address}`;
  const where = 'name' in peerNetns ? `link-netns ${peerNetns.name}` : `link-netnsid ${peerNetns.id}`;
  return `    link/${layer.type} ${address} ${where}`;
}

const LAYER =
  /^ {4}link\/(?:(ether|loopback) (\S+) brd (\S+)|none )(?: link-netns (\S+)| link-netnsid (\d{1,9}))?( |$)/;

/** The layer and how many characters of the line it took; details may follow. */
export function parseLinkLayer(line: string): { layer: LinkLayer; length: number } | undefined {
  const match = LAYER.exec(line);
  if (match === null) return undefined;
  const [all, type, mac = '', broadcast = '', name, id, end = ''] = match;
  const addressing = type === undefined ? { type: 'none' as const } : addressingOf(type, mac, broadcast);
  if (addressing === undefined) return undefined;
  const length = all.length - end.length;
  if (name !== undefined) return { layer: { ...addressing, peerNetns: { name } }, length };
  if (id !== undefined) return { layer: { ...addressing, peerNetns: { id: Number(id) } }, length };
  return { layer: addressing, length };
}

function addressingOf(type: string, macText: string, broadcastText: string): LinkAddressing | undefined {
  const mac = parseMac(macText);
  const broadcast = parseMac(broadcastText);
  if (mac === undefined || broadcast === undefined) return undefined;
  return { type: type === 'loopback' ? 'loopback' : 'ether', mac, broadcast };
}
