import { contains, formatHostPort, formatIp, type Ip } from '../addr/index.ts';
import type { Protocol } from './object-meta.ts';
import type { NetworkPolicy, PolicyPeer, PolicyRule, PolicyType } from './policy-objects.ts';
import { type PolicyParty, peerMissText, peerText, policyPortText, portMissText } from './policy-text.ts';

/** A connection as the policies of one of its ends see it. */
export interface PolicyQuestion {
  readonly direction: PolicyType;
  /** The end that is not the policies' own pod: whom `from` or `to` would have to hold. */
  readonly other: PolicyParty;
  readonly destination: PolicyParty;
  /** Undefined: neither TCP, UDP nor SCTP, or not known. */
  readonly port?: { readonly port: number; readonly protocol: Protocol };
  /** What was asked for before a Service's DNAT, where that is something else. */
  readonly asked?: { readonly ip: Ip; readonly port?: number };
}

/** Which half of a rule does not match; undefined: both do. */
export type FailedHalf = 'peer' | 'port' | 'both';

/** A rule that does not allow a connection. */
export interface PolicyRuleMiss {
  readonly policy: NetworkPolicy;
  /** Counted from 0, as in the manifest's path. */
  readonly rule: number;
  readonly failed: FailedHalf | undefined;
}

/** The rules of a policy for a direction. */
export function policyRules(policy: NetworkPolicy, direction: PolicyType): readonly PolicyRule[] {
  return direction === 'Ingress' ? policy.ingress : policy.egress;
}

/** Which half of a rule a connection fails, by the manifest alone. */
export function failedHalf(
  policy: NetworkPolicy,
  { peers, ports }: PolicyRule,
  { other, destination, port }: PolicyQuestion,
): FailedHalf | undefined {
  const { namespace } = policy.meta;
  const peer = peers.length === 0 || peers.some((one) => peerMissText(one, namespace, other) === undefined);
  const good =
    ports.length === 0 ||
    (port !== undefined && ports.some((one) => portMissText(one, port, destination) === undefined));
  return peer ? (good ? undefined : 'port') : good ? 'peer' : 'both';
}

/** The rules of policies, those that lack one half only first. */
export function policyMisses(policies: readonly NetworkPolicy[], question: PolicyQuestion): PolicyRuleMiss[] {
  const misses = policies.flatMap((policy) =>
    policyRules(policy, question.direction).map((rule, index) => ({
      policy,
      rule: index,
      failed: failedHalf(policy, rule, question),
    })),
  );
  return [...misses.filter((one) => one.failed !== 'both'), ...misses.filter((one) => one.failed === 'both')];
}

/** What of a rule does not match: the selectors, blocks or ports that failed, each with what it met. */
export function missText({ policy, rule, failed }: PolicyRuleMiss, question: PolicyQuestion): string {
  const own = policyRules(policy, question.direction)[rule];
  if (own === undefined) return 'there is no such rule';
  const { other, port } = question;
  const asked = port === undefined ? 'a packet without ports' : `${port.port}/${port.protocol}`;
  const peers = peersText(own, policy.meta.namespace, question);
  const ports = portsText(own, question);
  switch (failed) {
    case undefined:
      return 'its text allows it, but what the node holds of it does not';
    case 'peer':
      return `${other.name} is no such peer: ${peers}`;
    case 'port':
      return `the peer matches, ${asked} does not: ${ports}`;
    case 'both':
      return `neither ${other.name} nor ${asked} match: ${peers}; ${ports}`;
  }
}

/** More peers, or ports, than these are counted. */
const MOST = 4;

function peersText({ peers }: PolicyRule, namespace: string, question: PolicyQuestion): string {
  const key = question.direction === 'Ingress' ? 'from' : 'to';
  const texts = peers.slice(0, MOST).map((peer) => {
    const why = peerMissText(peer, namespace, question.other);
    const dnat = namesService(peer, question);
    const reasons = [...(why === undefined ? [] : [why]), ...(dnat === undefined ? [] : [dnat])];
    return `${peerText(peer, namespace)}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`;
  });
  const more = peers.length - texts.length;
  if (more > 0) texts.push(`${more} more`);
  return `${key} is ${texts.join(', or ')}`;
}

/** A block that holds the Service's address, which the policy does not get to see. */
function namesService(peer: PolicyPeer, { direction, asked }: PolicyQuestion): string | undefined {
  if (peer.kind !== 'ipBlock' || direction === 'Ingress' || asked === undefined) return undefined;
  if (!contains(peer.cidr, asked.ip)) return undefined;
  return `it holds ${formatIp(asked.ip)}, but policies see what DNAT makes of it`;
}

function portsText({ ports }: PolicyRule, { port, destination, asked }: PolicyQuestion): string {
  if (ports.length === 0) return 'every port matches';
  const texts = ports
    .slice(0, MOST)
    .map((one) =>
      port === undefined
        ? policyPortText(one)
        : (portMissText(one, port, destination) ?? policyPortText(one)),
    );
  const more = ports.length - texts.length;
  if (more > 0) texts.push(`${more} more`);
  const wasAsked = port !== undefined && asked?.port !== undefined && asked.port !== port.port;
  const service = wasAsked && ports.some((one) => one.port === asked.port);
  const dnat = service
    ? `; ${asked.port} is the Service's port (${formatHostPort(asked.ip, asked.port)}), policies see the pod's, after DNAT`
    : '';
  return `ports are ${texts.join(', ')}${dnat}`;
}
