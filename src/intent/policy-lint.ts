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
import { namespaceCheck } from './policy-lint-namespaces.ts';
import { selectsNobody } from './policy-lint-pods.ts';
import { checkPorts } from './policy-lint-ports.ts';
import { policyScope } from './policy-lint-scope.ts';
import { typesLeftOut } from './policy-lint-types.ts';
import { policyFinding, policyWarning } from './policy-lint-warning.ts';

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
  const scope = policyScope(objects);
  const isOfServices = serviceBlockTest(objects);
  const unfitNamespaces = namespaceCheck(scope);
  const found = networkPolicies.flatMap((policy) => [
    ...selectsNobody(policy, scope),
    ...typesLeftOut(policy),
    ...rules(policy).flatMap((placed) => [
      ...misplacedDash(placed),
      ...serviceBlocks(placed, isOfServices),
      ...unfitNamespaces(placed),
      ...checkPorts(placed, scope),
    ]),
    ...portsAlone(policy),
  ]);
  return [...found, ...dnsCutOff(objects, scope)];
}

function rules(policy: NetworkPolicy): PlacedRule[] {
  const placed = (direction: PolicyType, key: string): PlacedRule[] =>
    rulesOf(policy, direction).map((rule, i) => ({ policy, direction, rule, path: ['spec', key, i] }));
  return [...placed('Ingress', 'ingress'), ...placed('Egress', 'egress')];
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
    // Whoever lists blocks, namespaces and pods lists what is allowed, one by one.
    const severity = rule.peers.some((one) => one.kind === 'ipBlock') ? 'note' : 'warning';
    return [policyFinding(severity, policy, [...path, key, i + 1], 'PW331', message, fix)];
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

/**
 * Whether a block is about the addresses of Services: inside their range, or a narrow one that holds some. A range that
 * no Service's address shows is only assumed.
 */
function serviceBlockTest({ services, serviceRanges, stated }: ClusterObjects): (block: Cidr) => boolean {
  const addresses = services
    .flatMap(({ clusterIPs }) => clusterIPs)
    .filter((ip) => stated?.clusterIPs.has(ip) !== false);
  const shown = serviceRanges.filter((range) => addresses.some((ip) => contains(range, ip)));
  return (block) => {
    if (shown.some((range) => containsCidr(range, block))) return true;
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
