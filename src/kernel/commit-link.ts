import { type CommitContext, linkOf, netnsOf, Refusal, touch } from './commit-context.ts';
import { adjustBridgeMtu, lowerBridgeMtu, refuseMtu, setMtu, vxlanLimit } from './commit-mtu.ts';
import { flushNeighbours } from './commit-neighbour.ts';
import { flushDevice, refreshAddressRoutes } from './commit-route.ts';
import { isDeviceName } from './device-name.ts';
import { refuseMac } from './link-address.ts';
import type { Bridge, Link, Netns } from './model.ts';
import { KERNEL_ORIGIN, type Origin } from './origin.ts';
import type { LinkSpec, Operation, VethEnd } from './transaction.ts';

type LinkOperation = Extract<
  Operation,
  {
    op:
      | 'link-add'
      | 'veth-add'
      | 'link-delete'
      | 'link-up'
      | 'link-down'
      | 'link-mac'
      | 'link-mtu'
      | 'link-promisc'
      | 'link-master'
      | 'link-nomaster'
      | 'bridge-port';
  }
>;

export function applyLinkOperation(context: CommitContext, operation: LinkOperation): void {
  switch (operation.op) {
    case 'link-add':
      return addLink(context, touch(context, operation.netns), operation.link, operation.origin);
    case 'veth-add':
      return addVeth(context, operation.ends, operation.origin);
    case 'link-delete':
      return deleteLink(context, operation.netns, operation.name);
    case 'link-up':
    case 'link-down':
      return setUp(context, touch(context, operation.netns), operation.name, operation.op === 'link-up');
    case 'link-mac': {
      const link = linkOf(touch(context, operation.netns), operation.name);
      refuseMac(operation.mac);
      const before = link.mac;
      link.mac = operation.mac;
      context.undo.push(() => {
        link.mac = before;
      });
      return moveLocalFdbEntry(context, link, before);
    }
    case 'link-mtu': {
      const netns = touch(context, operation.netns);
      return setMtu(context, netns, linkOf(netns, operation.name), operation.mtu);
    }
    case 'link-promisc': {
      const link = linkOf(touch(context, operation.netns), operation.name);
      const before = link.promisc;
      link.promisc = operation.promisc;
      context.undo.push(() => {
        if (before === undefined) delete link.promisc;
        else link.promisc = before;
      });
      return;
    }
    case 'link-master':
      return enslave(context, touch(context, operation.netns), operation.name, operation.bridge);
    case 'link-nomaster': {
      const netns = touch(context, operation.netns);
      return release(context, netns, linkOf(netns, operation.name));
    }
    case 'bridge-port': {
      const { port } = linkOf(touch(context, operation.netns), operation.name);
      if (port === undefined) throw new Refusal('RTNETLINK answers: Operation not supported');
      const { hairpin, hairpinOrigin } = port;
      port.hairpin = operation.hairpin;
      if (operation.origin === undefined) delete port.hairpinOrigin;
      else port.hairpinOrigin = operation.origin;
      context.undo.push(() => {
        port.hairpin = hairpin;
        if (hairpinOrigin === undefined) delete port.hairpinOrigin;
        else port.hairpinOrigin = hairpinOrigin;
      });
      return;
    }
  }
}

function insert(context: CommitContext, netns: Netns, link: Link): void {
  if (netns.links.has(link.name)) throw new Refusal('RTNETLINK answers: File exists');
  if (!isDeviceName(link.name)) {
    // A name that is too long fails rtnetlink's policy for IFLA_IFNAME before dev_valid_name sees it.
    const long = new TextEncoder().encode(link.name).length > 15;
    throw new Refusal(`RTNETLINK answers: ${long ? 'Numerical result out of range' : 'Invalid argument'}`);
  }
  // A tun device has no link address, and neither it nor lo has these bounds.
  if (link.kind !== 'tun' && link.kind !== 'loopback') {
    refuseMac(link.mac);
    refuseMtu(link.kind, link.mtu);
  }
  netns.links.set(link.name, link);
  context.undo.push(() => netns.links.delete(link.name));
}

function nextIndex(netns: Netns): number {
  let last = 0;
  for (const link of netns.links.values()) last = Math.max(last, link.index);
  return last + 1;
}

function addLink(context: CommitContext, netns: Netns, spec: LinkSpec, origin: Origin): void {
  const base = {
    netns: netns.id,
    index: nextIndex(netns),
    name: spec.name,
    mac: spec.mac,
    mtu: spec.mtu ?? 1500,
    up: false,
    txQueueLength: spec.txQueueLength ?? 1000,
    addresses: [],
    origin,
  };
  switch (spec.kind) {
    case 'bridge': {
      const fdb: Bridge['fdb'] = new Map();
      fdb.set(spec.mac, { mac: spec.mac, device: spec.name, state: 'permanent', origin });
      return insert(context, netns, { ...base, kind: 'bridge', ports: [], fdb, nfCallIptables: false });
    }
    case 'dummy':
    case 'tun':
      return insert(context, netns, { ...base, kind: spec.kind });
    case 'vxlan': {
      linkOf(netns, spec.device);
      const { vni, device, local, dstPort, learning } = spec;
      return insert(context, netns, {
        ...base,
        mtu: Math.min(base.mtu, vxlanLimit(netns, spec)),
        kind: 'vxlan',
        vni,
        device,
        local,
        dstPort,
        learning,
        fdb: new Map(),
      });
    }
  }
}

function addVeth(context: CommitContext, ends: readonly [VethEnd, VethEnd], origin: Origin): void {
  const [a, b] = ends;
  for (const [end, peer] of [
    [a, b],
    [b, a],
  ] as const) {
    const netns = touch(context, end.netns);
    insert(context, netns, {
      kind: 'veth',
      netns: netns.id,
      index: nextIndex(netns),
      name: end.name,
      mac: end.mac,
      mtu: end.mtu ?? 1500,
      up: false,
      txQueueLength: 1000,
      addresses: [],
      peer: { netns: peer.netns, name: peer.name },
      origin,
    });
  }
}

