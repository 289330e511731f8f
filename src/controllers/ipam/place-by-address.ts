import { cidrOf, contains, formatCidr, type Ip } from '../../addr/index.ts';
import { assumedNode, type ClusterObjects, isFinished, type Node, type Pod } from '../../k8s/index.ts';

/**
 * Gives pods that have addresses and name no node the node on whose range they are: the podCIDR that holds them, or
 * the subnet (/24) in which other pods of a node lie. Pods of one subnet that no node has yet stay together, each subnet
 * on a node of its own; assumed nodes are made as many as that takes. What is left, the scheduler places.
 */
export function placeByAddress(objects: ClusterObjects): ClusterObjects {
  const homeless = objects.pods.filter(isHomeless);
  if (homeless.length === 0) return objects;
  const { subnetLen } = objects.flannel;
  const subnetOf = (ip: Ip): string => formatCidr(cidrOf(ip, typeof ip === 'number' ? subnetLen : 64));
  const nodes = [...objects.nodes];
  const claimed = new Map<string, string>();
  for (const { hostNetwork, nodeName, podIPs } of objects.pods) {
    if (hostNetwork || nodeName === '') continue;
    for (const ip of podIPs) if (!claimed.has(subnetOf(ip))) claimed.set(subnetOf(ip), nodeName);
  }
  const claimants = new Set(claimed.values());
  const give = (subnet: string): string | undefined => {
    const free = nodes.find(({ meta, podCIDRs }) => podCIDRs.length === 0 && !claimants.has(meta.name));
    const node = free ?? another(nodes);
    if (node === undefined) return undefined;
    if (free === undefined) nodes.push(node);
    claimed.set(subnet, node.meta.name);
    claimants.add(node.meta.name);
    return node.meta.name;
  };
  // By address, so that node1 has the first subnet whatever the order of the pods.
  const bare = homeless.flatMap(({ podIPs: [ip] }) =>
    ip === undefined || holderOf(nodes, ip) !== undefined ? [] : [ip],
  );
  for (const ip of bare.sort(byValue)) if (!claimed.has(subnetOf(ip))) give(subnetOf(ip));
  const pods = objects.pods.map((pod): Pod => {
    const [ip] = pod.podIPs;
    if (ip === undefined || !isHomeless(pod)) return pod;
    const nodeName = holderOf(nodes, ip) ?? claimed.get(subnetOf(ip)) ?? '';
    return nodeName === '' ? pod : { ...pod, nodeName };
  });
  return { ...objects, nodes, pods };
}

function isHomeless(pod: Pod): boolean {
  return (
    pod.nodeName === '' &&
    pod.podIPs.length > 0 &&
    !pod.hostNetwork &&
    !isFinished(pod) &&
    pod.unscheduled === undefined
  );
}

function holderOf(nodes: readonly Node[], ip: Ip): string | undefined {
  return nodes.find(({ podCIDRs }) => podCIDRs.some((range) => contains(range, ip)))?.meta.name;
}

/** IPv4 first. */
function byValue(a: Ip, b: Ip): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** More assumed nodes than this help nobody. */
const MOST_ASSUMED = 100;

/** One more node where all are assumed; undefined: Nodes are given, and stay as many as they are. */
function another(nodes: readonly Node[]): Node | undefined {
  if (nodes.length >= MOST_ASSUMED || nodes.some(({ assumed }) => assumed !== true)) return undefined;
  const names = new Set(nodes.map(({ meta }) => meta.name));
  let n = 1;
  while (names.has(`node${n}`)) n++;
  return assumedNode(`node${n}`);
}
