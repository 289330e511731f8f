import { formatIp, formatMac, type Ip, type Mac, parseIp, parseMac } from '../addr/index.ts';
import type { Link, Netns, World } from '../kernel/index.ts';
import { type EntriesResult, entry, misfit, parseEntries, type Reading } from './lines.ts';
import { multicastGroups } from './link-local.ts';
import { type InWorld, linksOf, masterOf } from './link-state.ts';

/** One line of `bridge fdb`. */
export interface BridgeFdbTextEntry {
  readonly mac: Mac;
  /** Absent when the command named a device. */
  readonly device?: string;
  /** A vxlan device's outer destination. */
  readonly dst?: Ip;
  /** The bridge whose table holds the entry. */
  readonly master?: string;
  /** An entry of the device's own table: a vxlan's, or the addresses that it listens to. */
  readonly self: boolean;
  readonly state: 'permanent' | 'static' | 'learned';
}

/** `bridge fdb`, or `bridge fdb show dev DEVICE`, in the namespace. */
export function printBridgeFdb(netns: Netns, options: InWorld & { readonly device?: string }): string {
  return formatBridgeFdb(bridgeFdbEntries(netns, options));
}

/**
 * What `bridge fdb` says of the namespace, device by device (net/core/rtnetlink.c, rtnl_fdb_dump): a port's
 * entries in its bridge's table, then the device's own; a bridge's own groups, then its own addresses.
 */
export function bridgeFdbEntries(
  netns: Netns,
  options: InWorld & { readonly device?: string },
): BridgeFdbTextEntry[] {
  const { world, device } = options;
  return linksOf(netns, device).flatMap((link) => {
    const entries = [...portEntries(link, netns), ...ownEntries(link, netns, world)];
    return device === undefined ? entries.map((found) => ({ ...found, device: link.name })) : entries;
  });
}

function portEntries(link: Link, netns: Netns): BridgeFdbTextEntry[] {
  const bridge = masterOf(link, netns);
  return bridge === undefined ? [] : tableEntries(bridge, link.name);
}

/** The newest first: br_fdb.c adds to the head of its list. */
function tableEntries(bridge: Extract<Link, { kind: 'bridge' }>, device: string): BridgeFdbTextEntry[] {
  return [...bridge.fdb.values()]
    .filter((held) => held.device === device)
    .reverse()
    .map(({ mac, state }) => ({ mac, master: bridge.name, self: false, state }));
}

function ownEntries(link: Link, netns: Netns, world: World): BridgeFdbTextEntry[] {
  switch (link.kind) {
    case 'loopback':
    case 'tun':
      return [];
    case 'vxlan':
      return [...link.fdb.values()].map(({ mac, dst, state }) => ({ mac, dst, self: true, state }));
    case 'veth':
    case 'dummy':
      return groupEntries(link, netns, world);
    case 'bridge':
      return [...groupEntries(link, netns, world), ...tableEntries(link, link.name)];
  }
}

function groupEntries(link: Link, netns: Netns, world: World): BridgeFdbTextEntry[] {
  return multicastGroups(link, netns, world).map((mac) => ({ mac, self: true, state: 'permanent' }));
}

export function formatBridgeFdb(entries: readonly BridgeFdbTextEntry[]): string {
  return entries.map((found) => `${formatEntry(found)}\n`).join('');
}

/** A learned entry has no word for its state; its line ends with a blank. */
function formatEntry(found: BridgeFdbTextEntry): string {
  const { device, dst, master } = found;
  return (
    `${formatMac(found.mac)} ${device === undefined ? '' : `dev ${device} `}` +
    `${dst === undefined ? '' : `dst ${formatIp(dst)} `}${master === undefined ? '' : `master ${master} `}` +
    `${found.self ? 'self ' : ''}${found.state === 'learned' ? '' : found.state}`
  );
}

/** Reads what `bridge fdb` printed. */
export function parseBridgeFdb(text: string): EntriesResult<BridgeFdbTextEntry> {
  return parseEntries(text, (lines, from) => readFdb(lines[from] ?? ''), formatEntry);
}

const FDB = /^(\S+) (?:dev (\S+) )?(?:dst (\S+) )?(?:master (\S+) )?(self )?(permanent|static|)$/;

function readFdb(line: string): Reading<BridgeFdbTextEntry> {
  const match = FDB.exec(line);
  if (match === null)
    return misfit('expected "MAC dev DEVICE [dst ADDRESS] [master BRIDGE] [self] [permanent]"');
  const [, macText = '', device, dstText, master, self, state] = match;
  const mac = parseMac(macText);
  if (mac === undefined) return misfit(`invalid MAC address: ${macText}`);
  const dst = dstText === undefined ? undefined : parseIp(dstText);
  if (dstText !== undefined && dst === undefined) return misfit(`invalid IP address: ${dstText}`);
  return entry({
    mac,
    ...(device === undefined ? {} : { device }),
    ...(dst === undefined ? {} : { dst }),
    ...(master === undefined ? {} : { master }),
    self: self !== undefined,
    state: state === 'permanent' || state === 'static' ? state : 'learned',
  });
}
