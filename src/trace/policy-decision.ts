import { formatHostPort, formatIp, type Ip, parseIp } from '../addr/index.ts';
import {
  type ClusterObjects,
  changesThatAllow,
  missText,
  type NetworkPolicy,
  type PolicyChange,
  type PolicyQuestion,
  type PolicyType,
  peerMissText,
  peerText,
  policyMisses,
  policyPortText,
  policyRules,
} from '../k8s/index.ts';
import type { PacketSnapshot, Rule } from '../kernel/index.ts';
import type { PolicyDecision } from './model.ts';
import { type PolicyNames, policyNames } from './policy-names.ts';
import { isAllowing, isPolicy, lastOf, type NetfilterEvent, type Run, runsOf } from './policy-runs.ts';

/** A packet at the hook, and as its sender sent it. */
export interface PolicedPacket {
  readonly now: PacketSnapshot;
  readonly sent: PacketSnapshot;
}

/**
 * What NetworkPolicies said of a packet in a walk through table filter, read off the rules that matched: a decision for
 * each pod whose chain it ran through. Whether it passed is the rules' word; why the others did not match is told by
 * the manifests. Of replies there is no decision: what is allowed once goes on.
 */
export function policyDecisions(
  event: NetfilterEvent,
  packet: PolicedPacket,
  names: () => PolicyNames,
): PolicyDecision[] {
  if (event.table !== 'filter') return [];
  const decisions = new Map<string, PolicyDecision>();
  for (const run of runsOf(event.matched)) {
    const decision = decisionOf(run, packet, names());
    // A packet between two ports of one bridge runs through its chains twice.
    if (decision !== undefined) decisions.set(`${run.direction} ${run.pod}`, decision);
  }
  return [...decisions.values()];
}

function decisionOf(run: Run, packet: PolicedPacket, names: PolicyNames): PolicyDecision | undefined {
  const { pod, direction, matched } = run;
  const { now, sent } = packet;
  const asking = matched.filter(({ rule }) => isPolicy(rule) && rule.target.kind === 'jump');
  const policies = [...new Set(asking.map(({ rule }) => nameOf(rule)))];
  const base = {
    pod,
    direction: lower(direction),
    source: formatIp(now.src),
    destination: addressPort(now),
    ...(now.src === sent.src ? {} : { sender: formatIp(sent.src) }),
    ...(now.dst === sent.dst && now.dport === sent.dport ? {} : { asked: addressPort(sent) }),
    policies,
  };
  const head = `${lower(direction)} of ${pod}`;
  const allowed = (
    why: Exclude<PolicyDecision['why'], 'no-rule' | 'rule'>,
    text: string,
  ): PolicyDecision => ({
    ...base,
    verdict: 'allowed',
    why,
    text: `${head}: allowed: ${text}`,
  });
  const allows = matched.find(({ rule }) => isAllowing(rule));
  if (allows !== undefined) {
    if (!isPolicy(allows.rule)) return allowed('open', 'no policy isolates it');
    const { by, text } = allowing(allows.rule, questionOf(direction, now, sent, names), names);
    return { ...base, verdict: 'allowed', why: 'rule', by, text: `${head}: allowed by ${text}` };
  }
  const last = lastOf(run);
  if (last?.rule.target.kind === 'REJECT') {
    const question = questionOf(direction, now, sent, names);
    const found = policies.flatMap((name) => names.policy(name) ?? []);
    return { ...base, verdict: 'denied', why: 'no-rule', ...denial(head, found, policies, question) };
  }
  const kinds = new Set(last?.rule.matches.map(({ kind }) => kind));
  if (kinds.has('addrtype')) return allowed('own-node', 'its own node always may');
  if (kinds.has('icmp')) return allowed('icmp', 'kube-router lets this kind of ICMP through always');
  return undefined;
}

function lower(direction: PolicyType): 'ingress' | 'egress' {
  return direction === 'Ingress' ? 'ingress' : 'egress';
}

function nameOf({ origin: { object } }: Rule): string {
  return `${object?.namespace}/${object?.name}`;
}

function addressPort({ dst, dport }: PacketSnapshot): string {
  return dport === undefined ? formatIp(dst) : formatHostPort(dst, dport);
}

const PROTOCOLS: Readonly<Record<string, 'TCP' | 'UDP' | 'SCTP'>> = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' };

/** Addresses and ports of a packet at the hook, and as it was sent. */
interface Seen {
  readonly protocol: string;
  readonly src: Ip;
  readonly dst: Ip;
  readonly dport?: number;
}

/** A packet as the question that a pod's policies were asked. */
function questionOf(direction: PolicyType, now: Seen, sent: Seen, names: PolicyNames): PolicyQuestion {
  const destination = names.party(now.dst);
  const source = names.party(now.src);
  const masqueraded =
    now.src === sent.src
      ? source
      : { ...source, name: `${source.name}, masqueraded for ${names.party(sent.src).name},` };
  const { dport } = now;
  const protocol = PROTOCOLS[now.protocol];
  return {
    direction,
    other: direction === 'Egress' ? destination : masqueraded,
    destination,
    ...(protocol === undefined || dport === undefined ? {} : { port: { port: dport, protocol } }),
    ...(now.dst === sent.dst && dport === sent.dport
      ? {}
      : { asked: { ip: sent.dst, ...(sent.dport === undefined ? {} : { port: sent.dport }) } }),
  };
}

