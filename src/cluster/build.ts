import type { Cidr, Family, Ip } from '../addr/index.ts';
import { cniOperations, cniTables, hostPortConflicts } from '../controllers/cni/index.ts';
import {
  flannelOperations,
  flannelTables,
  leasesOf,
  peerOperations,
  podMtu,
  unreachablePeers,
} from '../controllers/flannel/index.ts';
import { kubeletOperations, kubeletTables } from '../controllers/kubelet/index.ts';
import { networkPolicySets, networkPolicyTables, policyState } from '../controllers/network-policy/index.ts';
import { nodeLocalDnsOperations, nodeLocalDnsTables } from '../controllers/node-local-dns/index.ts';
import { listeners } from '../controllers/sockets/index.ts';
import { underlay } from '../controllers/underlay/index.ts';
import {
  type ClusterObjects,
  clusterDnsAddress,
  DEFAULT_CNI,
  type Diagnostic,
  isFinished,
  isNodeLocalDns,
  type Meta,
  type Node,
  type Pod,
} from '../k8s/index.ts';
import {
  addNetns,
  commit,
  createWorld,
  formatOrigin,
  type Operation,
  type Program,
  type RestoreTable,
  type TransactionError,
} from '../kernel/index.ts';
import type { BuildOptions, Cluster } from './cluster.ts';
import { completeObjects } from './complete.ts';
import { deferPeers, deferSets, deferTables } from './defer.ts';
import { nodeNetnsId } from './places.ts';
import { deferProxy, proxyOperations } from './proxy.ts';

/** The MTU of pods on a node that flannel does not manage. */
const ETHERNET_MTU = 1500;

/**
 * Builds the state that the programs of a cluster leave, with nothing done by hand. Diagnostics of severity `error` mean that the input cannot be
 * used; they are collected, not thrown.
 */
export function buildState(given: ClusterObjects, options: Omit<BuildOptions, 'breaks'> = {}): Cluster {
  const completed = completeObjects(given);
  const { objects } = completed;
  const diagnostics = [...completed.diagnostics];
  const world = createWorld();
  const flannel = leasesOf(objects.nodes, objects.flannel, objects.topology);
  diagnostics.push(...flannel.diagnostics, ...unreachablePeers(flannel.leases, objects.flannel));
  if (diagnostics.some((d) => d.severity === 'error')) return { objects, world, diagnostics, breaks: [] };

  const run = (operations: readonly Operation[], meta?: Meta): void => {
    const error = commit(world, operations);
    if (error !== undefined) diagnostics.push(refused(error, meta));
  };
  const below = underlay(objects.topology, objects.nodes);
  for (const spec of below.netns) addNetns(world, spec);
  run(below.operations);

  const podsOf = groupPods(objects.pods);
  const networks = podNetworks(objects);
  const plugins = objects.cni ?? DEFAULT_CNI;
  const policies = policyState(objects);
  for (const [index, node] of objects.nodes.entries()) {
    options.watch?.('nodes', index, objects.nodes.length);
    const { meta } = node;
    const lease = flannel.leases.get(meta.name);
    run(kubeletOperations(node, hasIpv6(node)), meta);
    run(proxyOperations(world, objects, node), meta);
    if (lease !== undefined) run(flannelOperations(lease, objects.flannel), meta);
    const pods = podsOf.get(meta.name) ?? [];
    const mtu = lease === undefined ? ETHERNET_MTU : podMtu(lease, objects.flannel);
    const cni = cniOperations({ node, pods, networks, mtu, config: plugins });
    for (const spec of cni.netns) addNetns(world, spec);
    for (const { pod, operations } of cni.operations) run(operations, pod.meta);
    const cache = nodeCache(objects, pods);
    if (cache !== undefined) run(nodeLocalDnsOperations(node, cache.pod, cache.addresses), cache.pod.meta);
    const netns = world.netns.get(nodeNetnsId(meta.name));
    if (netns !== undefined) {
      if (lease !== undefined) {
        deferPeers(world, netns, () => peerOperations(lease, flannel.leases, objects.flannel));
      }
      const families: readonly Family[] = hasIpv6(node) ? [4, 6] : [4];
      const runs = (program: Program): boolean =>
        options.programs === undefined || options.programs.has(program);
      const proxied = deferProxy(world, netns, objects, node, families, runs('kube-proxy'));
      const tables = (program: Program): ((family: Family) => RestoreTable[]) | undefined => {
        switch (program) {
          case 'kubelet':
            return kubeletTables;
          case 'kube-proxy':
            return proxied;
          case 'flannel':
            return lease === undefined
              ? undefined
              : (family) => flannelTables(lease, objects.flannel, family);
          case 'cni':
            return (family) => cniTables(node, pods, family, plugins);
          case 'dns':
            return cache && ((family) => nodeLocalDnsTables(cache.pod, cache.addresses, family));
          case 'network-policy':
            return policies === undefined
              ? undefined
              : (family) => networkPolicyTables(policies, node, pods, family);
          default:
            return undefined;
        }
      };
      if (policies !== undefined && runs('network-policy'))
        deferSets(world, netns, () => networkPolicySets(policies, families));
      deferTables(world, netns, families, options, tables);
    }
  }
  const sockets = listeners(withoutBound(objects));
  diagnostics.push(...hostPortConflicts(objects.pods), ...sockets.diagnostics);
  run(sockets.operations);
  return { objects, world, diagnostics, breaks: [] };
}

