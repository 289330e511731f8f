import {
  type Cidr,
  cidr,
  cidrOf,
  contains,
  formatCidr,
  formatIp,
  type Ip,
  ip,
  lastIp,
  nthIp,
  overlaps,
} from '../../addr/index.ts';
import type {
  Diagnostic,
  Node,
  Topology,
  TopologyHost,
  TopologyNetwork,
  TopologyRouter,
} from '../../k8s/index.ts';
import { at } from './completion.ts';

const DEFAULT_LAN: TopologyNetwork = {
  name: 'lan',
  cidr: cidr('192.168.56.0/24'),
  gateway: ip('192.168.56.1'),
  mtu: 1500,
};

/** The host outside the cluster that `external` means. */
const CLIENT = 'client';
const CLIENT_NUMBER = 100;
/** The first address that a node without one gets is the eleventh of its LAN. */
const FIRST_NODE_NUMBER = 11;

/** The address by which a node stands on its LAN: its first InternalIP, IPv4 preferred. */
export function lanAddress(node: Node): Ip | undefined {
  return node.internalIPs.find((a) => typeof a === 'number') ?? node.internalIPs[0];
}

/**
 * The LANs: those of the Topology, which then must hold every node address (PW403), else a /24 (IPv6: /64) around
 * each node's address, else 192.168.56.0/24. Several inferred LANs are joined by one router (note PW402).
 */
export function completeNetworks(
  topology: Topology,
  nodes: readonly Node[],
  diagnostics: Diagnostic[],
): Topology {
  if (topology.networks.length > 0) {
    for (const node of nodes) {
      const address = lanAddress(node);
      if (address === undefined || topology.networks.some((n) => contains(n.cidr, address))) continue;
      const around = cidrOf(address, typeof address === 'number' ? 24 : 64);
      diagnostics.push({
        severity: 'error',
        code: 'PW403',
        message: `InternalIP ${formatIp(address)} of Node ${node.meta.name} is in none of the Topology's networks (${topology.networks.map((n) => formatCidr(n.cidr)).join(', ')})`,
        fix: `add a network to the Topology: { name: lan-${nodes.indexOf(node) + 1}, cidr: ${formatCidr(around)}, gateway: ${formatIp(nthIp(around, 1))} }`,
        ...at(node.meta, 'status', 'addresses'),
      });
    }
    return topology;
  }
  const networks = inferNetworks(topology.hosts, nodes);
  if (networks.length <= 1 || topology.routers.length > 0) return { ...topology, networks };
  diagnostics.push({
    severity: 'note',
    code: 'PW402',
    message: `the nodes' addresses lie in ${networks.length} LANs (${networks.map((n) => formatCidr(n.cidr)).join(', ')}); one router is assumed to join them`,
    fix: 'write a Topology with networks and routers to say otherwise',
  });
  return { ...topology, networks, routers: [{ name: 'gateway', networks: networks.map((n) => n.name) }] };
}

function inferNetworks(hosts: readonly TopologyHost[], nodes: readonly Node[]): TopologyNetwork[] {
  const around = new Map<Ip, Cidr>();
  const used = new Set<Ip>(hosts.map((h) => h.ip));
  for (const node of nodes) {
    const address = lanAddress(node);
    if (address === undefined) continue;
    used.add(address);
    const prefix = contains(DEFAULT_LAN.cidr, address)
      ? DEFAULT_LAN.cidr
      : cidrOf(address, typeof address === 'number' ? 24 : 64);
    around.set(prefix.base, prefix);
  }
  if (around.size === 0) return [DEFAULT_LAN];
  return [...around.values()].map((prefix, i) => ({
    name: around.size === 1 ? 'lan' : `lan${i + 1}`,
    cidr: prefix,
    gateway: gatewayOf(prefix, used),
    mtu: DEFAULT_LAN.mtu,
  }));
}

/** The first address of the LAN, or when a node has that one the last free one. */
function gatewayOf(prefix: Cidr, used: ReadonlySet<Ip>): Ip {
  const first = nthIp(prefix, 1);
  if (!used.has(first)) return first;
  const last = lastIp(prefix);
  for (let back = 1; back < 255; back++) {
    const candidate: Ip = typeof last === 'number' ? last - back : last - BigInt(back);
    if (!used.has(candidate)) return candidate;
  }
  return first;
}

/** Gives each network that no router joins a router of its own, `gateway` or, of several, `gateway-NETWORK`. */
export function completeRouters(topology: Topology): Topology {
  const routed = new Set(topology.routers.flatMap((r) => r.networks));
  const bare = topology.networks.filter((n) => !routed.has(n.name));
  if (bare.length === 0) return topology;
  const names = new Set(topology.routers.map((r) => r.name));
  const routers: TopologyRouter[] = bare.map((network) => {
    const single = bare.length === 1 && !names.has('gateway');
    return { name: single ? 'gateway' : `gateway-${network.name}`, networks: [network.name] };
  });
  return { ...topology, routers: [...topology.routers, ...routers] };
}

