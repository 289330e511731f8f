import { compareIp, formatIp, formatMac, type Ip, type Mac, parseIp, parseMac } from '../addr/index.ts';
import type { NeighbourState, Netns } from '../kernel/index.ts';
import { type EntriesResult, entry, misfit, parseEntries, type Reading } from './lines.ts';
import { linksOf } from './link-state.ts';

/** One line of `ip neigh`. */
export interface IpNeighEntry {
  readonly ip: Ip;
  /** Absent when the command named a device. */
  readonly device?: string;
  readonly mac?: Mac;
  /** An IPv6 neighbour that said it is a router. */
  readonly router?: boolean;
  /** `proxy`: an address answered for, of `ip neigh show proxy`. */
  readonly state: NeighbourState | 'proxy';
}

export interface IpNeighOptions {
  /** As `ip neigh show dev DEVICE`, which leaves `dev DEVICE` out. */
  readonly device?: string;
  /** As `ip neigh show proxy`. */
  readonly proxy?: boolean;
}

/** `ip neigh` in the namespace. */
export function printIpNeigh(netns: Netns, options: IpNeighOptions = {}): string {
  return formatIpNeigh(ipNeighEntries(netns, options));
}

/**
 * What `ip neigh` says of the namespace: IPv4 first, then by device and address (the kernel's own order is
 * that of its hash). NOARP entries are left out, as the tool does unless it is asked for them.
 */
export function ipNeighEntries(netns: Netns, options: IpNeighOptions = {}): IpNeighEntry[] {
  const { device, proxy = false } = options;
  const entries: (IpNeighEntry & { readonly device: string })[] = [];
  for (const { name } of linksOf(netns, device)) {
    const ofDevice = proxy ? proxiesOn(netns, name) : neighboursOn(netns, name);
    entries.push(...ofDevice.sort((a, b) => compareIp(a.ip, b.ip)));
  }
  const families = (['number', 'bigint'] as const).flatMap((type) =>
    entries.filter((neighbour) => typeof neighbour.ip === type),
  );
  if (device === undefined) return families;
  return families.map(({ device: _, ...neighbour }) => neighbour);
}

function neighboursOn(netns: Netns, device: string): (IpNeighEntry & { readonly device: string })[] {
  return [...(netns.neighbours.get(device)?.values() ?? [])]
    .filter(({ state }) => state !== 'NOARP')
    .map(({ ip, mac, state }) => ({ ip, device, ...(mac === undefined ? {} : { mac }), state }));
}

function proxiesOn(netns: Netns, device: string): (IpNeighEntry & { readonly device: string })[] {
  return [...(netns.proxyNeighbours.get(device)?.keys() ?? [])].map((ip) => ({ ip, device, state: 'proxy' }));
}

export function formatIpNeigh(entries: readonly IpNeighEntry[]): string {
  return entries.map((neighbour) => `${formatEntry(neighbour)}\n`).join('');
}

/** Every line ends with a blank. */
function formatEntry(neighbour: IpNeighEntry): string {
  const words = [formatIp(neighbour.ip)];
  if (neighbour.device !== undefined) words.push(`dev ${neighbour.device}`);
  if (neighbour.mac !== undefined) words.push(`lladdr ${formatMac(neighbour.mac)}`);
  if (neighbour.router === true) words.push('router');
  return `${words.join(' ')} ${neighbour.state} `;
}

/** Reads what `ip neigh` printed. */
export function parseIpNeigh(text: string): EntriesResult<IpNeighEntry> {
  return parseEntries(text, (lines, from) => readNeighbour(lines[from] ?? ''), formatEntry);
}

const NEIGHBOUR = /^(\S+)(?: dev (\S+))?(?: lladdr (\S+))?( router)? ([A-Za-z]+) $/;
const STATES: readonly IpNeighEntry['state'][] = [
  'PERMANENT',
  'NOARP',
  'REACHABLE',
  'STALE',
  'DELAY',
  'PROBE',
  'INCOMPLETE',
  'FAILED',
  'proxy',
];

function readNeighbour(line: string): Reading<IpNeighEntry> {
  const match = NEIGHBOUR.exec(line);
  if (match === null)
    return misfit('expected "ADDRESS dev DEVICE lladdr MAC STATE " with a blank at the end');
  const [, ipText = '', device, macText, router, stateText] = match;
  const ip = parseIp(ipText);
  if (ip === undefined) return misfit(`invalid IP address: ${ipText}`);
  const mac = macText === undefined ? undefined : parseMac(macText);
  if (macText !== undefined && mac === undefined) return misfit(`invalid MAC address: ${macText}`);
  const state = STATES.find((known) => known === stateText);
  if (state === undefined) return misfit(`unknown neighbour state: ${stateText}`);
  return entry({
    ip,
    ...(device === undefined ? {} : { device }),
    ...(mac === undefined ? {} : { mac }),
    ...(router === undefined ? {} : { router: true }),
    state,
  });
}
