import { describe, expect, it } from 'vitest';
import { formatCidr, formatIp, ip } from '../../../src/addr/index.ts';
import { completeNodes } from '../../../src/controllers/ipam/index.ts';
import {
  announceOperations,
  externalHostId,
  externalHostNetns,
  externalHostOperations,
  underlay,
} from '../../../src/controllers/underlay/index.ts';
import type { Node, Topology } from '../../../src/k8s/index.ts';
import {
  addNetns,
  commitReversible,
  createWorld,
  type Netns,
  RT_TABLE_MAIN,
  type World,
} from '../../../src/kernel/index.ts';
import { LAN, lan, node, objects } from './objects.ts';

function build(topology: Topology, nodes: readonly Node[]): World {
  const done = completeNodes(objects({ topology, nodes })).objects;
  const world = createWorld();
  const below = underlay(done.topology, done.nodes);
  for (const spec of below.netns) addNetns(world, spec);
  commitOrThrow(world, below.operations);
  return world;
}

function commitOrThrow(world: World, operations: Parameters<typeof commitReversible>[1]): () => void {
  const done = commitReversible(world, operations);
  if (!('undo' in done)) throw new Error(`${done.operation.op}: ${done.message}`);
  return done.undo;
}

function netns(world: World, id: string): Netns {
  const found = world.netns.get(id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

/** The IPv4 routes of table main, without proto and src. */
function routes(world: World, id: string): string[] {
  return netns(world, id)
    .routes.filter((r) => r.table === RT_TABLE_MAIN && typeof r.dst.base === 'number')
    .map((r) => {
      const type = r.type === 'unicast' ? '' : `${r.type} `;
      const via = r.via === undefined ? '' : ` via ${formatIp(r.via)}`;
      const device = r.device === undefined ? '' : ` dev ${r.device}`;
      return `${type}${formatCidr(r.dst)}${via}${device}${r.scope === 'link' ? ' link' : ''}${r.onlink ? ' onlink' : ''}`;
    });
}

function addresses(world: World, id: string): string[] {
  return [...netns(world, id).links.values()]
    .filter((l) => l.kind !== 'loopback')
    .map((l) => `${l.name} ${l.addresses.map((a) => `${formatIp(a.ip)}/${a.length}`).join(' ')}`.trim());
}

const NODES = [node('node1', ['192.168.56.11']), node('node2', ['192.168.56.12'])];
const CHAIN: Topology = {
  networks: [
    lan('a', '192.168.56.0/24', '192.168.56.1'),
    lan('b', '192.168.60.0/24', '192.168.60.1'),
    lan('c', '192.168.64.0/24', '192.168.64.1'),
  ],
  routers: [
    { name: 'r1', networks: ['a', 'b'] },
    { name: 'r2', networks: ['b', 'c'] },
  ],
  hosts: [{ name: 'db.example.com', ip: ip('203.0.113.50'), listens: [] }],
};

describe('one LAN', () => {
  const world = build(LAN, NODES);

  it('is a switch whose ports are the gateway, the client and the nodes', () => {
    const { links } = netns(world, 'switch/lan');
    const bridge = links.get('br0');
    expect(bridge?.kind === 'bridge' ? bridge.ports : []).toEqual([
      'ur-gateway',
      'uh-client',
      'un-node1',
      'un-node2',
    ]);
    expect(bridge?.addresses).toEqual([]);
  });

  it('gives nodes an address with broadcast and a default route through the gateway', () => {
    expect(addresses(world, 'node/node1')).toEqual(['eth0 192.168.56.11/24']);
    expect(netns(world, 'node/node1').links.get('eth0')?.addresses[0]?.broadcast).toBe(ip('192.168.56.255'));
    expect(routes(world, 'node/node1')).toEqual([
      '192.168.56.0/24 dev eth0 link',
      '0.0.0.0/0 via 192.168.56.1 dev eth0',
    ]);
  });

  it('has a gateway that forwards, but swallows what nobody owns', () => {
    expect(routes(world, 'router/gateway')).toEqual(['192.168.56.0/24 dev eth0 link', 'blackhole 0.0.0.0/0']);
    expect(netns(world, 'router/gateway').sysctls.get('net.ipv4.ip_forward')?.value).toBe('1');
  });

  it('keeps frames from iptables in everything but the nodes', () => {
    const values = ['switch/lan', 'router/gateway', 'host/client'].map(
      (id) => netns(world, id).sysctls.get('net.bridge.bridge-nf-call-iptables')?.value,
    );
    expect(values).toEqual(['0', '0', '0']);
  });

  it('carries the MTU of its network on every cable', () => {
    const small = build({ ...LAN, networks: [lan('lan', '192.168.56.0/24', '192.168.56.1', 1400)] }, NODES);
    const mtus = [...small.netns.values()].flatMap((n) =>
      [...n.links.values()].filter((l) => l.kind === 'veth').map((l) => l.mtu),
    );
    expect(new Set(mtus)).toEqual(new Set([1400]));
  });

  it('finds names of at most 15 characters for the ports of nodes with long names', () => {
    const long = ['ip-10-0-1-23.eu-west-1.compute.internal', 'ip-10-0-1-24.eu-west-1.compute.internal'];
    const far = build(
      LAN,
      long.map((name, i) => node(name, [`192.168.56.${11 + i}`])),
    );
    const ports = [...netns(far, 'switch/lan').links.keys()].filter((name) => name.startsWith('un-'));
    expect(ports).toHaveLength(2);
    expect(ports.every((name) => name.length <= 15)).toBe(true);
  });

  it('gives every device its own MAC', () => {
    const macs = [...world.netns.values()].flatMap((n) =>
      [...n.links.values()].filter((l) => l.kind !== 'loopback').map((l) => l.mac),
    );
    expect(new Set(macs).size).toBe(macs.length);
  });
});

describe('several LANs', () => {
  const world = build(CHAIN, [
    node('a1', ['192.168.56.11']),
    node('b1', ['192.168.60.11']),
    node('c1', ['192.168.64.11']),
  ]);

  it('have the gateway address on their first router, and a free one on the next', () => {
    expect(addresses(world, 'router/r1').slice(0, 2)).toEqual([
      'eth0 192.168.56.1/24',
      'eth1 192.168.60.1/24',
    ]);
    expect(addresses(world, 'router/r2')).toEqual(['eth0 192.168.60.254/24', 'eth1 192.168.64.1/24']);
  });

  it('reach each other through the chain of routers', () => {
    expect(routes(world, 'router/r1')).toContain('192.168.64.0/24 via 192.168.60.254 dev eth1');
    expect(routes(world, 'router/r2')).toContain('192.168.56.0/24 via 192.168.60.1 dev eth0');
  });

  it('reach the hosts behind the first router', () => {
    expect(routes(world, 'router/r1')).toContain(`203.0.113.50/32 dev ${hostPort(world)} link`);
    expect(routes(world, 'router/r2')).toContain('203.0.113.50/32 via 192.168.60.1 dev eth0');
    expect(addresses(world, 'host/db.example.com')).toEqual(['eth0 203.0.113.50/32']);
    expect(routes(world, 'host/db.example.com')).toEqual(['0.0.0.0/0 via 192.168.56.1 dev eth0 onlink']);
  });

  it('without a router between them share no way, but the same hosts behind them', () => {
    const apart = build({ ...CHAIN, routers: [] }, [
      node('a1', ['192.168.56.11']),
      node('b1', ['192.168.60.11']),
    ]);
    expect(routes(apart, 'router/gateway-a').filter((r) => r.includes('192.168.60'))).toEqual([]);
    expect(addresses(apart, 'host/db.example.com')).toEqual(['eth0 203.0.113.50/32', 'eth1', 'eth2']);
    expect(routes(apart, 'host/db.example.com')).toEqual([
      '0.0.0.0/0 via 192.168.56.1 dev eth0 onlink',
      '192.168.60.0/24 via 192.168.60.1 dev eth1 onlink',
      '192.168.64.0/24 via 192.168.64.1 dev eth2 onlink',
    ]);
  });
});

/** The device by which r1 reaches the host behind it. */
function hostPort(world: World): string {
  return [...netns(world, 'router/r1').links.keys()].find((name) => name.startsWith('to')) ?? '';
}

describe('a host that only a walk names', () => {
  it('joins the switch of the LAN that holds its address, and leaves no trace when taken back', () => {
    const world = build(LAN, NODES);
    const before = JSON.stringify(routes(world, 'router/gateway'));
    const address = ip('192.168.56.77');
    expect(externalHostId(world, address)).toBe('host/192.168.56.77');
    addNetns(world, externalHostNetns(address));
    const undo = commitOrThrow(world, externalHostOperations(world, address));
    expect(addresses(world, 'host/192.168.56.77')).toEqual(['eth0 192.168.56.77/24']);
    expect(routes(world, 'host/192.168.56.77')).toContain('0.0.0.0/0 via 192.168.56.1 dev eth0');
    undo();
    expect([...netns(world, 'switch/lan').links.keys()].filter((l) => l.startsWith('uh-'))).toEqual([
      'uh-client',
    ]);
    expect(JSON.stringify(routes(world, 'router/gateway'))).toBe(before);
  });

  it('stands behind the gateway when no LAN holds its address', () => {
    const world = build(LAN, NODES);
    const address = ip('198.51.100.9');
    addNetns(world, externalHostNetns(address));
    commitOrThrow(world, externalHostOperations(world, address));
    const way = routes(world, 'router/gateway').find((r) => r.startsWith('198.51.100.9/32 dev to'));
    expect(way).toMatch(/ link$/);
  });

  it('is the host of the Topology or the client when one has the address', () => {
    const world = build(LAN, NODES);
    expect(externalHostId(world, ip('192.168.56.100'))).toBe('host/client');
    expect(externalHostOperations(world, ip('192.168.56.100'))).toEqual([]);
  });
});

describe('an announced address', () => {
  it('inside the LAN is answered for by the node alone', () => {
    const world = build(LAN, NODES);
    commitOrThrow(world, announceOperations(world, ip('192.168.56.240'), 'node2'));
    expect([...(netns(world, 'node/node2').proxyNeighbours.get('eth0')?.keys() ?? [])]).toEqual([
      ip('192.168.56.240'),
    ]);
    expect(routes(world, 'router/gateway').some((r) => r.includes('192.168.56.240'))).toBe(false);
  });

  it('outside the LAN is on the LAN for its routers, and through them for the routers behind', () => {
    const world = build(CHAIN, [node('a1', ['192.168.56.11']), node('c1', ['192.168.64.11'])]);
    commitOrThrow(world, announceOperations(world, ip('203.0.113.10'), 'c1'));
    expect(routes(world, 'router/r2')).toContain('203.0.113.10/32 dev eth1 link');
    expect(routes(world, 'router/r1')).toContain('203.0.113.10/32 via 192.168.60.254 dev eth1');
  });

  it('needs nothing twice, nor for an address that the node has or a node that does not exist', () => {
    const world = build(LAN, NODES);
    commitOrThrow(world, announceOperations(world, ip('192.168.56.240'), 'node2'));
    expect(announceOperations(world, ip('192.168.56.240'), 'node2')).toEqual([]);
    expect(announceOperations(world, ip('192.168.56.11'), 'node1')).toEqual([]);
    expect(announceOperations(world, ip('192.168.56.240'), 'node9')).toEqual([]);
  });
});
