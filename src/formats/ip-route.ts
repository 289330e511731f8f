import { type Cidr, formatIp, type Ip, parseCidr, parseIp, widthOf } from '../addr/index.ts';
import {
  type Netns,
  type RouteScope,
  type RouteType,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
} from '../kernel/index.ts';
import { type IpRouteOptions, ipRouteEntries } from './ip-route-state.ts';
import { type EntriesResult, entry, misfit, parseEntries, type Reading } from './lines.ts';

/** One line of `ip route`: what is absent is not printed. */
export interface IpRouteEntry {
  readonly type: RouteType | 'anycast';
  readonly dst: Cidr;
  readonly tos?: number;
  readonly via?: Ip;
  readonly device?: string;
  /** Printed by `table all` for every table but main. */
  readonly table?: number;
  readonly protocol?: string;
  readonly scope?: RouteScope;
  readonly src?: Ip;
  readonly metric?: number;
  readonly onlink?: boolean;
  readonly linkdown?: boolean;
  readonly mtu?: number;
  /** IPv6 only: the router preference (RFC 4191). */
  readonly pref?: 'low' | 'medium' | 'high';
}

/** `ip route`, `ip route show table TABLE`, `ip -6 route` in the namespace. */
export function printIpRoute(netns: Netns, options: IpRouteOptions): string {
  return formatIpRoute(ipRouteEntries(netns, options));
}

export function formatIpRoute(entries: readonly IpRouteEntry[]): string {
  return entries.map((route) => `${formatIpRouteEntry(route)}\n`).join('');
}

/** A route as one line; IPv4 lines end with a blank, IPv6 lines with `pref`. */
export function formatIpRouteEntry(route: IpRouteEntry): string {
  const words: string[] = [];
  if (route.type !== 'unicast') words.push(route.type);
  words.push(formatDestination(route.dst));
  if (route.tos !== undefined) words.push('tos', `0x${route.tos.toString(16).padStart(2, '0')}`);
  if (route.via !== undefined) words.push('via', formatIp(route.via));
  if (route.device !== undefined) words.push('dev', route.device);
  if (route.table !== undefined) words.push('table', formatTable(route.table));
  if (route.protocol !== undefined) words.push('proto', route.protocol);
  if (route.scope !== undefined) words.push('scope', route.scope);
  if (route.src !== undefined) words.push('src', formatIp(route.src));
  if (route.metric !== undefined) words.push('metric', String(route.metric));
  if (route.onlink === true) words.push('onlink');
  if (route.linkdown === true) words.push('linkdown');
  if (route.mtu !== undefined) words.push('mtu', String(route.mtu));
  if (route.pref === undefined) return `${words.join(' ')} `;
  return `${words.join(' ')} pref ${route.pref}`;
}

/** `default`, an address for a host route, else a prefix. */
export function formatDestination({ base, length }: Cidr): string {
  if (length === 0) return 'default';
  const host = length === widthOf(typeof base === 'number' ? 4 : 6);
  return host ? formatIp(base) : `${formatIp(base)}/${length}`;
}

/** The name in /etc/iproute2/rt_tables, or the number. */
export function formatTable(table: number): string {
  return TABLE_NAMES.get(table) ?? String(table);
}

export function parseTable(text: string): number | undefined {
  for (const [table, name] of TABLE_NAMES) if (name === text) return table;
  const number = /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : undefined;
  return number === undefined || number > 0xffffffff ? undefined : number;
}

const TABLE_NAMES: ReadonlyMap<number, string> = new Map([
  [RT_TABLE_LOCAL, 'local'],
  [RT_TABLE_MAIN, 'main'],
  [RT_TABLE_DEFAULT, 'default'],
]);

/** Reads what `ip route` printed, of one family or both. */
export function parseIpRoute(text: string): EntriesResult<IpRouteEntry> {
  return parseEntries(
    text,
    (lines, from) => readRoute(lines[from] ?? ''),
    (route) => formatIpRouteEntry(route),
  );
}