function deleteLink(context: CommitContext, id: string, name: string): void {
  const netns = touch(context, id);
  const link = linkOf(netns, name);
  if (link.kind === 'loopback') throw new Refusal('RTNETLINK answers: Operation not supported');
  if (link.port !== undefined) release(context, netns, link);
  // br_dev_delete: the ports of a bridge that goes are free.
  for (const port of netns.links.values()) if (port.port?.bridge === name) release(context, netns, port);
  setUp(context, netns, name, false);
  flushDevice(context, netns, name, () => true);
  // A Map keeps insertion order, and undo must restore it: the whole map is put back.
  const before = [...netns.links];
  netns.links.delete(name);
  context.undo.push(() => {
    netns.links.clear();
    for (const [key, value] of before) netns.links.set(key, value);
  });
  // vxlan_handle_lowerdev_unregister: a tunnel goes with the device below it.
  for (const tunnel of [...netns.links.values()]) {
    if (tunnel.kind === 'vxlan' && tunnel.device === name) deleteLink(context, id, tunnel.name);
  }
  if (link.kind === 'veth' && context.world.netns.get(link.peer.netns)?.links.has(link.peer.name) === true) {
    deleteLink(context, link.peer.netns, link.peer.name);
  }
}

function setUp(context: CommitContext, netns: Netns, name: string, up: boolean): void {
  const link = linkOf(netns, name);
  if (link.up === up) return;
  const before = link.wasUp;
  link.up = up;
  if (up) link.wasUp = true;
  context.undo.push(() => {
    link.up = !up;
    if (before === undefined) delete link.wasUp;
  });
  if (up) return refreshAddressRoutes(context, netns, link);
  // fib_sync_down_dev: routes out of a device that goes down are gone, local ones stay.
  flushDevice(context, netns, name, (route) => route.type !== 'local');
  // neigh_ifdown: so are its neighbours, permanent ones too; FDB entries stay (measured).
  flushNeighbours(context, netns, name);
}

function enslave(context: CommitContext, netns: Netns, name: string, bridgeName: string): void {
  const link = linkOf(netns, name);
  const bridge = linkOf(netns, bridgeName);
  if (bridge.kind !== 'bridge') throw new Refusal('RTNETLINK answers: Operation not supported');
  // do_set_master: a port leaves the bridge that it is in; the same one again changes nothing.
  if (link.port?.bridge === bridgeName) return;
  if (link.port !== undefined) release(context, netns, link);
  if (link.kind === 'loopback' || link.kind === 'bridge')
    throw new Refusal('Error: Can not enslave the device to a bridge.');
  link.port = {
    bridge: bridgeName,
    number: freePortNumber(netns, bridge),
    hairpin: false,
    learning: true,
    flood: true,
  };
  bridge.ports.push(name);
  if (link.port.number === bridge.ports.length) numbered.set(bridge, link.port.number);
  bridge.fdb.set(link.mac, { mac: link.mac, device: name, state: 'permanent', origin: KERNEL_ORIGIN });
  context.undo.push(() => {
    numbered.delete(bridge);
    bridge.fdb.delete(link.mac);
    bridge.ports.pop();
    delete link.port;
  });
  if (bridge.ports.length === 1) adjustBridgeMtu(context, netns, bridge);
  else lowerBridgeMtu(context, bridge, link.mtu);
}

/** Bridges whose ports are known to have the numbers from 1 to this one: nothing has left since. */
const numbered = new WeakMap<Bridge, number>();

/** find_portno: the lowest number that no port has. */
function freePortNumber(netns: Netns, bridge: Bridge): number {
  const count = bridge.ports.length;
  if (count === 0 || numbered.get(bridge) === count) return count + 1;
  const taken = new Set(bridge.ports.map((name) => netns.links.get(name)?.port?.number));
  let number = 1;
  while (taken.has(number)) number++;
  return number;
}

function release(context: CommitContext, netns: Netns, link: Link): void {
  const { port } = link;
  if (port === undefined) return;
  const bridge = netns.links.get(port.bridge);
  if (bridge?.kind !== 'bridge') return;
  const ports = [...bridge.ports];
  const fdb = [...bridge.fdb];
  numbered.delete(bridge);
  bridge.ports.splice(bridge.ports.indexOf(link.name), 1);
  for (const [mac, entry] of fdb) if (entry.device === link.name) bridge.fdb.delete(mac);
  delete link.port;
  context.undo.push(() => {
    link.port = port;
    bridge.ports.splice(0, bridge.ports.length, ...ports);
    bridge.fdb.clear();
    for (const [mac, entry] of fdb) bridge.fdb.set(mac, entry);
  });
  adjustBridgeMtu(context, netns, bridge);
}

/** A bridge, or a port of one, that changes its MAC takes its permanent entry along (br_fdb_changeaddr). */
function moveLocalFdbEntry(context: CommitContext, link: Link, before: number): void {
  const netns = netnsOf(context, link.netns);
  const bridge = link.kind === 'bridge' ? link : netns.links.get(link.port?.bridge ?? '');
  if (bridge?.kind !== 'bridge') return;
  const fdb = [...bridge.fdb];
  bridge.fdb.delete(before);
  bridge.fdb.set(link.mac, { mac: link.mac, device: link.name, state: 'permanent', origin: link.origin });
  context.undo.push(() => {
    bridge.fdb.clear();
    for (const [mac, entry] of fdb) bridge.fdb.set(mac, entry);
  });
}
