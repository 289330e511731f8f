import { contains, formatIp, isLoopback, maskIp, sameCidr } from '../addr/index.ts';
import { type CommitContext, linkOf, Refusal, touch } from './commit-context.ts';
import { flushNeighbours } from './commit-neighbour.ts';
import { type Link, type LinkAddress, type Netns, type Route, RT_TABLE_MAIN } from './model.ts';
import { broadcastOf, routesOfAddress } from './netns.ts';
import type { Origin } from './origin.ts';
import type { Operation, RouteSpec } from './transaction.ts';

type RouteOperation = Extract<
  Operation,
  {
    op:
      | 'address-add'
      | 'host-addresses-add'
      | 'address-delete'
      | 'route-add'
      | 'route-replace'
      | 'route-change'
      | 'route-append'
      | 'route-delete';
  }
>;

export function applyRouteOperation(context: CommitContext, operation: RouteOperation): void {
  const netns = touch(context, operation.netns);
  switch (operation.op) {
    case 'address-add':
      return addAddress(context, netns, operation);
    case 'host-addresses-add':
      return addHostAddresses(context, netns, operation);
    case 'address-delete':
      return deleteAddress(context, netns, operation);
    case 'route-add':
    case 'route-replace':
    case 'route-change':
    case 'route-append':
      return addRoute(context, netns, operation.route, operation.origin, operation.op);
    case 'route-delete':
      return deleteRoute(context, netns, operation.route);
  }
}

function addAddress(
  context: CommitContext,
  netns: Netns,
  operation: Extract<RouteOperation, { op: 'address-add' }>,
): void {
  const link = linkOf(netns, operation.device);
  const { ip, length, origin } = operation;
  if (link.addresses.some((a) => a.ip === ip && a.length === length))
    throw new Refusal(`Error: ${typeof ip === 'number' ? 'ipv4: A' : 'ipv6: a'}ddress already assigned.`);
  const broadcast = operation.broadcast ? broadcastOf(ip, length) : undefined;
  const primary = link.addresses.find(
    (a) =>
      typeof ip === 'number' &&
      a.secondaryOf === undefined &&
      a.length === length &&
      maskIp(a.ip, length) === maskIp(ip, length),
  );
  const loopback = typeof ip === 'number' && ip >>> 24 === 127;
  const address: LinkAddress = {
    ip,
    length,
    ...(broadcast === undefined ? {} : { broadcast }),
    scope: loopback ? 'host' : 'global',
    ...(primary === undefined ? {} : { secondaryOf: primary.ip }),
    origin,
  };
  link.addresses.push(address);
  context.undo.push(() => link.addresses.pop());
  for (const route of routesOfAddress(link, address)) insertRoute(context, netns, route);
}

function isHost({ ip, length }: LinkAddress): boolean {
  return length === (typeof ip === 'number' ? 32 : 128);
}

function addHostAddresses(
  context: CommitContext,
  netns: Netns,
  operation: Extract<RouteOperation, { op: 'host-addresses-add' }>,
): void {
  const link = linkOf(netns, operation.device);
  const { addresses } = link;
  const there = new Set(addresses.filter(isHost).map((a) => a.ip));
  const before = { addresses: addresses.length, routes: netns.routes.length };
  // What came later was taken back first, so the ends of both lists are what was added here.
  context.undo.push(() => {
    addresses.splice(before.addresses);
    netns.routes.splice(before.routes);
  });
  for (const { ip, origin } of operation.addresses) {
    const v4 = typeof ip === 'number';
    if (there.has(ip)) throw new Refusal(`Error: ${v4 ? 'ipv4: A' : 'ipv6: a'}ddress already assigned.`);
    there.add(ip);
    const address: LinkAddress = { ip, length: v4 ? 32 : 128, scope: 'global', origin };
    addresses.push(address);
    netns.routes.push(...routesOfAddress(link, address));
  }
}

function deleteAddress(
  context: CommitContext,
  netns: Netns,
  operation: Extract<RouteOperation, { op: 'address-delete' }>,
): void {
  const link = linkOf(netns, operation.device);
  const at = link.addresses.findIndex((a) => a.ip === operation.ip && a.length === operation.length);
  const address = link.addresses[at];
  if (address === undefined)
    throw new Refusal(`Error: ${typeof operation.ip === 'number' ? 'ipv4: A' : 'ipv6: a'}ddress not found.`);
  // __inet_del_ifa: the secondary addresses of the subnet go with it (promote_secondaries is 0).
  const leaves = (a: LinkAddress): boolean =>
    a === address || (a.secondaryOf === address.ip && a.length === address.length);
  const before = [...link.addresses];
  link.addresses.splice(0, before.length, ...before.filter((a) => !leaves(a)));
  context.undo.push(() => link.addresses.splice(0, link.addresses.length, ...before));
  const gone = before.filter(leaves).flatMap((a) => routesOfAddress(link, a));
  removeRoutes(context, netns, (r) => r.protocol === 'kernel' && gone.some((g) => sameRoute(g, r)));
  // fib_sync_down_addr: routes that prefer an address which is gone.
  const lost = new Set(before.filter(leaves).map((a) => a.ip));
  removeRoutes(context, netns, (r) => r.prefsrc !== undefined && lost.has(r.prefsrc));
  // fib_disable_ip: with the last IPv4 address of a device go all its routes and neighbours (measured).
  const v4 = typeof operation.ip === 'number';
  if (!v4 || link.addresses.some((a) => typeof a.ip === 'number')) return;
  flushDevice(context, netns, link.name, (r) => typeof r.dst.base === 'number');
  flushNeighbours(context, netns, link.name);
}

