import {
  type ClusterObjects,
  matchSelector,
  type NetworkPolicy,
  type Pod,
  type PolicyType,
} from '../k8s/index.ts';
import type { Connection, DirectionVerdict } from './policy-judge.ts';

/** What kube-router does otherwise than the specification of NetworkPolicy says. */
export interface PolicyDifference {
  readonly name: string;
  /** Against the specification, the datapath lets more through, or less, or either. */
  readonly effect: 'opens' | 'closes' | 'either';
  /** Whether the policies of one end can show it. */
  readonly shows: (asked: AskedPolicies) => boolean;
}

export interface AskedPolicies {
  readonly direction: PolicyType;
  /** The policies that isolate the end which is asked. */
  readonly policies: readonly NetworkPolicy[];
  /** The pod at the other end; undefined: none. */
  readonly other: Pod | undefined;
  /** The port of the node that the pod runs on, where that is the other end. */
  readonly ownNodePort?: number;
}

/** What a direction's policies are asked of a connection. */
export function askedOf(
  { nodes }: Pick<ClusterObjects, 'nodes'>,
  { direction, policies }: DirectionVerdict,
  { from, to, port }: Pick<Connection, 'from' | 'to' | 'port'>,
): AskedPolicies {
  const [self, other] = direction === 'Ingress' ? [to, from] : [from, to];
  const asked = { direction, policies, other: other.kind === 'pod' ? other.pod : undefined };
  if (direction === 'Ingress' || self.kind !== 'pod') return asked;
  const node = nodes.find(({ meta }) => meta.name === self.pod.nodeName);
  const ip = other.kind === 'address' ? other.ip : other.pod.hostNetwork ? other.pod.podIPs[0] : undefined;
  const own = ip !== undefined && node?.internalIPs.includes(ip) === true;
  return own ? { ...asked, ownNodePort: port } : asked;
}

function rulesOf(policies: readonly NetworkPolicy[], direction: PolicyType): NetworkPolicy['ingress'] {
  return policies.flatMap((policy) => (direction === 'Ingress' ? policy.ingress : policy.egress));
}

function isNamed({ port }: { readonly port?: number | string }): boolean {
  return typeof port === 'string';
}

/** All that are known, each with an example in test/unit/intent/policy-differences.test.ts. */
export const POLICY_DIFFERENCES: readonly PolicyDifference[] = [
  {
    name: 'a policy for both directions is one chain: its ingress rules let its pods out to each other, its egress rules in',
    effect: 'opens',
    shows: ({ policies, other }) =>
      policies.some(
        ({ meta, policyTypes, podSelector }) =>
          policyTypes.length > 1 &&
          meta.namespace === other?.meta.namespace &&
          matchSelector(podSelector, other.meta.labels),
      ),
  },
  {
    name: 'a rule with pods as peers whose named ports nobody has opens every port',
    effect: 'opens',
    shows: ({ policies, direction }) =>
      rulesOf(policies, direction).some(
        ({ peers, ports }) =>
          peers.some(({ kind }) => kind === 'pods') && ports.length > 0 && ports.every(isNamed),
      ),
  },
  {
    name: 'what a block leaves out is cut out of the other blocks of its rule',
    effect: 'closes',
    shows: ({ policies, direction }) =>
      rulesOf(policies, direction).some(({ peers }) => {
        const blocks = peers.flatMap((peer) => (peer.kind === 'ipBlock' ? [peer] : []));
        return blocks.length > 1 && blocks.some(({ except }) => except.length > 0);
      }),
  },
  {
    name: 'an egress rule for a named port and a block has no port',
    effect: 'closes',
    shows: ({ policies, direction }) =>
      direction === 'Egress' &&
      rulesOf(policies, direction).some(
        ({ peers, ports }) => peers.some(({ kind }) => kind === 'ipBlock') && ports.some(isNamed),
      ),
  },
  {
    name: "an egress rule for a named port and everybody opens the numbers that the name has in the policy's namespace",
    effect: 'either',
    shows: ({ policies, direction }) =>
      direction === 'Egress' &&
      rulesOf(policies, direction).some(({ peers, ports }) => peers.length === 0 && ports.some(isNamed)),
  },
  {
    name: 'a pod reaches the ports 30000 to 32767 of its own node: they are taken for node ports, which DNAT has not left',
    effect: 'opens',
    shows: ({ ownNodePort = 0 }) => ownNodePort >= 30_000 && ownNodePort <= 32_767,
  },
];
