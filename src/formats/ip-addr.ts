import { cidrOf, formatIp, type Ip, parseInterfaceCidr, parseIp, sameCidr } from '../addr/index.ts';
import type { Link, Netns, World } from '../kernel/index.ts';
import { type EntriesResult, entry, misfit, parseEntries, type Reading } from './lines.ts';
import {
  formatLinkHeader,
  formatLinkLayer,
  type LinkHeader,
  type LinkLayer,
  linkHeaderOf,
  linkLayerOf,
  parseLinkHeader,
  parseLinkLayer,
} from './link-header.ts';
import { ipv6AddressesOf } from './link-local.ts';
import { type InWorld, linksOf } from './link-state.ts';

/** One `inet` or `inet6` line and the lifetimes below it. */
export interface AddressEntry {
  readonly ip: Ip;
  readonly length: number;
  readonly broadcast?: Ip;
  readonly scope: string;
  /** `secondary`, `tentative`, `dynamic`, ... */
  readonly flags: readonly string[];
  /** IPv4 only: the device's name or an alias of it. */
  readonly label?: string;
  /** Seconds. */
  readonly validLifetime: number | 'forever';
  readonly preferredLifetime: number | 'forever';
}

/** One device of `ip addr`. */
export interface IpAddrEntry {
  readonly header: LinkHeader;
  readonly layer: LinkLayer;
  readonly addresses: readonly AddressEntry[];
}

/** `ip addr` or `ip addr show dev DEVICE` in the namespace. */
export function printIpAddr(netns: Netns, options: InWorld & { readonly device?: string }): string {
  return formatIpAddr(ipAddrEntries(netns, options));
}

/** What `ip addr` says of the namespace, derived addresses included. */
export function ipAddrEntries(netns: Netns, options: InWorld & { readonly device?: string }): IpAddrEntry[] {
  const { world, device } = options;
  return linksOf(netns, device).map((link) => ({
    header: linkHeaderOf(link, netns, world),
    layer: linkLayerOf(link, world),
    addresses: [...ipv4Entries(link), ...ipv6Entries(link, netns, world)],
  }));
}

/** Secondary addresses (of a subnet that the device already has) come after all primaries. */
function ipv4Entries(link: Link): AddressEntry[] {
  const primaries: AddressEntry[] = [];
  const secondaries: AddressEntry[] = [];
  for (const { ip, length, broadcast, scope } of link.addresses) {
    if (typeof ip !== 'number') continue;
    const subnet = cidrOf(ip, length);
    const secondary = primaries.some((other) => sameCidr(cidrOf(other.ip, other.length), subnet));
    (secondary ? secondaries : primaries).push({
      ip,
      length,
      ...(broadcast === undefined ? {} : { broadcast }),
      scope,
      flags: secondary ? ['secondary'] : [],
      label: link.name,
      ...FOREVER,
    });
  }
  return [...primaries, ...secondaries];
}

function ipv6Entries(link: Link, netns: Netns, world: World): AddressEntry[] {
  return ipv6AddressesOf(link, netns, world).map(({ ip, length, scope }) => ({
    ip,
    length,
    scope,
    flags: [],
    ...FOREVER,
  }));
}

const FOREVER = { validLifetime: 'forever', preferredLifetime: 'forever' } as const;

export function formatIpAddr(entries: readonly IpAddrEntry[]): string {
  return entries.map(formatDevice).join('');
}

function formatDevice(device: IpAddrEntry): string {
  const lines = [formatLinkHeader(device.header), formatLinkLayer(device.layer)];
  for (const address of device.addresses) lines.push(...formatAddress(address));
  return `${lines.join('\n')}\n`;
}

function formatAddress(address: AddressEntry): [string, string] {
  const { ip, broadcast, label } = address;
  const keyword = typeof ip === 'number' ? 'inet' : 'inet6';
  const brd = broadcast === undefined ? '' : `brd ${formatIp(broadcast)} `;
  const flags = address.flags.map((flag) => `${flag} `).join('');
  const lifetime = (seconds: number | 'forever'): string =>
    seconds === 'forever' ? seconds : `${seconds}sec`;
  return [
    `    ${keyword} ${formatIp(ip)}/${address.length} ${brd}scope ${address.scope} ${flags}${label ?? ''}`,
    `       valid_lft ${lifetime(address.validLifetime)} preferred_lft ${lifetime(address.preferredLifetime)}`,
  ];
}

/** Reads what `ip addr` printed. */
export function parseIpAddr(text: string): EntriesResult<IpAddrEntry> {
  return parseEntries(text, readDevice, formatDevice);
}

function readDevice(lines: readonly string[], from: number): Reading<IpAddrEntry> {
  const header = parseLinkHeader(lines[from] ?? '');
  if (header === undefined) return misfit('expected "INDEX: NAME: <FLAGS> mtu ..."');
  const link = parseLinkLayer(lines[from + 1] ?? '');
  if (link === undefined) return misfit('expected "    link/TYPE ADDRESS brd ADDRESS"', 1);
  const addresses: AddressEntry[] = [];
  let at = from + 2;
  for (; lines[at]?.startsWith('    inet') === true; at += 2) {
    const address = readAddress(lines[at] ?? '', lines[at + 1] ?? '');
    if (typeof address === 'string') return misfit(address, at - from);
    addresses.push(address);
  }
  return entry({ header, layer: link.layer, addresses }, at - from);
}

const ADDRESS = /^ {4}(inet6?) (\S+) (?:brd (\S+) )?scope (global|site|link|host|nowhere|\d+) (.*)$/;
const LIFETIMES = /^ {7}valid_lft (forever|\d{1,10}sec) preferred_lft (forever|\d{1,10}sec)$/;

/** The address, or what is wrong. */
function readAddress(line: string, below: string): AddressEntry | string {
  const match = ADDRESS.exec(line);
  const lifetimes = LIFETIMES.exec(below);
  if (match === null) return 'expected "    inet ADDRESS/LENGTH ... scope SCOPE ..."';
  if (lifetimes === null) return 'expected "valid_lft ... preferred_lft ..." below this line';
  const [, keyword, cidr = '', brd, scope = '', rest = ''] = match;
  const parsed = parseInterfaceCidr(cidr);
  if (!parsed.ok) return parsed.error;
  if ((typeof parsed.ip === 'number') !== (keyword === 'inet')) return `${cidr} is not an ${keyword} address`;
  const broadcast = brd === undefined ? undefined : parseIp(brd);
  if (brd !== undefined && broadcast === undefined) return `invalid broadcast address: ${brd}`;
  const words = rest.split(' ');
  const label = words.pop() ?? '';
  const unknown = words.find((word) => !ADDRESS_FLAGS.has(word));
  if (unknown !== undefined) return `unknown address flag: ${JSON.stringify(unknown)}`;
  const seconds = (text = ''): number | 'forever' => (text === 'forever' ? text : Number.parseInt(text, 10));
  return {
    ip: parsed.ip,
    length: parsed.cidr.length,
    ...(broadcast === undefined ? {} : { broadcast }),
    scope,
    flags: words,
    ...(label === '' ? {} : { label }),
    validLifetime: seconds(lifetimes[1]),
    preferredLifetime: seconds(lifetimes[2]),
  };
}

/** ip/ipaddress.c, ifa_flag_names. */
const ADDRESS_FLAGS: ReadonlySet<string> = new Set([
  'secondary',
  'temporary',
  'nodad',
  'optimistic',
  'dadfailed',
  'home',
  'deprecated',
  'tentative',
  'dynamic',
  'mngtmpaddr',
  'noprefixroute',
  'autojoin',
  'stable-privacy',
]);