/** The NodeLocal DNSCache of a node, and the addresses that it has there. */
function nodeCache(
  objects: ClusterObjects,
  pods: readonly Pod[],
): { readonly pod: Pod; readonly addresses: readonly Ip[] } | undefined {
  const { nodeLocalDns } = objects;
  if (nodeLocalDns === undefined) return undefined;
  const pod = pods.find(
    (one) => one.hostNetwork && !isFinished(one) && isNodeLocalDns(one.meta, one.meta.labels),
  );
  if (pod === undefined) return undefined;
  const { localIPs, takesClusterIp } = nodeLocalDns;
  const all = takesClusterIp ? [...localIPs, clusterDnsAddress(objects)] : localIPs;
  return { pod, addresses: [...new Set(all)] };
}

/** A cache declares port 53, and listens on it at its own addresses only. */
function withoutBound(objects: ClusterObjects): ClusterObjects {
  if (objects.nodeLocalDns === undefined) return objects;
  const pods = objects.pods.map((pod) =>
    isNodeLocalDns(pod.meta, pod.meta.labels)
      ? { ...pod, ports: pod.ports.filter(({ containerPort }) => containerPort !== 53) }
      : pod,
  );
  return { ...objects, pods };
}

/** IPv6 state exists only where a node has an IPv6 pod CIDR or address. */
function hasIpv6(node: Node): boolean {
  return (
    node.internalIPs.some((ip) => typeof ip === 'bigint') ||
    node.podCIDRs.some((c) => typeof c.base === 'bigint')
  );
}

/** The networks that pods route to their gateway, one a family (`ipam.routes` of flannel's delegate). */
function podNetworks({ flannel }: ClusterObjects): Cidr[] {
  return [
    ...(flannel.enableIPv4 ? [flannel.network] : []),
    ...(flannel.enableIPv6 && flannel.ipv6Network !== undefined ? [flannel.ipv6Network] : []),
  ];
}

function groupPods(pods: readonly Pod[]): Map<string, Pod[]> {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    const group = groups.get(pod.nodeName);
    if (group === undefined) groups.set(pod.nodeName, [pod]);
    else group.push(pod);
  }
  return groups;
}

/** A refused operation as a diagnostic about the object that it was done for. */
function refused({ operation, message }: TransactionError, meta: Meta | undefined): Diagnostic {
  const origin = 'origin' in operation ? ` for ${formatOrigin(operation.origin)}` : '';
  const source = meta?.source;
  return {
    severity: 'error',
    code: 'PW490',
    message: `${operation.op}${origin}: ${message}`,
    fix: 'two objects claim the same thing, or an address does not fit its network',
    ...(source === undefined ? {} : { at: { source, path: [] } }),
  };
}
