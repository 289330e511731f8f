import { type Cidr, cidr, cidrOf, type Family, hostCidr, type Ip, ip, lastIp } from '../addr/index.ts';
import type { VirtualServers } from './ipvs/model.ts';
import { IPVS_TIMEOUTS } from './ipvs/timeout.ts';
import {
  type Link,
  type LinkAddress,
  type Netns,
  type NetnsKind,
  type Route,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  type World,
} from './model.ts';
import { emptyRuleset, type Ruleset } from './netfilter/model.ts';
import { KERNEL_ORIGIN } from './origin.ts';

export function createWorld(): World {
  return { netns: new Map() };
}

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
    rules: [
      { priority: 0, table: RT_TABLE_LOCAL, origin: KERNEL_ORIGIN },
      { priority: 32766, table: RT_TABLE_MAIN, origin: KERNEL_ORIGIN },
      { priority: 32767, table: RT_TABLE_DEFAULT, origin: KERNEL_ORIGIN },
    ],
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
    addresses: [
      { ip: ip('127.0.0.1'), length: 8, scope: 'host', origin: KERNEL_ORIGIN },
      { ip: ip('::1'), length: 128, scope: 'host', origin: KERNEL_ORIGIN },
    ],
    origin: KERNEL_ORIGIN,
  };
  netns.links.set('lo', lo);
  netns.routes.push(
    kernelRoute('local', cidr('127.0.0.0/8'), 'lo', ip('127.0.0.1')),
    kernelRoute('local', cidr('127.0.0.1/32'), 'lo', ip('127.0.0.1')),
    kernelRoute('broadcast', cidr('127.255.255.255/32'), 'lo', ip('127.0.0.1')),
    { ...kernelRoute('local', cidr('::1/128'), 'lo', undefined), scope: 'global' },
  );
  world.netns.set(spec.id, netns);
  return netns;
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

/**
 * The routes that the kernel keeps for an address (net/ipv4/fib_frontend.c, fib_add_ifaddr): its local route at
 * once, its broadcast and connected routes while the link is up. They share the address' origin: who added the
 * address caused them.
 */
export function routesOfAddress(link: Link, address: LinkAddress): Route[] {
  const { ip, length } = address;
  const v4 = typeof ip === 'number';
  const base = { device: link.name, protocol: 'kernel', onlink: false, origin: address.origin } as const;
  const routes: Route[] = [
    {
      ...base,
      type: 'local',
      dst: hostCidr(ip),
      table: RT_TABLE_LOCAL,
      scope: v4 ? 'host' : 'global',
      ...(v4 ? { prefsrc: address.secondaryOf ?? ip } : {}),
      metric: 0,
    },
  ];
  if (!link.up || address.secondaryOf !== undefined) return routes;
  if (v4 && address.broadcast !== undefined) {
    routes.push({
      ...base,
      type: 'broadcast',
      dst: hostCidr(address.broadcast),
      table: RT_TABLE_LOCAL,
      scope: 'link',
      prefsrc: ip,
      metric: 0,
    });
  }
  // Of IPv6 even a /128 has its route in table main (addrconf_prefix_route).
  if (!v4 || length < 32) {
    routes.push({
      ...base,
      type: 'unicast',
      dst: cidrOf(ip, length),
      table: RT_TABLE_MAIN,
      scope: v4 ? 'link' : 'global',
      ...(v4 ? { prefsrc: ip } : {}),
      metric: v4 ? 0 : 256,
    });
  }
  return routes;
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
