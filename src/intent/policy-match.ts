import { contains } from '../addr/index.ts';
import {
  matchSelector,
  type NetworkPolicy,
  type PolicyPeer,
  type PolicyPort,
  type PolicyType,
  type Protocol,
} from '../k8s/index.ts';
import type { PolicyModel, Subject } from './policy-model.ts';

/** The pod's port that a connection goes to, after a Service's DNAT. */
export interface PortQuery {
  readonly port: number;
  readonly protocol: Protocol;
}

/** Whether a policy selects an end for a direction, and so isolates it. */
export function isolates(policy: NetworkPolicy, direction: PolicyType, subject: Subject): boolean {
  return (
    subject.namespace === policy.meta.namespace &&
    policy.policyTypes.includes(direction) &&
    matchSelector(policy.podSelector, subject.labels)
  );
}

/** The policies that isolate an end for a direction; none: it is not isolated. */
export function isolating(model: PolicyModel, direction: PolicyType, subject: Subject): NetworkPolicy[] {
  if (subject.namespace === undefined) return [];
  const own = model.policies.get(subject.namespace) ?? [];
  return own.filter((policy) => isolates(policy, direction, subject));
}

/**
 * Whether an end is such a peer. Without a namespaceSelector the pods are of the policy's own namespace; a block
 * counts for pods' addresses as for others.
 */
export function peerMatches(
  model: PolicyModel,
  policy: NetworkPolicy,
  peer: PolicyPeer,
  subject: Subject,
): boolean {
  if (peer.kind === 'ipBlock') {
    return subject.ips.some((ip) => contains(peer.cidr, ip) && !peer.except.some((cut) => contains(cut, ip)));
  }
  const { namespace } = subject;
  if (namespace === undefined) return false;
  const inNamespace =
    peer.namespaceSelector === undefined
      ? namespace === policy.meta.namespace
      : matchSelector(peer.namespaceSelector, model.namespaceLabels(namespace));
  return inNamespace && (peer.podSelector === undefined || matchSelector(peer.podSelector, subject.labels));
}

/** Whether a rule's port is the one asked for; names are those of the destination's own container ports. */
export function portMatches(
  model: PolicyModel,
  port: PolicyPort,
  query: PortQuery,
  destination: Subject,
): boolean {
  if (port.protocol !== query.protocol) return false;
  if (port.port === undefined) return true;
  if (typeof port.port === 'string') {
    return destination.ports.some(
      (own) => own.name === port.port && own.protocol === query.protocol && own.containerPort === query.port,
    );
  }
  const last = model.modes.endPort === 'range' ? (port.endPort ?? port.port) : port.port;
  return query.port >= port.port && query.port <= last;
}

/** Traffic from a node to its own pods (kubelet's probes) is never judged. */
export function fromOwnNode(source: Subject, destination: Subject): boolean {
  return (
    source.namespace === undefined &&
    destination.namespace !== undefined &&
    source.node !== '' &&
    source.node === destination.node
  );
}
