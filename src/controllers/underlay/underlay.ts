import { type Cidr, contains, type Ip, nthIp } from '../../addr/index.ts';
import type { Node, Topology, TopologyHost, TopologyNetwork } from '../../k8s/index.ts';
import type { NetnsSpec, Operation, Origin } from '../../kernel/index.ts';
import { behindRouterOperations, hostNetns, lanHostOperations } from './hosts.ts';
import { deviceName, nodeId, switchId } from './names.ts';
import type { RouterPort } from './router-graph.ts';
import { ipv6Prefixes, routerNetns, routerOperations, routerPorts } from './routers.ts';
import { cableOperations, defaultRoute, switchNetns, switchOperations } from './switch.ts';

const ORIGIN: Origin = { program: 'underlay' };
const NODE_DEVICE = 'eth0';

/** The namespaces below the cluster, and how they are set up, in order. */
export interface Underlay {
  readonly netns: readonly NetnsSpec[];
  readonly operations: readonly Operation[];
}

/** Switches, routers, hosts, and each node's namespace with its `eth0`. Wants completed objects. */
export function underlay(topology: Topology, nodes: readonly Node[]): Underlay {
  const networkOf = (node: Node): TopologyNetwork | undefined =>
    topology.networks.find((n) => node.internalIPs.some((ip) => contains(n.cidr, ip)));
  const ports = routerPorts(topology, nodes);
  const prefixes6 = ipv6Prefixes(nodes, networkOf);
  const used = topology.networks;
  const netns = [
    ...used.map(switchNetns),
    ...topology.routers.map((r) => routerNetns(r.name)),
    ...topology.hosts.map((h) => hostNetns(h.name)),
    ...nodes.map((n): NetnsSpec => {
      const { name } = n.meta;
      return { id: nodeId(name), kind: 'node', label: name, name, node: name };
    }),
  ];
  const operations = [
    ...used.flatMap((n) => switchOperations(n, ORIGIN)),
    ...topology.routers.flatMap((r) => routerOperations(r.name, ports, prefixes6, topologyOrigin(topology))),
    ...topology.hosts.flatMap((h) => hostOperations(h, topology, ports)),
    ...nodes.flatMap((n) => nodeOperations(n, networkOf(n), prefixes6)),
  ];
  return { netns, operations };
}

function topologyOrigin(topology: Topology): Origin {
  return topology.source === undefined
    ? ORIGIN
    : { program: 'underlay', object: { kind: 'Topology', name: 'topology' } };
}

function hostOperations(host: TopologyHost, topology: Topology, ports: readonly RouterPort[]): Operation[] {
  const origin = topologyOrigin(topology);
  const named = topology.networks.find((n) => n.name === host.network);
  const network = named ?? topology.networks.find((n) => contains(n.cidr, host.ip));
  const outside = { name: host.name, ip: host.ip, origin };
  return network === undefined ? behindRouterOperations(outside, ports) : lanHostOperations(outside, network);
}

function nodeOperations(
  node: Node,
  network: TopologyNetwork | undefined,
  prefixes6: ReadonlyMap<string, Cidr>,
): Operation[] {
  if (network === undefined) return [];
  const { name } = node.meta;
  const netns = nodeId(name);
  const origin: Origin = { program: 'underlay', object: { kind: 'Node', name }, field: 'status.addresses' };
  const addresses = onePerFamily(node.internalIPs);
  const prefix6 = prefixes6.get(network.name);
  const gateways: Ip[] = [];
  if (addresses.some((ip) => contains(network.cidr, ip))) gateways.push(network.gateway);
  if (prefix6 !== undefined && addresses.some((ip) => contains(prefix6, ip)))
    gateways.push(nthIp(prefix6, 1));
  return [
    ...cableOperations({
      netns,
      device: NODE_DEVICE,
      port: deviceName('un-', name),
      switch: switchId(network.name),
      mtu: network.mtu,
      origin,
    }),
    ...addresses.map(
      (ip): Operation => ({
        op: 'address-add',
        netns,
        device: NODE_DEVICE,
        ip,
        length: contains(network.cidr, ip) ? network.cidr.length : typeof ip === 'number' ? 32 : 64,
        broadcast: typeof ip === 'number',
        origin,
      }),
    ),
    { op: 'link-up', netns, name: NODE_DEVICE },
    ...gateways.map(
      (via): Operation => ({
        op: 'route-add',
        netns,
        route: { dst: defaultRoute(via), via, device: NODE_DEVICE },
        origin: ORIGIN,
      }),
    ),
  ];
}

function onePerFamily(addresses: readonly Ip[]): Ip[] {
  const v4 = addresses.find((a) => typeof a === 'number');
  const v6 = addresses.find((a) => typeof a === 'bigint');
  return [v4, v6].filter((a) => a !== undefined);
}
