import { type Cidr, contains, formatCidr, formatIp, type Ip, lastIp, nthIp } from '../../addr/index.ts';
import type { Diagnostic, Node, Topology, TopologyHost, TopologyRouter } from '../../k8s/index.ts';
import { at } from './completion.ts';

/** The host outside the cluster that `external` means. */
const CLIENT = 'client';
const CLIENT_NUMBER = 100;
/** The first address that a node without one gets is the eleventh of its LAN. */
const FIRST_NODE_NUMBER = 11;

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
function takenAddresses(topology: Topology, nodes: readonly Node[]): Set<Ip> {
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

/** A node or host with the address of a gateway, a host with that of a node: error PW409. */
export function checkAddresses(topology: Topology, nodes: readonly Node[], diagnostics: Diagnostic[]): void {
  const owners = new Map<Ip, string>();
  const claim = (address: Ip, owner: string, place: Pick<Diagnostic, 'at'>): void => {
    const other = owners.get(address);
    if (other === undefined) {
      owners.set(address, owner);
      return;
    }
    diagnostics.push({
      severity: 'error',
      code: 'PW409',
      message: `${formatIp(address)} belongs to ${other} and to ${owner}`,
      fix: 'give each its own address',
      ...place,
    });
  };
  for (const network of topology.networks)
    claim(network.gateway, `the gateway of network ${network.name}`, {});
  for (const node of nodes) {
    for (const address of node.internalIPs)
      claim(address, `Node ${node.meta.name}`, at(node.meta, 'status', 'addresses'));
  }
  const { source } = topology;
  topology.hosts.forEach((host, i) => {
    const place = source === undefined ? {} : { at: { source, path: ['hosts', i, 'ip'] } };
    claim(host.ip, `host ${host.name}`, place);
  });
}
