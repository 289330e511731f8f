import { cidr, type Ip, ip, parseMac } from '../../src/addr/index.ts';
import { parseIptablesSave } from '../../src/formats/index.ts';
import {
  addNetns,
  commit,
  createWorld,
  type Netns,
  type Operation,
  type Origin,
  type Program,
  type World,
} from '../../src/kernel/index.ts';

/**
 * Two nodes by hand, without any controller: a LAN with a client and a gateway, cni0 and flannel.1 on each node,
 * pods a1 (10.244.1.2) and b1 (10.244.1.3) on node1, a2 (10.244.2.2) on node2. What a test wants different it
 * commits on top.
 */
const origin = (program: Program): Origin => ({ program });

function mac(text: string): number {
  const value = parseMac(text);
  if (value === undefined) throw new Error(`bad MAC ${text}`);
  return value;
}

/** Commits, and throws on a refusal: tests write operations that must work. */
export function must(world: World, operations: readonly Operation[]): void {
  const error = commit(world, operations);
  if (error !== undefined) throw new Error(`${error.message} at ${JSON.stringify(error.operation.op)}`);
}

function veth(
  a: string,
  nameA: string,
  macA: string,
  b: string,
  nameB: string,
  macB: string,
  mtu = 1500,
): Operation[] {
  return [
    {
      op: 'veth-add',
      ends: [
        { netns: a, name: nameA, mac: mac(macA), mtu },
        { netns: b, name: nameB, mac: mac(macB), mtu },
      ],
      origin: origin('underlay'),
    },
    { op: 'link-up', netns: a, name: nameA },
    { op: 'link-up', netns: b, name: nameB },
  ];
}

function address(netns: string, device: string, text: string, length: number): Operation {
  return {
    op: 'address-add',
    netns,
    device,
    ip: ip(text),
    length,
    broadcast: length < 31,
    origin: origin('underlay'),
  };
}

function route(netns: string, dst: string, via: string, device: string, onlink = false): Operation {
  return {
    op: 'route-replace',
    netns,
    route: { dst: cidr(dst), via: ip(via), device, onlink },
    origin: origin('underlay'),
  };
}

function lanPort(world: World, id: string, port: number, at: string): void {
  must(world, [
    ...veth(
      id,
      'eth0',
      `02:00:00:00:56:${port.toString(16)}`,
      'switch/lan',
      `p${port}`,
      `02:00:00:00:57:${port.toString(16)}`,
    ),
    { op: 'link-master', netns: 'switch/lan', name: `p${port}`, bridge: 'br0' },
    address(id, 'eth0', at, 24),
    ...(at.endsWith('.1') ? [] : [route(id, '0.0.0.0/0', '192.168.56.1', 'eth0')]),
  ]);
}

function node(world: World, i: number, backend: 'vxlan' | 'host-gw'): void {
  const id = `node/node${i}`;
  addNetns(world, { id, kind: 'node', label: `node${i}`, name: `n${i}`, node: `node${i}` });
  lanPort(world, id, 10 + i, `192.168.56.${10 + i}`);
  const set = (key: string, value: string): Operation => ({
    op: 'sysctl',
    netns: id,
    key,
    value,
    origin: origin('kubelet'),
  });
  must(world, [set('net.ipv4.ip_forward', '1'), set('net.ipv4.conf.all.route_localnet', '1')]);
  const other = 3 - i;
  if (backend === 'host-gw') {
    must(world, [route(id, `10.244.${other}.0/24`, `192.168.56.${10 + other}`, 'eth0')]);
  } else {
    must(world, [
      {
        op: 'link-add',
        netns: id,
        link: {
          kind: 'vxlan',
          name: 'flannel.1',
          mac: mac(`aa:bb:cc:00:00:0${i}`),
          mtu: 1450,
          vni: 1,
          device: 'eth0',
          local: ip(`192.168.56.${10 + i}`),
          dstPort: 8472,
          learning: false,
        },
        origin: origin('flannel'),
      },
      { op: 'link-up', netns: id, name: 'flannel.1' },
      address(id, 'flannel.1', `10.244.${i}.0`, 32),
      {
        op: 'neighbour-replace',
        netns: id,
        device: 'flannel.1',
        ip: ip(`10.244.${other}.0`),
        mac: mac(`aa:bb:cc:00:00:0${other}`),
        state: 'PERMANENT',
        origin: origin('flannel'),
      },
      {
        op: 'fdb-replace',
        netns: id,
        device: 'flannel.1',
        mac: mac(`aa:bb:cc:00:00:0${other}`),
        dst: ip(`192.168.56.${10 + other}`),
        origin: origin('flannel'),
      },
      route(id, `10.244.${other}.0/24`, `10.244.${other}.0`, 'flannel.1', true),
      {
        op: 'listen',
        netns: id,
        socket: {
          protocol: 'udp',
          port: 8472,
          owner: { kind: 'vxlan', device: 'flannel.1' },
          origin: origin('flannel'),
        },
      },
    ]);
  }
  must(world, [
    {
      op: 'link-add',
      netns: id,
      link: { kind: 'bridge', name: 'cni0', mac: mac(`0a:00:00:00:00:0${i}`) },
      origin: origin('cni'),
    },
    { op: 'link-up', netns: id, name: 'cni0' },
    address(id, 'cni0', `10.244.${i}.1`, 24),
  ]);
}

