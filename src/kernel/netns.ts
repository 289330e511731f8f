import { type Cidr, cidr, cidrOf, type Family, hostCidr, type Ip, ip, lastIp } from '../addr/index.ts';
import type { VirtualServers } from './ipvs/model.ts';
import { IPVS_TIMEOUTS } from './ipvs/timeout.ts';
import {
  type Link,
  type LinkAddress,
  type Netns,
  type NetnsKind,
  type PolicyRule,
  type Route,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  type World,
} from './model.ts';
import { emptyRuleset, type Ruleset } from './netfilter/model.ts';
import { KERNEL_ORIGIN } from './origin.ts';

export function createWorld(): World {
  return { netns: new Map(), changes: 0 };
}

function kernelRoute(type: 'local' | 'broadcast', dst: Cidr, device: string, prefsrc: Ip | undefined): Route {
  return {
    type,
    dst,
    device,
    table: RT_TABLE_LOCAL,
    protocol: 'kernel',
    scope: type === 'local' ? 'host' : 'link',
    ...(prefsrc === undefined ? {} : { prefsrc }),
    metric: 0,
    onlink: false,
    origin: KERNEL_ORIGIN,
  };
}

/** What every fresh namespace has: the same values, in lists of its own. */
const POLICY_RULES: readonly PolicyRule[] = [
  { priority: 0, table: RT_TABLE_LOCAL, origin: KERNEL_ORIGIN },
  { priority: 32766, table: RT_TABLE_MAIN, origin: KERNEL_ORIGIN },
  { priority: 32767, table: RT_TABLE_DEFAULT, origin: KERNEL_ORIGIN },
];
const LOOPBACK_ADDRESSES: readonly LinkAddress[] = [
  { ip: ip('127.0.0.1'), length: 8, scope: 'host', origin: KERNEL_ORIGIN },
  { ip: ip('::1'), length: 128, scope: 'host', origin: KERNEL_ORIGIN },
];
const LOOPBACK_ROUTES: readonly Route[] = [
  kernelRoute('local', cidr('127.0.0.0/8'), 'lo', ip('127.0.0.1')),
  kernelRoute('local', cidr('127.0.0.1/32'), 'lo', ip('127.0.0.1')),
  kernelRoute('broadcast', cidr('127.255.255.255/32'), 'lo', ip('127.0.0.1')),
  { ...kernelRoute('local', cidr('::1/128'), 'lo', undefined), scope: 'global' },
];

/** What `ip netns add` gives: a loopback device, the three policy rules, no rulesets. */
export interface NetnsSpec {
  readonly id: string;
  readonly kind: NetnsKind;
  readonly label: string;
  readonly name: string;
  readonly node?: string;
}

/** Adds a network namespace with `lo` up and 127.0.0.1/8 on it. Throws when the id is taken: a bug of the caller. */
export function addNetns(world: World, spec: NetnsSpec): Netns {
  if (world.netns.has(spec.id)) throw new Error(`network namespace ${spec.id} exists`);
  const routes: Route[] = [];
  const netns: Netns = {
    ...spec,
    links: new Map(),
    routes,
    writtenRoutes: routes,
    pendingAddresses: [],
    rules: [...POLICY_RULES],
    neighbours: new Map(),
    proxyNeighbours: new Map(),
    sysctls: new Map(),
    sockets: [],
    rulesets: { 4: emptyRuleset(4), 6: emptyRuleset(6) },
    sets: new Map(),
    ipvs: new Map(),
    ipvsTimeouts: IPVS_TIMEOUTS,
    pending: [],
    generation: 0,
  };
  const lo: Link = {
    kind: 'loopback',
    netns: spec.id,
    index: 1,
    name: 'lo',
    mac: 0,
    mtu: 65536,
    up: true,
    txQueueLength: 1000,
    addresses: [...LOOPBACK_ADDRESSES],
    origin: KERNEL_ORIGIN,
  };
  netns.links.set('lo', lo);
  routes.push(...LOOPBACK_ROUTES);
  world.netns.set(spec.id, netns);
  world.changes++;
  return netns;
}

/**
 * The routes that the kernel keeps for an address (net/ipv4/fib_frontend.c, fib_add_ifaddr): its local route at
 * once, its broadcast and connected routes while the link is up. They share the address' origin: who added the
 * address caused them.
 */
export function routesOfAddress(link: Link, address: LinkAddress): Route[] {
  const { ip, length } = address;
  const v4 = typeof ip === 'number';
  const scope = v4 ? 'host' : 'global';
  const routes = [
    routeFor(link, address, {
      type: 'local',
      dst: hostCidr(ip),
      scope,
      prefsrc: v4 ? (address.secondaryOf ?? ip) : undefined,
    }),
  ];
  if (!link.up || address.secondaryOf !== undefined) return routes;
  if (v4 && address.broadcast !== undefined) {
    const dst = hostCidr(address.broadcast);
    routes.push(routeFor(link, address, { type: 'broadcast', dst, scope: 'link', prefsrc: ip }));
  }
  // Of IPv6 even a /128 has its route in table main (addrconf_prefix_route).
  if (!v4 || length < 32) {
    const dst = cidrOf(ip, length);
    const wide = v4 ? ({ scope: 'link', prefsrc: ip } as const) : ({ scope: 'global' } as const);
    routes.push(routeFor(link, address, { type: 'unicast', dst, prefsrc: undefined, ...wide }));
  }
  return routes;
}

/** A route of an address: plain literals, as every pod of a cluster has some. */
function routeFor(
  link: Link,
  { ip, origin }: LinkAddress,
  {
    type,
    dst,
    scope,
    prefsrc,
  }: Pick<Route, 'dst' | 'scope'> & {
    readonly type: 'local' | 'broadcast' | 'unicast';
    readonly prefsrc: Ip | undefined;
  },
): Route {
  const device = link.name;
  const wide = type === 'unicast';
  const table = wide ? RT_TABLE_MAIN : RT_TABLE_LOCAL;
  const metric = wide && typeof ip === 'bigint' ? 256 : 0;
  const protocol = 'kernel';
  const onlink = false;
  return prefsrc === undefined
    ? { device, protocol, onlink, origin, type, dst, table, scope, metric }
    : { device, protocol, onlink, origin, type, dst, table, scope, prefsrc, metric };
}

/** The broadcast address that `brd +` asks for. */
export function broadcastOf(ip: Ip, length: number): Ip | undefined {
  return typeof ip === 'number' && length < 31 ? lastIp(cidrOf(ip, length)) : undefined;
}

/** Lets a program write its rules when the namespace's rules are first needed. */
export function deferRules(netns: Netns, program: () => void): void {
  netns.pending.push(program);
}

/** The rules of a family, after every program of the namespace has written its own. */
export function rulesetOf(netns: Netns, family: Family): Ruleset {
  while (netns.pending.length > 0) netns.pending.shift()?.();
  return netns.rulesets[family];
}

/** The virtual servers of IPVS, after every program of the namespace has written its own. */
export function virtualServersOf(netns: Netns): VirtualServers {
  while (netns.pending.length > 0) netns.pending.shift()?.();
  return netns.ipvs;
}

/** Addresses of the family on all links, loopback included and `except` left out, in link order. */
export function localAddresses(netns: Netns, family: Family, except?: string): Ip[] {
  const out: Ip[] = [];
  for (const link of netns.links.values()) {
    if (link.name === except) continue;
    for (const a of link.addresses) if ((typeof a.ip === 'number') === (family === 4)) out.push(a.ip);
  }
  return out;
}
