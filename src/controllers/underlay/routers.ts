import { type Cidr, cidrOf, type Ip, lastIp, nthIp } from '../../addr/index.ts';
import type { Node, Topology, TopologyNetwork } from '../../k8s/index.ts';
import type { NetnsSpec, Operation, Origin } from '../../kernel/index.ts';
import { deviceName, routerId, switchId } from './names.ts';
import { type NextHop, nextHops, type RouterPort } from './router-graph.ts';
import { cableOperations, DEFAULT_ROUTE4, DEFAULT_ROUTE6, plainSysctls } from './switch.ts';

/**
 * The address of each router on each of its networks: the first router of a network owns the gateway address,
 * further ones take the network's last free addresses.
 */
export function routerPorts(topology: Topology, nodes: readonly Node[]): RouterPort[] {
  const networks = new Map(topology.networks.map((n) => [n.name, n]));
  const taken = new Set<Ip>([
    ...topology.networks.map((n) => n.gateway),
    ...topology.hosts.map((h) => h.ip),
    ...nodes.flatMap((n) => n.internalIPs),
  ]);
  const gatewayGiven = new Set<string>();
  const ports: RouterPort[] = [];
  for (const router of topology.routers) {
    let number = 0;
    for (const name of new Set(router.networks)) {
      const network = networks.get(name);
      if (network === undefined) continue;
      const ip = gatewayGiven.has(name) ? lastFree(network.cidr, taken) : network.gateway;
      gatewayGiven.add(name);
      taken.add(ip);
      ports.push({ router: router.name, network, device: `eth${number++}`, ip });
    }
  }
  return ports;
}

function lastFree(cidr: Cidr, taken: ReadonlySet<Ip>): Ip {
  let ip = lastIp(cidr);
  do ip = typeof ip === 'number' ? ip - 1 : ip - 1n;
  while (taken.has(ip));
  return ip;
}

export function routerNetns(router: string): NetnsSpec {
  return { id: routerId(router), kind: 'router', label: router, name: router };
}

/**
 * A router: a device and an address on each of its networks, forwarding on, routes to the networks behind other
 * routers, and a blackhole for everything that nobody owns. Where nodes of a network also have IPv6 addresses, it
 * owns the first address of their /64.
 */
export function routerOperations(
  router: string,
  ports: readonly RouterPort[],
  prefixes6: ReadonlyMap<string, Cidr>,
  origin: Origin,
): Operation[] {
  const netns = routerId(router);
  const operations: Operation[] = [
    ...plainSysctls(netns, origin),
    { op: 'sysctl', netns, key: 'net.ipv4.ip_forward', value: '1', origin },
    { op: 'sysctl', netns, key: 'net.ipv6.conf.all.forwarding', value: '1', origin },
  ];
  for (const { network, device, ip } of ports.filter((p) => p.router === router)) {
    operations.push(
      ...cableOperations({
        netns,
        device,
        port: deviceName('ur-', router),
        switch: switchId(network.name),
        mtu: network.mtu,
        origin,
      }),
      { op: 'address-add', netns, device, ip, length: network.cidr.length, broadcast: true, origin },
    );
    const prefix6 = prefixes6.get(network.name);
    if (prefix6 !== undefined && ip === network.gateway) {
      const ip6 = nthIp(prefix6, 1);
      operations.push({ op: 'address-add', netns, device, ip: ip6, length: 64, broadcast: false, origin });
    }
    operations.push({ op: 'link-up', netns, name: device });
  }
  for (const { network, via, device } of remoteNetworks(router, ports)) {
    operations.push({ op: 'route-add', netns, route: { dst: network.cidr, via, device }, origin });
  }
  operations.push(
    { op: 'route-add', netns, route: { dst: DEFAULT_ROUTE4, type: 'blackhole' }, origin },
    { op: 'route-add', netns, route: { dst: DEFAULT_ROUTE6, type: 'blackhole', device: 'lo' }, origin },
  );
  return operations;
}

interface RemoteNetwork extends NextHop {
  readonly network: TopologyNetwork;
}

/** Networks that a router reaches through others, nearest first, each with its first next hop. */
function remoteNetworks(router: string, ports: readonly RouterPort[]): RemoteNetwork[] {
  const seen = new Set(ports.filter((p) => p.router === router).map((p) => p.network.name));
  const found: RemoteNetwork[] = [];
  for (const [other, hop] of nextHops(router, ports)) {
    for (const { network } of ports.filter((p) => p.router === other)) {
      if (seen.has(network.name)) continue;
      seen.add(network.name);
      found.push({ network, ...hop });
    }
  }
  return found;
}

/** The /64 of the first IPv6 node address of each network: `network name -> prefix`. */
export function ipv6Prefixes(
  nodes: readonly Node[],
  networkOf: (node: Node) => TopologyNetwork | undefined,
): Map<string, Cidr> {
  const prefixes = new Map<string, Cidr>();
  const taken = new Set(nodes.flatMap((n) => n.internalIPs));
  for (const node of nodes) {
    const network = networkOf(node);
    const ip6 = node.internalIPs.find((a) => typeof a === 'bigint');
    if (network === undefined || ip6 === undefined || prefixes.has(network.name)) continue;
    const prefix = cidrOf(ip6, 64);
    // A network that is IPv6 itself has its gateway; and a node may have the first address.
    if (typeof network.cidr.base === 'bigint' || taken.has(nthIp(prefix, 1))) continue;
    prefixes.set(network.name, prefix);
  }
  return prefixes;
}