type Draft = { -readonly [K in keyof Omit<IpRouteEntry, 'type' | 'dst'>]?: IpRouteEntry[K] };

function readRoute(line: string): Reading<IpRouteEntry> {
  const words = line.split(' ');
  if (words.at(-1) === '') words.pop();
  const six = words.includes('pref');
  const type = isRouteType(words[0]) ? words[0] : undefined;
  const draft: Draft = {};
  let at = type === undefined ? 0 : 1;
  const dst = parseDestination(words[at] ?? '', six);
  if (dst === undefined) return misfit(`invalid destination: ${JSON.stringify(words[at] ?? '')}`);
  for (at++; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === 'onlink' || word === 'linkdown') draft[word] = true;
    else {
      const value = words[++at];
      if (value === undefined || !readOption(draft, word, value)) {
        return misfit(
          `unknown word or value: ${JSON.stringify(value === undefined ? word : `${word} ${value}`)}`,
        );
      }
    }
  }
  for (const ip of [dst.base, draft.via, draft.src]) {
    if (ip !== undefined && (typeof ip === 'bigint') !== six) {
      return misfit(`${formatIp(ip)} is not an IPv${six ? 6 : 4} address`);
    }
  }
  return entry({ ...draft, type: type ?? 'unicast', dst });
}

/** Takes one `word value` into the draft; false when it does not fit. */
function readOption(draft: Draft, word: string, value: string): boolean {
  const number = /^\d{1,10}$/.test(value) ? Number(value) : undefined;
  const set = <K extends keyof Draft>(key: K, parsed: Draft[K] | undefined): boolean => {
    if (parsed === undefined || draft[key] !== undefined) return false;
    draft[key] = parsed;
    return true;
  };
  switch (word) {
    case 'tos':
      return set('tos', /^0x[0-9a-f]{2}$/.test(value) ? Number(value) : undefined);
    case 'via':
      return set('via', parseIp(value));
    case 'src':
      return set('src', parseIp(value));
    case 'dev':
      return set('device', value === '' ? undefined : value);
    case 'table':
      return set('table', parseTable(value));
    case 'proto':
      return set('protocol', PROTOCOLS.has(value) || number !== undefined ? value : undefined);
    case 'scope':
      return set(
        'scope',
        SCOPES.find((scope) => scope === value),
      );
    case 'metric':
      return set('metric', number);
    case 'mtu':
      return set('mtu', number);
    case 'pref':
      return set(
        'pref',
        PREFERENCES.find((pref) => pref === value),
      );
    default:
      return false;
  }
}

/** `default` is of the family that the rest of the line shows. */
function parseDestination(text: string, six: boolean): Cidr | undefined {
  if (text === 'default') return { base: six ? 0n : 0, length: 0 };
  const ip = parseIp(text);
  if (ip !== undefined) return { base: ip, length: widthOf(typeof ip === 'number' ? 4 : 6) };
  const parsed = parseCidr(text);
  return parsed.ok ? parsed.cidr : undefined;
}

const ROUTE_TYPES: ReadonlySet<string> = new Set([
  'unicast',
  'local',
  'broadcast',
  'multicast',
  'anycast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
] satisfies IpRouteEntry['type'][]);

function isRouteType(word: string | undefined): word is IpRouteEntry['type'] {
  return word !== undefined && ROUTE_TYPES.has(word);
}

const SCOPES: readonly RouteScope[] = ['link', 'host', 'nowhere'];
const PREFERENCES = ['low', 'medium', 'high'] as const;

/** /etc/iproute2/rt_protos; `boot` is never printed. */
const PROTOCOLS: ReadonlySet<string> = new Set([
  'redirect',
  'kernel',
  'static',
  'gated',
  'ra',
  'mrt',
  'zebra',
  'bird',
  'babel',
  'dnrouted',
  'xorp',
  'ntk',
  'dhcp',
  'keepalived',
  'bgp',
  'isis',
  'ospf',
  'rip',
  'eigrp',
]);