/** The edits that would turn a refusal, the nearest first. `protocol` is the flow's. */
export function changesFor(
  objects: ClusterObjects,
  decision: PolicyDecision,
  protocol: string,
): PolicyChange[] {
  const names = policyNames(objects);
  const src = parseIp(decision.source);
  const to = parseHostPort(decision.destination);
  if (src === undefined || to === undefined) return [];
  const now = { protocol, src, ...to };
  const asked = decision.asked === undefined ? undefined : parseHostPort(decision.asked);
  const sender = decision.sender === undefined ? undefined : parseIp(decision.sender);
  const sent = { protocol, src: sender ?? src, ...(asked ?? to) };
  const question = questionOf(decision.direction === 'ingress' ? 'Ingress' : 'Egress', now, sent, names);
  const policies = decision.policies.flatMap((name) => names.policy(name) ?? []);
  return changesThatAllow(policies, policyMisses(policies, question), question);
}

/** The address and port of a decision's `destination`. */
export function parseHostPort(text: string): { readonly dst: Ip; readonly dport?: number } | undefined {
  const whole = parseIp(text);
  if (whole !== undefined) return { dst: whole };
  const colon = text.lastIndexOf(':');
  const dst = parseIp(text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'));
  return dst === undefined ? undefined : { dst, dport: Number(text.slice(colon + 1)) };
}

const RULE_PATH = /^spec\.(ingress|egress)\[(\d+)\](?:\.ports\[(\d+)\])?/;

/** The rule that allowed, and what of it matched. */
function allowing(
  rule: Rule,
  question: PolicyQuestion,
  names: PolicyNames,
): { readonly by: NonNullable<PolicyDecision['by']>; readonly text: string } {
  const [, of = '', index = '0', at] = RULE_PATH.exec(rule.origin.field ?? '') ?? [];
  const policy = nameOf(rule);
  const object = names.policy(policy);
  const direction = of === 'egress' ? 'Egress' : 'Ingress';
  const own = object === undefined ? undefined : policyRules(object, direction)[Number(index)];
  const title = `${policy} ${of}[${index}]`;
  const asked = { ...question, direction, other: otherOf(direction, question) } as const;
  const by = { policy, direction: lower(direction), rule: Number(index) };
  if (object === undefined || own === undefined) return { by, text: title };
  const { namespace } = object.meta;
  const key = direction === 'Ingress' ? 'from' : 'to';
  const peer = own.peers.findIndex((one) => peerMissText(one, namespace, asked.other) === undefined);
  const held = own.peers[peer];
  const port = at === undefined ? undefined : own.ports[Number(at)];
  const whom =
    own.peers.length === 0 ? 'everybody' : held === undefined ? undefined : peerText(held, namespace);
  const what =
    port === undefined ? (own.ports.length === 0 ? 'every port' : undefined) : `port ${policyPortText(port)}`;
  const parts = [
    ...(whom === undefined ? [] : [`${own.peers.length > 1 ? `${key}[${peer}]` : key} ${whom}`]),
    ...(what === undefined ? [] : [what]),
  ];
  const [miss] = policyMisses([object], asked).filter(({ rule: i }) => i === Number(index));
  const quirk =
    direction !== question.direction
      ? `, which is no ${lower(question.direction)} rule: kube-router's mark has no direction`
      : miss?.failed === undefined
        ? ''
        : `, though by its text ${missText(miss, asked)}`;
  return {
    by: {
      ...by,
      ...(held === undefined ? {} : { peer }),
      ...(port === undefined ? {} : { port: Number(at) }),
    },
    text: `${title}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}${quirk}`,
  };
}

/** Of a rule of the other direction the other end is the other one. */
function otherOf(direction: PolicyType, question: PolicyQuestion): PolicyQuestion['other'] {
  return direction === question.direction ? question.other : question.destination;
}

function denial(
  head: string,
  policies: readonly NetworkPolicy[],
  names: readonly string[],
  question: PolicyQuestion,
): Pick<PolicyDecision, 'text' | 'misses' | 'change'> {
  const { direction } = question;
  const misses = policyMisses(policies, question);
  const silent = policies.filter((policy) => policyRules(policy, direction).length === 0);
  const [change] = changesThatAllow(policies, misses, question);
  const port = question.port === undefined ? '' : ` on ${question.port.port}/${question.port.protocol}`;
  const whom = `${question.other.name}${port}`;
  return {
    text: `${head}: denied: isolated by ${names.join(', ')}, and no rule allows ${whom}`,
    misses: [
      ...misses.map((miss) => ({
        policy: `${miss.policy.meta.namespace}/${miss.policy.meta.name}`,
        rule: miss.rule,
        failed: miss.failed ?? ('state' as const),
        text: missText(miss, question),
      })),
      ...silent.map(({ meta }) => ({
        policy: `${meta.namespace}/${meta.name}`,
        rule: null,
        failed: 'both' as const,
        text: `it has no ${lower(direction)} rule: it denies all`,
      })),
    ],
    ...(change === undefined
      ? {}
      : {
          change: `NetworkPolicy ${change.policy.meta.namespace}/${change.policy.meta.name}: ${change.text}`,
        }),
  };
}
