import { type Cidr, contains, familyOf, type Ip, nthIp, stableHex, widthOf } from '../../addr/index.ts';
import { isFinished, type Node, type Pod } from '../../k8s/index.ts';

/** Whether kubelet runs the plugins for a pod: it is there, and not on the network of its node. */
export function hasOwnNetwork(pod: Pod): boolean {
  return !pod.hostNetwork && !isFinished(pod) && pod.podIPs.length > 0;
}

/** The range of its node that an address was given from. */
export interface Range {
  readonly range?: Cidr;
  readonly gateway?: Ip;
  readonly length: number;
  /** The address is outside every CIDR of the node. */
  readonly stray: boolean;
}

export function rangeOf(ip: Ip, node: Node): Range {
  const range = node.podCIDRs.find((c) => contains(c, ip));
  const fallback = range ?? node.podCIDRs.find((c) => typeof c.base === typeof ip);
  const stray = range === undefined;
  const length = range?.length ?? widthOf(familyOf(ip));
  if (fallback === undefined) return { length, stray };
  return { range: fallback, gateway: nthIp(fallback, 1), length, stray };
}

/**
 * The id of the pod's sandbox, which the runtime draws at random: 64 hex digits that depend on namespace and name
 * alone. Not on the uid, which only a running cluster knows: a pod from git and the same from kubectl are one.
 */
export function containerId({ meta }: Pod): string {
  return stableHex(`sandbox/${meta.namespace}/${meta.name}`, 64);
}

/** What the plugins call a pod's rules (utils.FormatComment). */
export function commentOf(network: string, pod: Pod): string {
  return `name: "${network}" id: "${containerId(pod)}"`;
}