/** Every address of the LANs that something has. */
export function takenAddresses(topology: Topology, nodes: readonly Node[]): Set<Ip> {
  return new Set([
    ...topology.networks.map((n) => n.gateway),
    ...topology.hosts.map((h) => h.ip),
    ...nodes.flatMap((n) => n.internalIPs),
  ]);
}

/** Gives nodes without InternalIP the free addresses of the first LAN from .11 on, the client's .100 left out. */
export function completeNodeAddresses(
  topology: Topology,
  nodes: readonly Node[],
  diagnostics: Diagnostic[],
): readonly Node[] {
  const lan = topology.networks[0];
  if (lan === undefined || nodes.every((n) => n.internalIPs.length > 0)) return nodes;
  const taken = takenAddresses(topology, nodes).add(nthIp(lan.cidr, CLIENT_NUMBER));
  let next = FIRST_NODE_NUMBER;
  return nodes.map((node) => {
    if (node.internalIPs.length > 0) return node;
    while (isUsable(lan.cidr, nthIp(lan.cidr, next)) && taken.has(nthIp(lan.cidr, next))) next++;
    const address = nthIp(lan.cidr, next);
    if (!isUsable(lan.cidr, address)) {
      diagnostics.push({
        severity: 'error',
        code: 'PW404',
        message: `no address is left in ${formatCidr(lan.cidr)} for Node ${node.meta.name}`,
        fix: 'give the nodes an InternalIP in status.addresses, or a larger network in a Topology',
        ...at(node.meta, 'status', 'addresses'),
      });
      return node;
    }
    next++;
    return { ...node, internalIPs: [address] };
  });
}

/** Inside the prefix, and neither its first nor its last address. */
function isUsable(prefix: Cidr, address: Ip): boolean {
  return contains(prefix, address) && address !== prefix.base && address !== lastIp(prefix);
}

/** Adds the external client at .100 of the first LAN, or at the next free address (note PW413). */
export function completeHosts(
  topology: Topology,
  nodes: readonly Node[],
  diagnostics: Diagnostic[],
): Topology {
  const lan = topology.networks[0];
  if (lan === undefined || topology.hosts.some((h) => h.name === CLIENT)) return topology;
  const taken = takenAddresses(topology, nodes);
  const wanted = nthIp(lan.cidr, CLIENT_NUMBER);
  const candidates = function* (): Generator<Ip> {
    for (let n = CLIENT_NUMBER; isUsable(lan.cidr, nthIp(lan.cidr, n)) && n < 4096; n++)
      yield nthIp(lan.cidr, n);
    for (let n = CLIENT_NUMBER - 1; n > 0; n--) yield nthIp(lan.cidr, n);
  };
  for (const address of candidates()) {
    if (taken.has(address) || !isUsable(lan.cidr, address)) continue;
    if (address !== wanted) {
      diagnostics.push({
        severity: 'note',
        code: 'PW413',
        message: `${formatIp(wanted)} is not free; the external client has ${formatIp(address)}`,
        fix: 'name the external client in a Topology: hosts: [{ name: client, ip: ... }]',
      });
    }
    const client: TopologyHost = { name: CLIENT, ip: address, network: lan.name, listens: [] };
    return { ...topology, hosts: [client, ...topology.hosts] };
  }
  return topology;
}

/** Two nodes, hosts or gateways with one address, and networks that overlap (PW409). */
export function checkAddresses(topology: Topology, nodes: readonly Node[], diagnostics: Diagnostic[]): void {
  const owners = new Map<Ip, string>();
  const claim = (address: Ip, owner: string, place: Pick<Diagnostic, 'at'>): void => {
    const other = owners.get(address);
    if (other === undefined) {
      owners.set(address, owner);
      return;
    }
    if (other === owner) return;
    diagnostics.push({
      severity: 'error',
      code: 'PW409',
      message: `${formatIp(address)} belongs to ${other} and to ${owner}`,
      fix: 'give each its own address',
      ...place,
    });
  };
  const inTopology: Pick<Diagnostic, 'at'> =
    topology.source === undefined ? {} : { at: { source: topology.source, path: ['hosts'] } };
  for (const network of topology.networks) claim(network.gateway, `the gateway of ${network.name}`, {});
  for (const node of nodes) {
    for (const address of node.internalIPs)
      claim(address, `Node ${node.meta.name}`, at(node.meta, 'status', 'addresses'));
  }
  for (const host of topology.hosts) claim(host.ip, `host ${host.name}`, inTopology);
  topology.networks.forEach((network, i) => {
    const other = topology.networks.slice(0, i).find((n) => overlaps(n.cidr, network.cidr));
    if (other === undefined) return;
    diagnostics.push({
      severity: 'error',
      code: 'PW409',
      message: `networks ${other.name} (${formatCidr(other.cidr)}) and ${network.name} (${formatCidr(network.cidr)}) overlap`,
      fix: 'give each network its own range',
      ...(topology.source === undefined ? {} : { at: { source: topology.source, path: ['networks', i] } }),
    });
  });
}