/** Adds the broadcast and connected routes of a link that came up. */
export function refreshAddressRoutes(context: CommitContext, netns: Netns, link: Link): void {
  for (const address of link.addresses) {
    for (const route of routesOfAddress(link, address)) {
      if (!netns.routes.some((r) => sameRoute(r, route))) insertRoute(context, netns, route);
    }
  }
}

/** Takes out the routes of a device that `which` picks. */
export function flushDevice(
  context: CommitContext,
  netns: Netns,
  device: string,
  which: (route: Route) => boolean,
): void {
  removeRoutes(context, netns, (r) => r.device === device && which(r));
}

function sameRoute(a: Route, b: Route): boolean {
  return (
    a.table === b.table &&
    a.type === b.type &&
    a.device === b.device &&
    sameCidr(a.dst, b.dst) &&
    a.metric === b.metric
  );
}

function insertRoute(context: CommitContext, netns: Netns, route: Route): void {
  netns.routes.push(route);
  context.undo.push(() => netns.routes.splice(netns.routes.lastIndexOf(route), 1));
}

function removeRoutes(context: CommitContext, netns: Netns, which: (route: Route) => boolean): void {
  const before = [...netns.routes];
  const kept = before.filter((r) => !which(r));
  if (kept.length === before.length) return;
  netns.routes.splice(0, before.length, ...kept);
  context.undo.push(() => netns.routes.splice(0, netns.routes.length, ...before));
}

function addRoute(
  context: CommitContext,
  netns: Netns,
  spec: RouteSpec,
  origin: Origin,
  op: 'route-add' | 'route-replace' | 'route-change' | 'route-append',
): void {
  const route = resolveRoute(netns, spec, origin);
  const twin = netns.routes.findIndex(
    (r) => r.table === route.table && sameCidr(r.dst, route.dst) && r.metric === route.metric,
  );
  const before = netns.routes[twin];
  if (before === undefined && op === 'route-change')
    throw new Refusal('RTNETLINK answers: No such file or directory');
  if (before === undefined || op === 'route-append') return insertRoute(context, netns, route);
  if (op === 'route-add') throw new Refusal('RTNETLINK answers: File exists');
  netns.routes[twin] = route;
  context.undo.push(() => {
    netns.routes[netns.routes.indexOf(route)] = before;
  });
}

/** Checks and completes a route as the kernel does (fib_create_info, fib_check_nh). */
function resolveRoute(netns: Netns, spec: RouteSpec, origin: Origin): Route {
  const type = spec.type ?? 'unicast';
  const v6 = typeof spec.dst.base === 'bigint';
  let device = spec.device;
  if (device !== undefined && !linkOf(netns, device).up)
    throw new Refusal('Error: Device for nexthop is not up.');
  if (spec.via !== undefined && spec.onlink !== true) {
    const via = spec.via;
    const connected = netns.routes.find(
      (r) =>
        r.scope === 'link' &&
        r.type === 'unicast' &&
        contains(r.dst, via) &&
        (device === undefined || r.device === device),
    );
    if (connected === undefined && !v6) throw new Refusal('Error: Nexthop has invalid gateway.');
    device ??= connected?.device;
  }
  if (type === 'unicast' && device === undefined) {
    throw new Refusal(
      `RTNETLINK answers: No such device (route to ${formatIp(spec.dst.base)}/${spec.dst.length})`,
    );
  }
  const { prefsrc } = spec;
  const own = [...netns.links.values()].some((link) => link.addresses.some((a) => a.ip === prefsrc));
  if (typeof prefsrc === 'number' && !own && !isLoopback(prefsrc))
    throw new Refusal('Error: Invalid prefsrc address.');
  return {
    type,
    dst: spec.dst,
    ...(spec.via === undefined ? {} : { via: spec.via }),
    ...(device === undefined ? {} : { device }),
    table: spec.table ?? RT_TABLE_MAIN,
    protocol: spec.protocol ?? 'boot',
    scope:
      spec.scope ??
      (type === 'unicast' && spec.via === undefined && !v6 ? 'link' : type === 'local' ? 'host' : 'global'),
    ...(spec.prefsrc === undefined ? {} : { prefsrc: spec.prefsrc }),
    metric: spec.metric ?? (v6 ? 1024 : 0),
    onlink: spec.onlink ?? false,
    ...(spec.mtu === undefined ? {} : { mtu: spec.mtu }),
    origin,
  };
}

function deleteRoute(context: CommitContext, netns: Netns, spec: RouteSpec): void {
  const table = spec.table ?? RT_TABLE_MAIN;
  const found = netns.routes.find(
    (r) =>
      r.table === table &&
      sameCidr(r.dst, spec.dst) &&
      (spec.via === undefined || r.via === spec.via) &&
      (spec.device === undefined || r.device === spec.device) &&
      (spec.metric === undefined || r.metric === spec.metric) &&
      (spec.type === undefined || r.type === spec.type) &&
      (spec.protocol === undefined || r.protocol === spec.protocol) &&
      (spec.scope === undefined || r.scope === spec.scope) &&
      (spec.prefsrc === undefined || r.prefsrc === spec.prefsrc),
  );
  if (found === undefined) throw new Refusal('RTNETLINK answers: No such process');
  removeRoutes(context, netns, (r) => r === found);
}
