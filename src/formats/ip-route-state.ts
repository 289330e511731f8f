import { cidrOf, type Family, type Ip, lastIp, sameCidr } from '../addr/index.ts';
import {
  type Link,
  type Netns,
  type Route,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  type World,
} from '../kernel/index.ts';
import type { IpRouteEntry } from './ip-route.ts';
import { ipv6AddressesOf, ipv6Forwards, linkLocalAddress } from './link-local.ts';
import { hasCarrier, type InWorld, linksOf } from './link-state.ts';

export interface IpRouteOptions extends InWorld {
  /** Default: main. `'all'` lists every table and, unless `family` is given, both families. */
  readonly table?: number | 'all';
  /** Default: 4, as `ip route` does; 6 is `ip -6 route`. */
  readonly family?: Family;
}

/** A route of a namespace with its table, held or derived. */
interface TableRoute {
  readonly table: number;
  readonly route: Omit<IpRouteEntry, 'table'>;
}

/**
 * What `ip route` says of the namespace: the routes that the state holds and, for IPv6, those that the kernel
 * keeps for link-local addresses, multicast and (when it forwards) subnet-router anycast.
 */
export function ipRouteEntries(netns: Netns, options: IpRouteOptions): IpRouteEntry[] {
  const { world, table = RT_TABLE_MAIN } = options;
  const families: Family[] =
    options.family === undefined ? (table === 'all' ? [4, 6] : [4]) : [options.family];
  return families.flatMap((family) => {
    const routes = family === 4 ? ipv4Routes(netns, world) : ipv6Routes(netns, world);
    const wanted = routes.filter((route) => table === 'all' || route.table === table);
    wanted.sort(family === 4 ? compareIpv4 : compareIpv6);
    return wanted.map(({ table: id, route }) =>
      table !== 'all' || id === RT_TABLE_MAIN ? route : { ...route, table: id },
    );
  });
}

function ipv4Routes(netns: Netns, world: World): TableRoute[] {
  return netns.routes
    .filter((route) => typeof route.dst.base === 'number')
    .map((route) => ({
      table: route.table,
      route: {
        ...common(route, netns, world),
        ...(route.device === undefined ? {} : { device: route.device }),
        ...(route.scope === 'global' ? {} : { scope: route.scope }),
        ...(route.metric === 0 ? {} : { metric: route.metric }),
      },
    }));
}

/** The kernel always gives a metric and a preference for IPv6, and lo for routes that lead nowhere. */
function ipv6Routes(netns: Netns, world: World): TableRoute[] {
  const held: TableRoute[] = netns.routes
    .filter((route) => typeof route.dst.base === 'bigint')
    .map((route) => ({
      table: route.table,
      route: {
        ...common(route, netns, world),
        device: route.device ?? 'lo',
        metric: route.metric,
        pref: 'medium',
      },
    }));
  const derived = linksOf(netns).flatMap((link) => derivedIpv6Routes(link, netns, world));
  return [...held, ...derived.filter((route) => !held.some((other) => sameRoute(route, other)))];
}

function common(route: Route, netns: Netns, world: World): Omit<IpRouteEntry, 'table'> {
  const link = route.device === undefined ? undefined : netns.links.get(route.device);
  const linkdown = link?.up === true && route.type !== 'local' && !hasCarrier(link, netns, world);
  return {
    type: route.type,
    dst: route.dst,
    ...(route.via === undefined ? {} : { via: route.via }),
    ...(route.protocol === 'boot' ? {} : { protocol: route.protocol }),
    ...(route.prefsrc === undefined ? {} : { src: route.prefsrc }),
    ...(route.onlink ? { onlink: true } : {}),
    ...(linkdown ? { linkdown } : {}),
    ...(route.mtu === undefined ? {} : { mtu: route.mtu }),
  };
}

function sameRoute(a: TableRoute, b: TableRoute): boolean {
  return (
    a.table === b.table &&
    a.route.type === b.route.type &&
    a.route.device === b.route.device &&
    sameCidr(a.route.dst, b.route.dst)
  );
}

const MULTICAST_PREFIX = cidrOf(0xffn << 120n, 8);

/** net/ipv6/addrconf.c: addrconf_prefix_route, addrconf_add_mroute, ip6 local and anycast host routes. */
function derivedIpv6Routes(link: Link, netns: Netns, world: World): TableRoute[] {
  const host = (type: 'local' | 'anycast', ip: Ip): TableRoute => ({
    table: RT_TABLE_LOCAL,
    route: { ...KERNEL_ROUTE, type, dst: { base: ip, length: 128 }, device: link.name, metric: 0 },
  });
  const addresses = ipv6AddressesOf(link, netns, world);
  if (link.kind === 'loopback') return addresses.map((address) => host('local', address.ip));
  const own = linkLocalAddress(link, netns, world);
  if (own === undefined) return [];
  const linkdown = hasCarrier(link, netns, world) ? {} : { linkdown: true };
  const onLink = { ...KERNEL_ROUTE, device: link.name, metric: 256, ...linkdown };
  const routes: TableRoute[] = [
    { table: RT_TABLE_MAIN, route: { ...onLink, type: 'unicast', dst: cidrOf(own, 64) } },
    host('local', own),
    { table: RT_TABLE_LOCAL, route: { ...onLink, type: 'multicast', dst: MULTICAST_PREFIX } },
  ];
  if (!ipv6Forwards(netns)) return routes;
  // RFC 4291 section 2.6.1; net/ipv6/addrconf.c, addrconf_join_anycast leaves out /127 and longer.
  const prefixes = addresses.filter((address) => address.length < 127);
  const anycast = new Set(prefixes.map((address) => cidrOf(address.ip, address.length).base));
  return [...routes, ...[...anycast].map((ip) => host('anycast', ip))];
}

const KERNEL_ROUTE = { protocol: 'kernel', pref: 'medium' } as const;

/** Tables are dumped by hash bucket (id modulo 256, net/ipv4/fib_frontend.c and net/ipv6/ip6_fib.c). */
function compareTables(a: number, b: number): number {
  return (a % 256) - (b % 256) || a - b;
}

/**
 * The order of fib_table_dump (net/ipv4/fib_trie.c): by key, then the longer prefix first, then by metric.
 */
function compareIpv4(a: TableRoute, b: TableRoute): number {
  return (
    compareTables(a.table, b.table) ||
    compareIpValues(a.route.dst.base, b.route.dst.base) ||
    b.route.dst.length - a.route.dst.length ||
    (a.route.metric ?? 0) - (b.route.metric ?? 0)
  );
}

/**
 * The order of fib6_walk (net/ipv6/ip6_fib.c): both subtrees before their node, so a prefix comes after all
 * that it holds and the default route last; then by metric.
 */
function compareIpv6(a: TableRoute, b: TableRoute): number {
  return (
    compareTables(a.table, b.table) ||
    compareIpValues(lastIp(a.route.dst), lastIp(b.route.dst)) ||
    b.route.dst.length - a.route.dst.length ||
    (a.route.metric ?? 0) - (b.route.metric ?? 0)
  );
}

function compareIpValues(a: Ip, b: Ip): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
