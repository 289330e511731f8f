import { type Family, hash16 } from '../../addr/index.ts';

/**
 * The names that kube-router's controller gives its chains and sets (pkg/controllers/netpol/policy.go, pod.go of
 * v2.9.0): a prefix and 16 letters of a hash of the parts, written one after the other without anything between.
 */

/** The time of the sync in nanoseconds, in the real program: chains get other names each time. Here always the same. */
const VERSION = '1';
const FAMILY: Readonly<Record<Family, string>> = { 4: 'IPv4', 6: 'IPv6' };

export type Direction = 'ingress' | 'egress';

/** podFirewallChainName: the same in both families. */
export function podChainName(namespace: string, pod: string): string {
  return `KUBE-POD-FW-${hash16(namespace + pod + VERSION)}`;
}

/** networkPolicyChainName. */
export function policyChainName(namespace: string, policy: string, family: Family): string {
  return `KUBE-NWPLCY-${hash16(namespace + policy + VERSION + FAMILY[family])}`;
}

/** The pods that a policy selects, as destinations or as sources (policyDestinationPodIPSetName, policySourcePodIPSetName). */
export function targetSetName(side: Side, namespace: string, policy: string, family: Family): string {
  return setName(side, namespace + policy + FAMILY[family], family);
}

/** A rule's peers (policyIndexedSourcePodIPSetName and its like); `rule` counts from 0. */
export function peerSetName(
  direction: Direction,
  kind: 'pod' | 'ipblock',
  namespace: string,
  policy: string,
  rule: number,
  family: Family,
): string {
  const side = direction === 'ingress' ? 'SRC' : 'DST';
  return setName(side, `${namespace}${policy}${direction}rule${rule}${FAMILY[family]}${kind}`, family);
}

/** The pods whose named port has one number; `port` counts a rule's named ports from 0. */
export function namedPortSetName(
  direction: Direction,
  namespace: string,
  policy: string,
  rule: number,
  port: number,
  family: Family,
): string {
  return setName(
    'DST',
    `${namespace}${policy}${direction}rule${rule}${port}${FAMILY[family]}namedport`,
    family,
  );
}

export type Side = 'SRC' | 'DST';

/** Sets of the two families share a namespace: IPv6 ones are told by their name. */
function setName(side: Side, seed: string, family: Family): string {
  return `${family === 6 ? 'inet6:' : ''}KUBE-${side}-${hash16(seed)}`;
}

/** The comment of a rule of the top chains: a text and a hash of chain and rule (addUUIDForRuleSpec). */
export function withUuid(
  chain: string,
  comment: string,
  before: readonly string[],
  after: readonly string[],
): string {
  const words = [...before, '-m', 'comment', '--comment', comment, ...after];
  return `${comment} - ${hash16(chain + words.join(''))}`;
}
