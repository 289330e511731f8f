import { type AskedPolicies, POLICY_DIFFERENCES, type PolicyDifference } from '../../src/intent/index.ts';

export { askedOf } from '../../src/intent/index.ts';

/** What kube-router does otherwise than the specification of NetworkPolicy says, each with an example that shows it. */
export interface Difference extends PolicyDifference {
  readonly example: Example;
}

/** What is asked, and whether the client asked for a load balancer's or an external address of a Service. */
export type AskedAddress = AskedPolicies & { readonly announced: boolean };

export interface KnownDifference extends Pick<PolicyDifference, 'name' | 'effect'> {
  readonly shows: (asked: AskedAddress) => boolean;
}

/** A connection in the cluster of `exampleText` that the two answer differently. */
export interface Example {
  /** The specs of policies of namespace default. */
  readonly policies: readonly object[];
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

const app = (name: string): object => ({ podSelector: { matchLabels: { app: name } } });
const ALL = { podSelector: {} };
const block = (cidr: string, ...except: string[]): object => ({ ipBlock: { cidr, except } });

/** One for each of the differences that are known, by its name. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  'a policy for both directions is one chain: its ingress rules let its pods out to each other, its egress rules in':
    {
      policies: [{ ...ALL, policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [app('a')] }] }],
      from: 'default/a',
      to: 'default/b',
      port: 8080,
    },
  'a rule with pods as peers whose named ports nobody has opens every port': {
    policies: [{ ...app('b'), ingress: [{ from: [app('a')], ports: [{ port: 'nobodys' }] }] }],
    from: 'default/a',
    to: 'default/b',
    port: 8080,
  },
  'what a block leaves out is cut out of the other blocks of its rule': {
    policies: [
      { ...app('b'), ingress: [{ from: [block('10.244.0.0/16', '10.244.1.0/24'), block('10.0.0.0/8')] }] },
    ],
    from: 'default/a',
    to: 'default/b',
    port: 8080,
  },
  'an egress rule for a named port and a block has no port': {
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
  "an egress rule for a named port and everybody opens the numbers that the name has in the policy's namespace":
    {
      policies: [{ ...app('a'), policyTypes: ['Egress'], egress: [{ ports: [{ port: 'http' }] }] }],
      from: 'default/a',
      to: 'other/c',
      port: 9090,
    },
  'a pod reaches the ports 30000 to 32767 of its own node: they are taken for node ports, which DNAT has not left':
    {
      policies: [{ ...app('a'), policyTypes: ['Egress'] }],
      from: 'default/a',
      to: 'default/agent',
      port: 32_000,
    },
};

export const DIFFERENCES: readonly Difference[] = POLICY_DIFFERENCES.map((one) => {
  const example = EXAMPLES[one.name];
  if (example === undefined) throw new Error(`no example of: ${one.name}`);
  return { ...one, example };
});

/** What it does otherwise in IPVS mode, where a Service's packets come by INPUT and leave by OUTPUT. */
export const IPVS_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'egress to an endpoint that is the own node is not judged: in INPUT it still goes to the ClusterIP',
    effect: 'opens',
    shows: ({ ownNodePort }) => ownNodePort !== undefined,
  },
  {
    name: "egress to a load balancer's or external address is judged in INPUT too, as what it is there",
    effect: 'closes',
    shows: ({ direction, announced }) => direction === 'Egress' && announced,
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
