import type { DirectionVerdict } from '../../src/intent/index.ts';
import {
  type ClusterObjects,
  matchSelector,
  type NetworkPolicy,
  type Pod,
  type PolicyType,
} from '../../src/k8s/index.ts';
import type { Leg } from './policy-legs.ts';

/**
 * What kube-router does otherwise than the specification of NetworkPolicy says (section by section of its source), each
 * with the policies that can show it and an example that does.
 */
export interface Difference {
  readonly name: string;
  /** Against the specification, the datapath lets more through, or less, or either. */
  readonly effect: 'opens' | 'closes' | 'either';
  readonly shows: (asked: Asked) => boolean;
  readonly example: Example;
}

export interface Asked {
  readonly direction: PolicyType;
  /** The policies that isolate the end which is asked. */
  readonly policies: readonly NetworkPolicy[];
  /** The pod at the other end; undefined: none. */
  readonly other: Pod | undefined;
  /** The port of the node that the pod runs on, where that is the other end. */
  readonly ownNodePort?: number;
}

/** What a direction's policies are asked of a leg. */
export function askedOf(
  { nodes }: Pick<ClusterObjects, 'nodes'>,
  { direction, policies }: DirectionVerdict,
  { from, to, port }: Leg,
): Asked {
  const [self, other] = direction === 'Ingress' ? [to, from] : [from, to];
  const asked = { direction, policies, other: other.kind === 'pod' ? other.pod : undefined };
  if (direction === 'Ingress' || self.kind !== 'pod') return asked;
  const node = nodes.find(({ meta }) => meta.name === self.pod.nodeName);
  const ip = other.kind === 'address' ? other.ip : other.pod.hostNetwork ? other.pod.podIPs[0] : undefined;
  const own = ip !== undefined && node?.internalIPs.includes(ip) === true;
  return own ? { ...asked, ownNodePort: port } : asked;
}

/** A connection in the cluster of `exampleText` that the two answer differently. */
export interface Example {
  /** The specs of policies of namespace default. */
  readonly policies: readonly object[];
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

function rulesOf(policies: readonly NetworkPolicy[], direction: PolicyType): NetworkPolicy['ingress'] {
  return policies.flatMap((policy) => (direction === 'Ingress' ? policy.ingress : policy.egress));
}

function isNamed({ port }: { readonly port?: number | string }): boolean {
  return typeof port === 'string';
}

const app = (name: string): object => ({ podSelector: { matchLabels: { app: name } } });
const ALL = { podSelector: {} };
const block = (cidr: string, ...except: string[]): object => ({ ipBlock: { cidr, except } });

export const DIFFERENCES: readonly Difference[] = [
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
    example: {
      policies: [{ ...ALL, policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [app('a')] }] }],
      from: 'default/a',
      to: 'default/b',
      port: 8080,
    },
  },
  {
    name: 'a rule with pods as peers whose named ports nobody has opens every port',
    effect: 'opens',
    shows: ({ policies, direction }) =>
      rulesOf(policies, direction).some(
        ({ peers, ports }) =>
          peers.some(({ kind }) => kind === 'pods') && ports.length > 0 && ports.every(isNamed),
      ),
    example: {
      policies: [{ ...app('b'), ingress: [{ from: [app('a')], ports: [{ port: 'nobodys' }] }] }],
      from: 'default/a',
      to: 'default/b',
      port: 8080,
    },
  },
  {
    name: 'what a block leaves out is cut out of the other blocks of its rule',
    effect: 'closes',
    shows: ({ policies, direction }) =>
      rulesOf(policies, direction).some(({ peers }) => {
        const blocks = peers.flatMap((peer) => (peer.kind === 'ipBlock' ? [peer] : []));
        return blocks.length > 1 && blocks.some(({ except }) => except.length > 0);
      }),
    example: {
      policies: [
        { ...app('b'), ingress: [{ from: [block('10.244.0.0/16', '10.244.1.0/24'), block('10.0.0.0/8')] }] },
      ],
      from: 'default/a',
      to: 'default/b',
      port: 8080,
    },
  },
  {
    name: 'an egress rule for a named port and a block has no port',
    effect: 'closes',
    shows: ({ policies, direction }) =>
      direction === 'Egress' &&
      rulesOf(policies, direction).some(
        ({ peers, ports }) => peers.some(({ kind }) => kind === 'ipBlock') && ports.some(isNamed),
      ),
    example: {
      policies: [
        {
          ...app('a'),
          policyTypes: ['Egress'],
          egress: [{ to: [block('10.244.0.0/16')], ports: [{ port: 'http' }] }],
        },
      ],
      from: 'default/a',
      to: 'default/b',
      port: 8080,
    },
  },
  {
    name: "an egress rule for a named port and everybody opens the numbers that the name has in the policy's namespace",
    effect: 'either',
    shows: ({ policies, direction }) =>
      direction === 'Egress' &&
      rulesOf(policies, direction).some(({ peers, ports }) => peers.length === 0 && ports.some(isNamed)),
    example: {
      policies: [{ ...app('a'), policyTypes: ['Egress'], egress: [{ ports: [{ port: 'http' }] }] }],
      from: 'default/a',
      to: 'other/c',
      port: 9090,
    },
  },
  {
    name: 'a pod reaches the ports 30000 to 32767 of its own node: they are taken for node ports, which DNAT has not left',
    effect: 'opens',
    shows: ({ ownNodePort = 0 }) => ownNodePort >= 30_000 && ownNodePort <= 32_767,
    example: {
      policies: [{ ...app('a'), policyTypes: ['Egress'] }],
      from: 'default/a',
      to: 'default/agent',
      port: 32_000,
    },
  },
];

const pod = (namespace: string, name: string, node: number, port: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: {
    nodeName: `node${node}`,
    containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort: port }] }],
  },
});

const AGENT = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'agent' },
  spec: {
    nodeName: 'node1',
    hostNetwork: true,
    containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 32_000 }, { containerPort: 9100 }] }],
  },
};

/** Pods a and b of default, whose http is 8080, c of other, whose http is 9090, and an agent on the network of node1. */
const EXAMPLE_PODS: readonly object[] = [
  pod('default', 'a', 1, 8080),
  pod('default', 'b', 2, 8080),
  pod('other', 'c', 2, 9090),
  AGENT,
];

/** The cluster of an example, as a List of manifests. */
export function exampleText(specs: readonly object[], more: readonly object[] = []): string {
  const policies = specs.map((spec, i) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${i}` },
    spec,
  }));
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...EXAMPLE_PODS, ...more, ...policies] });
}