function pod(world: World, name: string, i: number, last: number): void {
  const id = `pod/default/${name}`;
  addNetns(world, { id, kind: 'pod', label: `default/${name}`, name, node: `node${i}` });
  must(world, [
    ...veth(
      id,
      'eth0',
      `06:00:00:00:0${i}:0${last}`,
      `node/node${i}`,
      `veth${name}`,
      `0e:00:00:00:0${i}:0${last}`,
      1450,
    ),
    { op: 'link-master', netns: `node/node${i}`, name: `veth${name}`, bridge: 'cni0' },
    { op: 'bridge-port', netns: `node/node${i}`, name: `veth${name}`, hairpin: true },
    address(id, 'eth0', `10.244.${i}.${last}`, 24),
    route(id, '10.244.0.0/16', `10.244.${i}.1`, 'eth0'),
    route(id, '0.0.0.0/0', `10.244.${i}.1`, 'eth0'),
  ]);
  for (const protocol of ['tcp', 'udp'] as const)
    listen(world, id, protocol, 8080, { name, node: `node${i}` });
}

export function listen(
  world: World,
  netns: string,
  protocol: 'tcp' | 'udp' | 'sctp',
  port: number,
  owner: { readonly name: string; readonly node: string },
  at?: Ip,
): void {
  must(world, [
    {
      op: 'listen',
      netns,
      socket: {
        protocol,
        port,
        ...(at === undefined ? {} : { ip: at }),
        owner: { kind: 'pod', namespace: 'default', assumed: false, ...owner },
        origin: origin('user'),
      },
    },
  ]);
}

export function twoNodeWorld(backend: 'vxlan' | 'host-gw' = 'vxlan'): World {
  const world = createWorld();
  addNetns(world, { id: 'switch/lan', kind: 'switch', label: 'lan', name: 'lan' });
  must(world, [
    {
      op: 'link-add',
      netns: 'switch/lan',
      link: { kind: 'bridge', name: 'br0', mac: 0x020000000001 },
      origin: origin('underlay'),
    },
    { op: 'link-up', netns: 'switch/lan', name: 'br0' },
    {
      op: 'sysctl',
      netns: 'switch/lan',
      key: 'net.bridge.bridge-nf-call-iptables',
      value: '0',
      origin: origin('underlay'),
    },
  ]);
  addNetns(world, { id: 'router/gateway', kind: 'router', label: 'gateway', name: 'gateway' });
  lanPort(world, 'router/gateway', 1, '192.168.56.1');
  must(world, [
    {
      op: 'sysctl',
      netns: 'router/gateway',
      key: 'net.ipv4.ip_forward',
      value: '1',
      origin: origin('underlay'),
    },
    {
      op: 'route-add',
      netns: 'router/gateway',
      route: { dst: cidr('0.0.0.0/0'), type: 'blackhole' },
      origin: origin('underlay'),
    },
  ]);
  addNetns(world, { id: 'host/client', kind: 'host', label: 'client', name: 'client' });
  lanPort(world, 'host/client', 100, '192.168.56.100');
  for (const i of [1, 2]) node(world, i, backend);
  pod(world, 'a1', 1, 2);
  pod(world, 'b1', 1, 3);
  pod(world, 'a2', 2, 2);
  return world;
}

/** Loads an iptables-save text into a node, as `iptables-restore` does. */
export function restore(world: World, netns: string, text: string): Netns {
  const parsed = parseIptablesSave(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  for (const table of parsed.ruleset.tables.values()) {
    const builtin = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);
    const chains = [...table.chains.values()];
    must(world, [
      {
        op: 'iptables-restore',
        netns,
        family: 4,
        tables: [
          {
            table: table.name,
            chains: chains
              .filter((c) => !builtin.has(c.name))
              .map((c) => ({ name: c.name, origin: c.origin })),
            rules: chains.flatMap((c) => c.rules.map((rule) => ({ chain: c.name, rule }))),
            policies: chains.flatMap((c) =>
              c.policy === undefined ? [] : [{ chain: c.name, policy: c.policy }],
            ),
          },
        ],
      },
    ]);
  }
  const found = world.netns.get(netns);
  if (found === undefined) throw new Error(netns);
  return found;
}
