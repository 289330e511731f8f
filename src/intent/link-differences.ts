import { formatIp, formatMac } from '../addr/index.ts';
import type { Link, LinkAddress, Neighbour, Netns, Operation, Route } from '../kernel/index.ts';
import { type Difference, type Sides, USER } from './difference.ts';
import { setNeighbour, setVxlanFdb } from './neighbour-differences.ts';
import { addRoute, missingRoutes, sameKey } from './route-differences.ts';

/** What comes back together with a link or an address, and is no difference of its own. */
export interface Restored {
  /** The far ends of veths that are made again. */
  readonly links: Set<Link>;
  readonly routes: Set<Route>;
  readonly neighbours: Set<Neighbour>;
}

/** Links that are missing, down, or not as they were; each with the routes and neighbours that went with it. */
export function linkDifferences(sides: Sides, restored: Restored): Difference[] {
  const { is, should } = sides;
  const found: Difference[] = [];
  for (const link of should.links.values()) {
    if (restored.links.has(link)) continue;
    const now = is.links.get(link.name);
    if (now === undefined) {
      found.push({
        place: is.label,
        what: `${link.name} is missing`,
        origin: link.origin,
        operations: recreate(sides, link, restored),
      });
      continue;
    }
    found.push(...addressDifferences(sides, now, link, restored), ...settings(is, now, link));
    if (link.up && !now.up)
      found.push({
        place: is.label,
        what: `${link.name} is down`,
        origin: link.origin,
        operations: [
          { op: 'link-up', netns: is.id, name: link.name },
          ...whatWentWith(sides, link.name, restored),
        ],
      });
    if (!link.up && now.up)
      found.push({
        place: is.label,
        what: `${link.name} is up`,
        origin: link.origin,
        operations: [{ op: 'link-down', netns: is.id, name: link.name }],
      });
  }
  for (const link of is.links.values()) {
    if (should.links.has(link.name)) continue;
    found.push({
      place: is.label,
      what: `${link.kind} device ${link.name} was added by hand`,
      operations: [{ op: 'link-delete', netns: is.id, name: link.name }],
    });
  }
  return found;
}

/** Routes and neighbours of a device that the kernel forgot with it; its own routes come back by themselves. */
function whatWentWith(sides: Sides, device: string, restored: Restored): Operation[] {
  const operations: Operation[] = [];
  for (const route of missingRoutes(sides)) {
    // Where another route has taken its place, that one is a difference of its own.
    if (route.device !== device || sides.is.routes.some((other) => sameKey(other, route))) continue;
    restored.routes.add(route);
    if (route.protocol !== 'kernel') operations.push(addRoute(sides.is.id, route));
  }
  for (const neighbour of sides.should.neighbours.get(device)?.values() ?? []) {
    if (sides.is.neighbours.get(device)?.has(neighbour.ip) === true) continue;
    restored.neighbours.add(neighbour);
    operations.push(...setNeighbour(sides.is.id, neighbour));
  }
  return operations;
}

function addAddress(netns: string, device: string, { ip, length, broadcast }: LinkAddress): Operation {
  return { op: 'address-add', netns, device, ip, length, broadcast: broadcast !== undefined, origin: USER };
}

/** A device that is down has its addresses all the same (kube-ipvs0): the kernel brings their local routes back. */
function withLocalRoute(sides: Sides, { ip }: LinkAddress, restored: Restored): Operation[] {
  for (const route of missingRoutes(sides))
    if (route.type === 'local' && route.protocol === 'kernel' && route.dst.base === ip)
      restored.routes.add(route);
  return [];
}

function addressDifferences(sides: Sides, now: Link, link: Link, restored: Restored): Difference[] {
  const { is } = sides;
  const lacks = (list: readonly LinkAddress[], { ip, length }: LinkAddress): boolean =>
    !list.some((a) => a.ip === ip && a.length === length);
  const found: Difference[] = [];
  for (const address of link.addresses.filter((a) => lacks(now.addresses, a))) {
    found.push({
      place: is.label,
      what: `address ${formatIp(address.ip)}/${address.length} dev ${link.name} is missing`,
      origin: address.origin,
      operations: [
        addAddress(is.id, link.name, address),
        ...(now.up ? whatWentWith(sides, link.name, restored) : withLocalRoute(sides, address, restored)),
      ],
    });
  }
  for (const { ip, length } of now.addresses.filter((a) => lacks(link.addresses, a))) {
    found.push({
      place: is.label,
      what: `address ${formatIp(ip)}/${length} dev ${link.name} was added by hand`,
      operations: [{ op: 'address-delete', netns: is.id, device: link.name, ip, length }],
    });
  }
  return found;
}

