import type { NetworkPolicy, PolicyRule, PolicyType } from '../k8s/index.ts';
import { fromOwnNode, isolating, type PortQuery, peerMatches, portMatches } from './policy-match.ts';
import type { PolicyEnd, PolicyModel, Subject } from './policy-model.ts';

/** A rule of a policy; rules are counted from 0, as in the manifest's path. */
export interface RuleRef {
  readonly policy: NetworkPolicy;
  readonly rule: number;
}

/** A rule that does not open a connection, and which of its halves fails. */
export interface RuleMiss extends RuleRef {
  readonly failed: 'peer' | 'port' | 'both';
}

/** What one direction's policies say of a connection. */
export interface DirectionVerdict {
  readonly direction: PolicyType;
  readonly allowed: boolean;
  /**
   * `outside`: the end is no pod, or a host-network one; `open`: no policy isolates the pod; `own-node`: a node to its
   * own pod; `itself`: a pod to itself; `rule`: a rule allows; `no-rule`: none does.
   */
  readonly why: 'outside' | 'open' | 'own-node' | 'itself' | 'rule' | 'no-rule';
  /** The policies that isolate the end. */
  readonly policies: readonly NetworkPolicy[];
  /** The rule that allows, the first in input order. */
  readonly by?: RuleRef;
  /** With `no-rule`: every rule of those policies, nearest to allowing first. */
  readonly misses: readonly RuleMiss[];
}

/** Both directions; a connection needs both. */
export interface PolicyVerdict {
  readonly allowed: boolean;
  readonly ingress: DirectionVerdict;
  readonly egress: DirectionVerdict;
}

export interface Connection extends PortQuery {
  readonly from: PolicyEnd;
  readonly to: PolicyEnd;
  /** Through a Service: a pod that reaches itself so leaves its own network namespace and is judged. */
  readonly viaService?: boolean;
}

/** The rules of a policy for a direction. */
export function rulesOf(policy: NetworkPolicy, direction: PolicyType): readonly PolicyRule[] {
  return direction === 'Ingress' ? policy.ingress : policy.egress;
}

/** Judges the first packet of a connection; replies need no rule. */
export function judgeConnection(model: PolicyModel, connection: Connection): PolicyVerdict {
  const { from, to } = connection;
  const source = model.subjectOf(from);
  const destination = model.subjectOf(to);
  const own = from.kind === 'pod' && to.kind === 'pod' && from.pod === to.pod;
  if (own && (connection.viaService !== true || model.modes.hairpin === 'allowed')) {
    const verdict = (direction: PolicyType): DirectionVerdict => said(direction, true, 'itself');
    return { allowed: true, ingress: verdict('Ingress'), egress: verdict('Egress') };
  }
  const egress = judgeDirection(model, 'Egress', source, destination, destination, connection);
  const ingress = fromOwnNode(source, destination)
    ? said('Ingress', true, 'own-node')
    : judgeDirection(model, 'Ingress', destination, source, destination, connection);
  // kube-router's mark is not per direction: of a hairpin either side's rule lets the packet through.
  const either = own && model.modes.hairpin === 'either';
  const allowed = either ? ingress.allowed || egress.allowed : ingress.allowed && egress.allowed;
  return { allowed, ingress, egress };
}

function said(
  direction: PolicyType,
  allowed: boolean,
  why: DirectionVerdict['why'],
  policies: readonly NetworkPolicy[] = [],
  misses: readonly RuleMiss[] = [],
): DirectionVerdict {
  return { direction, allowed, why, policies, misses };
}

function judgeDirection(
  model: PolicyModel,
  direction: PolicyType,
  subject: Subject,
  other: Subject,
  destination: Subject,
  query: PortQuery,
): DirectionVerdict {
  if (subject.namespace === undefined) return said(direction, true, 'outside');
  const policies = isolating(model, direction, subject);
  if (policies.length === 0) return said(direction, true, 'open');
  const misses: RuleMiss[] = [];
  for (const policy of policies) {
    for (const [index, rule] of rulesOf(policy, direction).entries()) {
      const peer =
        rule.peers.length === 0 || rule.peers.some((one) => peerMatches(model, policy, one, other));
      const port =
        rule.ports.length === 0 || rule.ports.some((one) => portMatches(model, one, query, destination));
      const ref = { policy, rule: index };
      if (peer && port) return { ...said(direction, true, 'rule', policies), by: ref };
      misses.push({ ...ref, failed: peer ? 'port' : port ? 'peer' : 'both' });
    }
  }
  const nearest = [
    ...misses.filter((m) => m.failed !== 'both'),
    ...misses.filter((m) => m.failed === 'both'),
  ];
  return said(direction, false, 'no-rule', policies, nearest);
}
