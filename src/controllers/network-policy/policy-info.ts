import {
  type ClusterObjects,
  matchSelector,
  type NetworkPolicy,
  type Pod,
  type PolicyPeer,
  type PolicyPort,
  type PolicyRule,
} from '../../k8s/index.ts';
import { byName, classesOf, isActionable, type PodClass, type PodClasses } from './selection.ts';

/** A numeric port of a rule; `index` is its place in the rule's list. */
export interface NumericPort {
  readonly protocol: PolicyPort['protocol'];
  /** Undefined: every port of the protocol. */
  readonly from?: number;
  readonly to?: number;
  readonly index: number;
}

/** One number that a named port has, and the pods that have it. */
export interface NamedPort {
  readonly protocol: PolicyPort['protocol'];
  readonly port: number;
  readonly pods: readonly Pod[];
  readonly index: number;
}

type IpBlock = Extract<PolicyPeer, { readonly kind: 'ipBlock' }>;

/** A block among a rule's peers; `index` is its place in their list. */
export interface Block {
  readonly block: IpBlock;
  readonly index: number;
}

/** A rule with its selectors resolved. */
export interface RuleInfo {
  readonly index: number;
  readonly everybody: boolean;
  readonly everyPort: boolean;
  readonly pods: readonly PodClass[];
  readonly blocks: readonly Block[];
  readonly ports: readonly NumericPort[];
  readonly namedPorts: readonly NamedPort[];
}

/** A policy with its selectors resolved (networkPolicyInfo). */
export interface PolicyInfo {
  readonly policy: NetworkPolicy;
  readonly type: 'both' | 'ingress' | 'egress';
  readonly targets: readonly PodClass[];
  readonly ingress: readonly RuleInfo[];
  readonly egress: readonly RuleInfo[];
}

/** buildNetworkPoliciesInfo, policies in the order of their names. */
export function policyInfos(
  objects: Pick<ClusterObjects, 'pods' | 'namespaces' | 'networkPolicies'>,
): PolicyInfo[] {
  const classes = classesOf(objects.pods.filter(isActionable).sort(byName));
  const labels = new Map(objects.namespaces.map(({ meta }) => [meta.name, meta.labels]));
  // A namespace that no manifest has is there all the same, with the label that the API server gives it.
  const labelsOf = (name: string): ReadonlyMap<string, string> =>
    labels.get(name) ?? new Map([['kubernetes.io/metadata.name', name]]);
  return [...objects.networkPolicies].sort(byName).map((policy) => {
    const targets = classes.inNamespace(policy.meta.namespace, policy.podSelector);
    const [ingress, egress] = [policy.policyTypes.includes('Ingress'), policy.policyTypes.includes('Egress')];
    const peers = (peer: PolicyPeer): readonly PodClass[] => selectPeers(classes, labelsOf, policy, peer);
    return {
      policy,
      type: ingress && egress ? 'both' : egress ? 'egress' : 'ingress',
      targets,
      ingress: policy.ingress.map((rule, i) => ruleInfo(rule, i, peers, () => targets)),
      egress: policy.egress.map((rule, i) =>
        ruleInfo(rule, i, peers, (pods) =>
          rule.peers.length === 0 ? classes.inNamespace(policy.meta.namespace, undefined) : pods,
        ),
      ),
    };
  });
}

/** evalPodPeer. */
function selectPeers(
  classes: PodClasses,
  labelsOf: (namespace: string) => ReadonlyMap<string, string>,
  policy: NetworkPolicy,
  peer: PolicyPeer,
): readonly PodClass[] {
  if (peer.kind === 'ipBlock') return [];
  const { namespaceSelector, podSelector } = peer;
  if (namespaceSelector === undefined) return classes.inNamespace(policy.meta.namespace, podSelector);
  return classes.namespaces
    .filter((name) => matchSelector(namespaceSelector, labelsOf(name)))
    .flatMap((name) => classes.inNamespace(name, podSelector));
}

/** `withPorts` says on which pods names of ports are looked up: an ingress rule's on the policy's own, an egress rule's on its peers. */
function ruleInfo(
  rule: PolicyRule,
  index: number,
  peers: (peer: PolicyPeer) => readonly PodClass[],
  withPorts: (pods: readonly PodClass[]) => readonly PodClass[],
): RuleInfo {
  const pods = [...new Set(rule.peers.flatMap(peers))];
  const named = rule.ports.some(({ port }) => typeof port === 'string') ? withPorts(pods) : [];
  return {
    index,
    everybody: rule.peers.length === 0,
    everyPort: rule.ports.length === 0,
    pods,
    blocks: rule.peers.flatMap((block, at) => (block.kind === 'ipBlock' ? [{ block, index: at }] : [])),
    ports: rule.ports.flatMap((port, at) =>
      typeof port.port === 'string' ? [] : [numericPort(port, port.port, at)],
    ),
    namedPorts: rule.ports.flatMap((port, at) =>
      typeof port.port === 'string' ? numbersOf(port.port, port, named, at) : [],
    ),
  };
}

function numericPort(
  { protocol, endPort }: PolicyPort,
  port: number | undefined,
  index: number,
): NumericPort {
  return { protocol, ...(port === undefined ? {} : { from: port, to: endPort ?? port }), index };
}

/** The numbers that a name has on those pods (grabNamedPortFromPod), the smallest first. */
function numbersOf(
  name: string,
  { protocol }: PolicyPort,
  classes: readonly PodClass[],
  index: number,
): NamedPort[] {
  const found = new Map<number, Pod[]>();
  for (const { pods } of classes) {
    for (const pod of pods) {
      for (const port of pod.ports) {
        if (port.name !== name || port.protocol !== protocol) continue;
        const own = found.get(port.containerPort);
        if (own === undefined) found.set(port.containerPort, [pod]);
        else own.push(pod);
      }
    }
  }
  return [...found].sort(([a], [b]) => a - b).map(([port, pods]) => ({ protocol, port, pods, index }));
}
