import { formatCidr, formatIp } from '../addr/index.ts';
import type { LabelSelector, PolicyPeer, PolicyPort, PolicyRule } from '../k8s/index.ts';
import {
  type Connection,
  type DirectionVerdict,
  judgeConnection,
  type RuleMiss,
  rulesOf,
} from './policy-judge.ts';
import type { PolicyEnd, PolicyModel } from './policy-model.ts';

/** What each side says of a connection and why, a line each; indented lines say more of the one before. */
export function explainConnection(model: PolicyModel, connection: Connection): string[] {
  const verdict = judgeConnection(model, connection);
  const { from, to, port, protocol } = connection;
  return [
    `${endText(from)} -> ${endText(to)} ${protocol} ${port}: ${verdict.allowed ? 'allowed' : 'denied'}`,
    ...sideLines(verdict.egress, from, connection),
    ...sideLines(verdict.ingress, to, connection),
  ];
}

/** `ns/pod` or an address. */
export function endText(end: PolicyEnd): string {
  return end.kind === 'pod' ? `${end.pod.meta.namespace}/${end.pod.meta.name}` : formatIp(end.ip);
}

function sideLines(verdict: DirectionVerdict, end: PolicyEnd, connection: Connection): string[] {
  const direction = verdict.direction.toLowerCase();
  const head = `  ${direction} of ${endText(end)}: ${verdict.allowed ? 'allowed' : 'denied'}: ${reasonText(verdict)}`;
  if (verdict.why !== 'no-rule') return [head];
  const silent = verdict.policies.filter((policy) => rulesOf(policy, verdict.direction).length === 0);
  return [
    head,
    ...verdict.misses.flatMap((miss) => missLines(miss, verdict, connection)),
    ...silent.map(({ meta }) => `    ${meta.namespace}/${meta.name} has no ${direction} rule: it denies all`),
    ...fixLines(verdict, connection),
  ];
}

/** The nearest change that would allow it: of the rule that lacks one half only, else a rule of its own. */
function fixLines({ direction, misses, policies }: DirectionVerdict, connection: Connection): string[] {
  const { port, protocol } = connection;
  const [nearest] = misses;
  const key = direction === 'Ingress' ? 'from' : 'to';
  const other = endText(direction === 'Ingress' ? connection.from : connection.to);
  if (nearest !== undefined && nearest.failed !== 'both') {
    const rule = ruleText(nearest.policy.meta, direction, nearest.rule);
    const change =
      nearest.failed === 'port'
        ? `add { port: ${port}, protocol: ${protocol} } to the ports of ${rule}`
        : `add a peer that is ${other} to ${key} of ${rule}`;
    return [`    fix: ${change}`];
  }
  const [policy] = policies;
  if (policy === undefined) return [];
  const name = `${policy.meta.namespace}/${policy.meta.name}`;
  const one = direction === 'Ingress' ? 'an ingress' : 'an egress';
  return [`    fix: add ${one} rule to ${name}: ${key} ${other}, port ${port}/${protocol}`];
}

function reasonText({ why, policies, by, direction }: DirectionVerdict): string {
  switch (why) {
    case 'outside':
      return 'no policy is about it';
    case 'open':
      return 'no policy isolates it';
    case 'own-node':
      return 'a node reaches its own pods always';
    case 'itself':
      return 'a pod reaches itself always';
    case 'rule':
      return by === undefined ? '' : `by ${ruleText(by.policy.meta, direction, by.rule)}`;
    case 'no-rule': {
      const names = policies.map(({ meta }) => `${meta.namespace}/${meta.name}`).join(', ');
      return `isolated by ${names}, and no rule allows it`;
    }
  }
}

function ruleText(
  meta: { readonly namespace: string; readonly name: string },
  direction: string,
  rule: number,
): string {
  return `${meta.namespace}/${meta.name} ${direction.toLowerCase()}[${rule}]`;
}

function missLines(
  { policy, rule, failed }: RuleMiss,
  { direction }: DirectionVerdict,
  connection: Connection,
): string[] {
  const own = rulesOf(policy, direction)[rule];
  if (own === undefined) return [];
  const key = direction === 'Ingress' ? 'from' : 'to';
  const other = endText(direction === 'Ingress' ? connection.from : connection.to);
  const at = `    ${ruleText(policy.meta, direction, rule)}`;
  const asked = `${connection.port}/${connection.protocol}`;
  const peers = `${key} is ${peersText(own, policy.meta.namespace)}`;
  const ports = `ports are ${own.ports.map(policyPortText).join(', ')}`;
  switch (failed) {
    case 'peer':
      return [`${at}: ${other} is no such peer: ${peers}`];
    case 'port':
      return [`${at}: the peer matches, ${asked} does not: ${ports}`];
    case 'both':
      return [`${at}: neither ${other} nor ${asked} match: ${peers}; ${ports}`];
  }
}

function peersText({ peers }: PolicyRule, namespace: string): string {
  return peers.map((peer) => peerText(peer, namespace)).join(', or ');
}

/** `pods app=a in namespaces team=x`, `10.0.0.0/8 except 10.1.0.0/16`. */
export function peerText(peer: PolicyPeer, namespace: string): string {
  if (peer.kind === 'ipBlock') {
    const except = peer.except.map(formatCidr).join(', ');
    return `${formatCidr(peer.cidr)}${except === '' ? '' : ` except ${except}`}`;
  }
  const pods = peer.podSelector === undefined ? '' : selectorText(peer.podSelector);
  const spaces = peer.namespaceSelector === undefined ? undefined : selectorText(peer.namespaceSelector);
  const where =
    spaces === undefined
      ? `namespace ${namespace}`
      : spaces === ''
        ? 'every namespace'
        : `namespaces ${spaces}`;
  return `${pods === '' ? 'all pods' : `pods ${pods}`} in ${where}`;
}

/** As `kubectl get -l` takes it; empty: everything. */
export function selectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = [...matchLabels].map(([key, value]) => `${key}=${value}`);
  return [...labels, ...matchExpressions.map(requirementText)].join(',');
}

function requirementText({ key, operator, values }: LabelSelector['matchExpressions'][number]): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}

/** `80/TCP`, `8000-8999/TCP`, `http/TCP`, `TCP`. */
export function policyPortText({ port, endPort, protocol }: PolicyPort): string {
  if (port === undefined) return protocol;
  return `${port}${endPort === undefined ? '' : `-${endPort}`}/${protocol}`;
}