/** MTU, link address, bridge and hairpin mode. */
function settings(is: Netns, now: Link, link: Link): Difference[] {
  const { name, origin } = link;
  const at = { netns: is.id, name };
  const found: Difference[] = [];
  const differs = (what: string, operations: readonly Operation[]): void => {
    found.push({ place: is.label, what, origin, operations });
  };
  if (now.mtu !== link.mtu)
    differs(`mtu of ${name} is ${now.mtu}, not ${link.mtu}`, [{ op: 'link-mtu', ...at, mtu: link.mtu }]);
  if ((now.promisc ?? false) !== (link.promisc ?? false)) {
    const promisc = link.promisc ?? false;
    differs(`promiscuous mode of ${name} is ${promisc ? 'off' : 'on'}`, [
      { op: 'link-promisc', ...at, promisc },
    ]);
  }
  if (now.mac !== link.mac)
    differs(`address of ${name} is ${formatMac(now.mac)}, not ${formatMac(link.mac)}`, [
      { op: 'link-mac', ...at, mac: link.mac },
    ]);
  if (now.port?.bridge !== link.port?.bridge) {
    const bridge = link.port?.bridge;
    const what =
      bridge === undefined ? `${name} is a port of ${now.port?.bridge}` : `${name} is no port of ${bridge}`;
    differs(what, bridge === undefined ? [{ op: 'link-nomaster', ...at }] : enslave(is.id, link));
  } else if (now.port !== undefined && link.port !== undefined && now.port.hairpin !== link.port.hairpin) {
    const { hairpin } = link.port;
    differs(`hairpin mode of ${name} is ${hairpin ? 'off' : 'on'}`, [{ op: 'bridge-port', ...at, hairpin }]);
  }
  return found;
}

function enslave(netns: string, { name, port }: Link): Operation[] {
  if (port === undefined) return [];
  return [
    { op: 'link-master', netns, name, bridge: port.bridge },
    ...(port.hairpin ? [{ op: 'bridge-port' as const, netns, name, hairpin: true }] : []),
  ];
}

/** A link as it was, with everything that was on it; of a veth both ends. */
function recreate(sides: Sides, link: Link, restored: Restored): Operation[] {
  const { is } = sides;
  const { name, mac, mtu } = link;
  switch (link.kind) {
    case 'bridge': {
      const ports = [...sides.should.links.values()].filter(
        (port) => port.port?.bridge === name && is.links.has(port.name),
      );
      return [
        { op: 'link-add', netns: is.id, link: { name, mac, mtu, kind: 'bridge' }, origin: USER },
        ...ports.flatMap((port) => enslave(is.id, port)),
        ...configure(sides, link, restored),
      ];
    }
    case 'dummy':
    case 'tun':
      return [
        { op: 'link-add', netns: is.id, link: { name, mac, mtu, kind: link.kind }, origin: USER },
        ...configure(sides, link, restored),
      ];
    case 'vxlan': {
      const { vni, device, local, dstPort, learning } = link;
      return [
        {
          op: 'link-add',
          netns: is.id,
          link: { name, mac, mtu, kind: 'vxlan', vni, device, local: local, dstPort, learning },
          origin: USER,
        },
        ...configure(sides, link, restored),
        ...[...link.fdb.values()].map((entry) => setVxlanFdb(is.id, name, entry)),
      ];
    }
    case 'veth': {
      const peer = peerOf(sides, link);
      if (peer === undefined) return [];
      const { should: there, link: other } = peer;
      restored.links.add(other);
      return [
        {
          op: 'veth-add',
          ends: [
            { netns: is.id, name, mac, mtu },
            { netns: there.id, name: other.name, mac: other.mac, mtu: other.mtu },
          ],
          origin: USER,
        },
        ...configure(sides, link, restored),
        ...configure({ ...sides, is: peer.is, should: there }, other, restored),
      ];
    }
    case 'loopback':
      return [];
  }
}

/** The other end of a veth, and its namespace on both sides. */
function peerOf(
  { isWorld, shouldWorld }: Sides,
  { peer }: Extract<Link, { kind: 'veth' }>,
): { readonly is: Netns; readonly should: Netns; readonly link: Link } | undefined {
  const is = isWorld.netns.get(peer.netns);
  const should = shouldWorld.netns.get(peer.netns);
  const link = should?.links.get(peer.name);
  return is === undefined || should === undefined || link === undefined ? undefined : { is, should, link };
}

function configure(sides: Sides, link: Link, restored: Restored): Operation[] {
  const netns = sides.is.id;
  return [
    ...enslave(netns, link),
    ...link.addresses.map((address) => addAddress(netns, link.name, address)),
    ...(link.up ? [{ op: 'link-up' as const, netns, name: link.name }] : []),
    ...whatWentWith(sides, link.name, restored),
  ];
}
