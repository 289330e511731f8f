import { type Cidr, contains, containsCidr } from '../addr/index.ts';
import {
  type ClusterObjects,
  type Diagnostic,
  type NetworkPolicy,
  type PolicyPeer,
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
  const isOfServices = serviceBlockTest(objects);
  const found = networkPolicies.flatMap((policy) => [
    ...selectsNobody(policy, subjects),
    ...rules(policy).flatMap((placed) => [
      ...misplacedDash(placed),
      ...serviceBlocks(placed, isOfServices),
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

/**
 * `- namespaceSelector` and `- podSelector` next to each other: two peers, where one of both is often meant. An empty
 * podSelector is no trap: one peer of both would say no more than its namespaces.
 */
function misplacedDash({ policy, direction, rule, path }: PlacedRule): Diagnostic[] {
  const key = direction === 'Ingress' ? 'from' : 'to';
  return rule.peers.flatMap((peer, i) => {
    const next = rule.peers[i + 1];
    if (next === undefined) return [];
    const [kind, nextKind] = [selectorOf(peer), selectorOf(next)];
    if (kind === undefined || nextKind === undefined || kind === nextKind) return [];
    const own = `the pods of namespace "${policy.meta.namespace}"`;
    const all = 'all pods of the namespaces';
    const either = kind === 'namespaceSelector' ? `${all}, or ${own}` : `${own}, or ${all}`;
    const message = `${key}[${i}] and ${key}[${i + 1}] are two peers: ${either}`;
    const fix = `to mean those pods of those namespaces remove the dash before ${nextKind}`;
    return [policyWarning(policy, [...path, key, i + 1], 'PW331', message, fix)];
  });
}

/** The selector that a peer has alone. */
function selectorOf(peer: PolicyPeer): 'namespaceSelector' | 'podSelector' | undefined {
  if (peer.kind !== 'pods') return undefined;
  const { namespaceSelector, podSelector } = peer;
  if (podSelector === undefined) return 'namespaceSelector';
  return namespaceSelector === undefined && selectorText(podSelector) !== '' ? 'podSelector' : undefined;
}

/** A rule with peers and no ports next to one with ports and no peers. */
function portsAlone(policy: NetworkPolicy): Diagnostic[] {
  const all = rules(policy);
  const peersOnly = ({ rule }: PlacedRule): boolean => rule.peers.length > 0 && rule.ports.length === 0;
  const portsOnly = ({ rule }: PlacedRule): boolean => rule.peers.length === 0 && rule.ports.length > 0;
  return all.flatMap((placed, i) => {
    const before = all[i - 1];
    if (before?.direction !== placed.direction) return [];
    const last = peersOnly(before) && portsOnly(placed);
    if (!last && !(portsOnly(before) && peersOnly(placed))) return [];
    const { direction, rule, path } = last ? placed : before;
    // DNS for everybody is meant as a rule of its own.
    if (direction === 'Egress' && rule.ports.every(({ port }) => port === 53)) return [];
    const [key, whom] = direction === 'Ingress' ? ['from', 'from everybody'] : ['to', 'to everybody'];
    const message = `these ports are a rule of their own: they are open ${whom}, and the rule ${last ? 'before' : 'after'} is open on every port`;
    const fix = `remove the dash before ${last ? 'ports' : key} to make one rule of both`;
    return [policyWarning(policy, path, 'PW332', message, fix)];
  });
}

/** Whether a block is about the addresses of Services: inside their range, or a narrow one that holds some. */
function serviceBlockTest({ services, serviceRanges }: ClusterObjects): (block: Cidr) => boolean {
  const addresses = services.flatMap(({ clusterIPs }) => clusterIPs);
  return (block) => {
    if (serviceRanges.some((range) => containsCidr(range, block))) return true;
    // A block that holds much more than Services is meant for something else.
    if (block.length < (typeof block.base === 'number' ? 12 : 108)) return false;
    return addresses.some((ip) => contains(block, ip));
  };
}

function serviceBlocks(
  { policy, direction, rule, path }: PlacedRule,
  isOfServices: (block: Cidr) => boolean,
): Diagnostic[] {
  const [key, why, fix] =
    direction === 'Egress'
      ? ['to', 'egress is judged after DNAT', "select the Service's pods, and their own ports"]
      : [
          'from',
          'no packet comes from such an address',
          'select the pods that call, or name their addresses',
        ];
  return rule.peers.flatMap((peer, i) => {
    if (peer.kind !== 'ipBlock' || !isOfServices(peer.cidr)) return [];
    const message = `${key}[${i}] is a block of Service addresses: ${why}, so it allows nothing`;
    return [policyWarning(policy, [...path, key, i, 'ipBlock', 'cidr'], 'PW333', message, fix)];
  });
}
