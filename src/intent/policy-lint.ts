import { type Cidr, containsCidr } from '../addr/index.ts';
import {
  type ClusterObjects,
  type Diagnostic,
  type NetworkPolicy,
  type PolicyRule,
  type PolicyType,
  selectorText,
} from '../k8s/index.ts';
import { rulesOf } from './policy-judge.ts';
import { dnsCutOff } from './policy-lint-dns.ts';
import { checkPorts } from './policy-lint-ports.ts';
import { policyWarning } from './policy-lint-warning.ts';
import { isolates } from './policy-match.ts';
import { policedPods, policyModel, type Subject } from './policy-model.ts';

/** A rule with where it stands. */
export interface PlacedRule {
  readonly policy: NetworkPolicy;
  readonly direction: PolicyType;
  readonly rule: PolicyRule;
  /** `['spec', 'ingress', 0]` */
  readonly path: readonly (string | number)[];
}

/**
 * What the API server takes of NetworkPolicies and nobody means: a policy that selects no pod, a dash that turns AND
 * into OR, ports as a rule of their own, blocks of Service addresses, ports and names that no destination has, egress
 * that cuts off DNS. Warnings only, about completed objects.
 */
export function checkPolicies(objects: ClusterObjects): Diagnostic[] {
  const { networkPolicies } = objects;
  if (networkPolicies.length === 0) return [];
  const model = policyModel(objects);
  const pods = policedPods(objects);
  const subjects = pods.map((pod) => model.subjectOf({ kind: 'pod', pod }));
  const holdsService = serviceBlockTest(objects);
  const found = networkPolicies.flatMap((policy) => [
    ...selectsNobody(policy, subjects),
    ...rules(policy).flatMap((placed) => [
      ...misplacedDash(placed),
      ...serviceBlocks(placed, holdsService),
      ...checkPorts(placed, model, subjects, pods, objects.services),
    ]),
    ...portsAlone(policy),
  ]);
  return [...found, ...dnsCutOff(model, pods)];
}

function rules(policy: NetworkPolicy): PlacedRule[] {
  const placed = (direction: PolicyType, key: string): PlacedRule[] =>
    rulesOf(policy, direction).map((rule, i) => ({ policy, direction, rule, path: ['spec', key, i] }));
  return [...placed('Ingress', 'ingress'), ...placed('Egress', 'egress')];
}

function selectsNobody(policy: NetworkPolicy, subjects: readonly Subject[]): Diagnostic[] {
  const [type = 'Ingress'] = policy.policyTypes;
  if (subjects.some((subject) => isolates(policy, type, subject))) return [];
  const { namespace } = policy.meta;
  const selector = selectorText(policy.podSelector);
  const pods = subjects.some((subject) => subject.namespace === namespace);
  const message = pods
    ? `it selects no pod: none in namespace "${namespace}" has ${selector}`
    : `it selects no pod: there are none in namespace "${namespace}"`;
  const fix = 'correct podSelector or metadata.namespace; a policy selects only in its own namespace';
  return [policyWarning(policy, ['spec', 'podSelector'], 'PW330', message, fix)];
}

/** `- namespaceSelector` and `- podSelector` next to each other: two peers, where one of both is often meant. */
function misplacedDash({ policy, direction, rule, path }: PlacedRule): Diagnostic[] {
  const key = direction === 'Ingress' ? 'from' : 'to';
  return rule.peers.flatMap((peer, i) => {
    const next = rule.peers[i + 1];
    if (peer.kind !== 'pods' || next?.kind !== 'pods') return [];
    if (peer.namespaceSelector === undefined || peer.podSelector !== undefined) return [];
    if (next.podSelector === undefined || next.namespaceSelector !== undefined) return [];
    const message = `${key}[${i}] and ${key}[${i + 1}] are two peers: all pods of the namespaces, or the pods of namespace "${policy.meta.namespace}"`;
    const fix = 'to mean those pods of those namespaces remove the dash before podSelector';
    return [policyWarning(policy, [...path, key, i + 1], 'PW331', message, fix)];
  });
}

/** A rule with peers and no ports before one with ports and no peers. */
function portsAlone(policy: NetworkPolicy): Diagnostic[] {
  const all = rules(policy);
  return all.flatMap(({ direction, rule, path }, i) => {
    const before = all[i - 1];
    if (before?.direction !== direction || before.rule.peers.length === 0 || before.rule.ports.length > 0)
      return [];
    if (rule.peers.length > 0 || rule.ports.length === 0) return [];
    // DNS for everybody is meant as a rule of its own.
    if (direction === 'Egress' && rule.ports.every(({ port }) => port === 53)) return [];
    const whom = direction === 'Ingress' ? 'from everybody' : 'to everybody';
    const message = `these ports are a rule of their own: they are open ${whom}, and the rule before is open on every port`;
    return [
      policyWarning(policy, path, 'PW332', message, 'remove the dash before ports to make one rule of both'),
    ];
  });
}

/** Whether a block holds the address of a Service. */
function serviceBlockTest({ services }: ClusterObjects): (block: Cidr) => boolean {
  const addresses = services.flatMap(({ clusterIPs }) => clusterIPs);
  return (block) =>
    addresses.some((ip) => containsCidr(block, { base: ip, length: typeof ip === 'number' ? 32 : 128 }));
}

function serviceBlocks(
  { policy, direction, rule, path }: PlacedRule,
  holdsService: (block: Cidr) => boolean,
): Diagnostic[] {
  if (direction === 'Ingress') return [];
  return rule.peers.flatMap((peer, i) => {
    // A block that holds much more than Services is meant for something else.
    const narrow =
      peer.kind === 'ipBlock' && peer.cidr.length >= (typeof peer.cidr.base === 'number' ? 12 : 108);
    if (peer.kind !== 'ipBlock' || !narrow || !holdsService(peer.cidr)) return [];
    const message = `to[${i}] is a block of Service addresses: egress is judged after DNAT, so it allows nothing`;
    const fix = "select the Service's pods, and their own ports";
    return [policyWarning(policy, [...path, 'to', i, 'ipBlock', 'cidr'], 'PW333', message, fix)];
  });
}
