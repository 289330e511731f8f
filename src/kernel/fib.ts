import {
  contains,
  getPrefix,
  type Ip,
  longestMatch,
  maskIp,
  type PrefixTable,
  prefixTable,
  setPrefix,
} from '../addr/index.ts';
import {
  type Link,
  type Netns,
  type Route,
  type RouteType,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
} from './model.ts';

/**
 * Routing decisions: policy rules, longest prefix, lowest metric (net/ipv4/fib_rules.c, fib_trie.c). The index
 * is derived from the list of routes and rebuilt when the namespace changes.
 */
interface FibIndex {
  readonly generation: number;
  readonly tables: Map<number, PrefixTable<readonly Route[]>>;
  /** Only local, main, default in that order, as a fresh namespace has them. */
  readonly plainRules: boolean;
}

const indexes = new WeakMap<Netns, FibIndex>();

function indexOf(netns: Netns): FibIndex {
  const old = indexes.get(netns);
  if (old !== undefined && old.generation === netns.generation) return old;
  const tables = new Map<number, PrefixTable<readonly Route[]>>();
  for (const route of netns.routes) {
    if (typeof route.dst.base !== 'number') continue;
    let table = tables.get(route.table);
    if (table === undefined) {
      table = prefixTable();
      tables.set(route.table, table);
    }
    const same = getPrefix(table, route.dst) ?? [];
    setPrefix(
      table,
      route.dst,
      [...same, route].sort((a, b) => a.metric - b.metric),
    );
  }
  const plain = [RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT];
  const plainRules =
    netns.rules.length === 3 &&
    netns.rules.every(
      (r, i) =>
        r.table === plain[i] &&
        r.from === undefined &&
        r.to === undefined &&
        r.iif === undefined &&
        r.oif === undefined &&
        r.mark === undefined,
    );
  const index = { generation: netns.generation, tables, plainRules };
  indexes.set(netns, index);
  return index;
}

/** What a route is looked up by. */
export interface FlowKey {
  readonly dst: Ip;
  readonly src?: Ip;
  readonly iif?: string;
  readonly oif?: string;
  readonly mark: number;
}

/** The route that takes a flow; undefined when no rule's table has one. */
export function lookupRoute(netns: Netns, key: FlowKey): Route | undefined {
  const index = indexOf(netns);
  // Only a lookup for one device passes over routes of others.
  const accept =
    key.oif === undefined
      ? undefined
      : (routes: readonly Route[]): boolean => pick(routes, key) !== undefined;
  if (index.plainRules) {
    for (const id of [RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT]) {
      const found = inTable(index, id, key, accept);
      if (found !== undefined && found.type !== 'throw') return found;
    }
    return undefined;
  }
  for (const rule of [...netns.rules].sort((a, b) => a.priority - b.priority)) {
    if (rule.from !== undefined && (key.src === undefined || !contains(rule.from, key.src))) continue;
    if (rule.to !== undefined && !contains(rule.to, key.dst)) continue;
    if (rule.iif !== undefined && rule.iif !== (key.iif ?? 'lo')) continue;
    if (rule.oif !== undefined && rule.oif !== key.oif) continue;
    if (rule.mark !== undefined && ((key.mark ^ rule.mark.value) & rule.mark.mask) !== 0) continue;
    const found = inTable(index, rule.table, key, accept);
    if (found !== undefined && found.type !== 'throw') return found;
  }
  return undefined;
}

function inTable(
  index: FibIndex,
  id: number,
  key: FlowKey,
  accept: ((routes: readonly Route[]) => boolean) | undefined,
): Route | undefined {
  const table = index.tables.get(id);
  if (table === undefined) return undefined;
  const routes = longestMatch(table, key.dst, accept);
  return routes === undefined ? undefined : pick(routes, key);
}

function pick(routes: readonly Route[], key: FlowKey): Route | undefined {
  if (key.oif === undefined) return routes[0];
  return routes.find((r) => r.device === undefined || r.device === key.oif);
}

interface LocalIndex {
  readonly generation: number;
  readonly table: PrefixTable<Route>;
}

const localIndexes = new WeakMap<Netns, LocalIndex>();

/**
 * Table local of IPv4, from what is written: a broadcast asks every node of a segment for an address, and those that
 * do not have it need no routes to their peers to say so.
 */
function localTableOf(netns: Netns): PrefixTable<Route> {
  const old = localIndexes.get(netns);
  if (old !== undefined && old.generation === netns.generation) return old.table;
  const table = prefixTable<Route>();
  for (const route of netns.writtenRoutes) {
    if (route.table !== RT_TABLE_LOCAL || typeof route.dst.base !== 'number') continue;
    const same = getPrefix(table, route.dst);
    if (same === undefined || route.metric < same.metric) setPrefix(table, route.dst, route);
  }
  localIndexes.set(netns, { generation: netns.generation, table });
  return table;
}

/** What kind of address it is to this namespace (inet_addr_type): the type of its entry in table local. */
export function addressType(netns: Netns, ip: Ip, device?: string): RouteType {
  if (typeof ip !== 'number') return 'unicast';
  if (ip >>> 28 === 14) return 'multicast';
  if (ip === 0xffffffff || ip === 0) return 'broadcast';
  // Reading the routes has their writers write.
  if (netns.pendingAddresses.some((mayGive) => mayGive(ip))) void netns.routes.length;
  const route = longestMatch(localTableOf(netns), ip);
  return route === undefined || (device !== undefined && route.device !== device) ? 'unicast' : route.type;
}

export function isLocalAddress(netns: Netns, ip: Ip): boolean {
  return addressType(netns, ip) === 'local';
}

/**
 * The address of `link` whose subnet holds `toward`, else its first one, else the first global one of any other
 * device (net/ipv4/devinet.c, inet_select_addr with scope universe).
 */
export function selectAddress(netns: Netns, link: Link | undefined, toward: Ip | undefined): Ip | undefined {
  const first = link === undefined ? undefined : fromLink(link, toward);
  if (first !== undefined) return first;
  for (const other of netns.links.values()) {
    const found = other === link ? undefined : fromLink(other, undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fromLink(link: Link, toward: Ip | undefined): Ip | undefined {
  let first: Ip | undefined;
  for (const address of link.addresses) {
    if (typeof address.ip !== 'number' || address.scope !== 'global') continue;
    if (toward === undefined || maskIp(toward, address.length) === maskIp(address.ip, address.length))
      return address.ip;
    first ??= address.ip;
  }
  return first;
}

/** The source address that the kernel gives a socket that has none (fib_result_prefsrc). */
export function sourceFor(netns: Netns, route: Route, dst: Ip): Ip | undefined {
  if (route.prefsrc !== undefined) return route.prefsrc;
  if (route.type === 'local') return dst;
  return selectAddress(netns, netns.links.get(route.device ?? ''), route.via);
}

/** The next hop: the gateway, or the destination itself when it is on the link. */
export function nextHop(route: Route, dst: Ip): Ip {
  return route.via ?? dst;
}
