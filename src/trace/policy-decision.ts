import { formatHostPort, formatIp, type Ip } from '../addr/index.ts';
import {
  type Chain,
  holdsAddress,
  type KernelEvent,
  type MatchedRule,
  type Netns,
  type PacketSnapshot,
  PROTOCOL,
  type Rule,
  rulesetOf,
} from '../kernel/index.ts';
import type { PolicyDecision, PolicyMiss } from './model.ts';
import { originView } from './origin-view.ts';

type NetfilterEvent = Extract<KernelEvent, { readonly type: 'netfilter' }>;

/** The mark "some policy allows this packet" of kube-router's controller. */
const ALLOWED = 0x10000;

/** What a pod's chain did with a packet: from the jump into it to the next. */
interface Run {
  readonly pod: string;
  readonly direction: 'ingress' | 'egress';
  readonly matched: readonly MatchedRule[];
}

/**
 * What NetworkPolicies said of a packet in a walk through table filter, read off the rules that matched: a decision for
 * each pod whose chain it ran through. Of replies there is none: what is allowed once goes on.
 */
export function policyDecisions(netns: Netns, event: NetfilterEvent, packet: PacketSnapshot): PolicyDecision[] {
  if (event.table !== 'filter') return [];
  const decisions = new Map<string, PolicyDecision>();
  for (const run of runsOf(event.matched)) {
    const decision = decisionOf(netns, run, packet);
    // A packet between two ports of one bridge runs through its chains twice.
    if (decision !== undefined) decisions.set(`${run.direction} ${run.pod}`, decision);
  }
  return [...decisions.values()];
}

function runsOf(matched: readonly MatchedRule[]): Run[] {
  const runs: (Run & { readonly matched: MatchedRule[] })[] = [];
  for (const one of matched) {
    const { origin, target, src } = one.rule;
    const { object } = origin;
    const enters = target.kind === 'jump' && one.chain.startsWith('KUBE-ROUTER-') && object?.kind === 'Pod';
    if (origin.program === 'network-policy' && enters)
      runs.push({
        pod: `${object.namespace}/${object.name}`,
        direction: src === undefined ? 'ingress' : 'egress',
        matched: [],
      });
    else runs.at(-1)?.matched.push(one);
  }
  return runs;
}

function decisionOf(netns: Netns, { pod, direction, matched }: Run, packet: PacketSnapshot): PolicyDecision | undefined {
  const jumps = matched.filter(({ rule }) => rule.origin.object?.kind === 'NetworkPolicy' && rule.target.kind === 'jump');
  const base = {
    pod,
    direction,
    source: formatIp(packet.src),
    destination: packet.dport === undefined ? formatIp(packet.dst) : formatHostPort(packet.dst, packet.dport),
    policies: jumps.map(({ rule }) => nameOf(rule)),
  };
  const allows = matched.find(({ rule }) => isAllowing(rule));
  if (allows !== undefined) {
    return allows.rule.origin.object === undefined
      ? { ...base, verdict: 'allowed', why: 'open' }
      : { ...base, verdict: 'allowed', why: 'rule', by: originView(allows.rule.origin) };
  }
  const last = matched.find(({ rule: { target } }) => target.kind === 'ACCEPT' || target.kind === 'REJECT' || target.kind === 'DROP');
  if (last?.rule.target.kind === 'REJECT')
    return { ...base, verdict: 'denied', why: 'no-rule', misses: missesOf(netns, direction, jumps, packet) };
  if (last?.rule.matches.some(({ kind }) => kind === 'addrtype')) return { ...base, verdict: 'allowed', why: 'own-node' };
  if (last?.rule.matches.some(({ kind }) => kind === 'icmp')) return { ...base, verdict: 'allowed', why: 'icmp' };
  return undefined;
}

function isAllowing({ target }: Rule): boolean {
  return target.kind === 'MARK' && target.value === ALLOWED;
}

function nameOf({ origin: { object } }: Rule): string {
  return `${object?.namespace}/${object?.name}`;
}

/** Why none of the policies' rules matched; those that lack one half only come first. */
function missesOf(
  netns: Netns,
  direction: Run['direction'],
  jumps: readonly MatchedRule[],
  packet: PacketSnapshot,
): PolicyMiss[] {
  const chains = rulesetOf(netns, typeof packet.src === 'number' ? 4 : 6).tables.get('filter')?.chains;
  const misses = jumps.flatMap(({ rule }) => {
    const chain = rule.target.kind === 'jump' ? chains?.get(rule.target.chain) : undefined;
    return chain === undefined ? [] : chainMisses(netns, direction, nameOf(rule), chain, packet);
  });
  return [...misses.filter(({ failed }) => failed !== 'both'), ...misses.filter(({ failed }) => failed === 'both')];
}

const RULE_PATH = /^spec\.(ingress|egress)\[(\d+)\]/;

function chainMisses(
  netns: Netns,
  direction: Run['direction'],
  policy: string,
  chain: Chain,
  packet: PacketSnapshot,
): PolicyMiss[] {
  const byRule = new Map<number, { peer: boolean; port: boolean; rules: Rule[] }>();
  for (const rule of chain.rules) {
    const [, of, index] = RULE_PATH.exec(rule.origin.field ?? '') ?? [];
    if (of !== direction || !isAllowing(rule)) continue;
    const own = byRule.get(Number(index)) ?? { peer: false, port: false, rules: [] };
    byRule.set(Number(index), own);
    own.rules.push(rule);
    own.peer ||= hasPeer(netns, direction, rule, packet);
    own.port ||= hasPort(netns, rule, packet);
  }
  return [...byRule].map(([rule, { peer, port, rules }]) => ({
    policy,
    rule,
    failed: peer === port ? 'both' : peer ? 'port' : 'peer',
    text: missText(direction, rule, peer, port, rules, packet),
  }));
}

/** Whether a rule's set of peers holds the other end. A set of pods with a named port is no set of peers of its own. */
function hasPeer(netns: Netns, direction: Run['direction'], { matches }: Rule, packet: PacketSnapshot): boolean {
  const side = direction === 'ingress' ? 'src' : 'dst';
  return matches.every(
    (match) =>
      match.kind !== 'set' ||
      match.flags[0] !== side ||
      isNamedPort(netns, match.set) ||
      inSet(netns, match.set, side === 'src' ? packet.src : packet.dst),
  );
}

function hasPort(netns: Netns, { protocol, matches }: Rule, packet: PacketSnapshot): boolean {
  if (protocol !== undefined && protocol.number !== numberOf(packet)) return false;
  return matches.every((match) => {
    switch (match.kind) {
      case 'tcp':
      case 'udp':
      case 'sctp': {
        const { dport } = match;
        return dport === undefined || (packet.dport !== undefined && packet.dport >= dport.from && packet.dport <= dport.to);
      }
      case 'set':
        return !isNamedPort(netns, match.set) || inSet(netns, match.set, packet.dst);
      default:
        return true;
    }
  });
}

function isNamedPort(netns: Netns, name: string): boolean {
  return /\.ports\[\d+\]$/.test(netns.sets.get(name)?.origin.field ?? '');
}

function inSet(netns: Netns, name: string, ip: Ip): boolean {
  const set = netns.sets.get(name);
  return set !== undefined && holdsAddress(set, ip);
}

function numberOf({ protocol }: PacketSnapshot): number | undefined {
  return protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp' ? PROTOCOL[protocol] : undefined;
}

function missText(
  direction: Run['direction'],
  index: number,
  peer: boolean,
  port: boolean,
  rules: readonly Rule[],
  packet: PacketSnapshot,
): string {
  const [key, other] = direction === 'ingress' ? ['from', packet.src] : ['to', packet.dst];
  const at = `spec.${direction}[${index}]`;
  const ports = [...new Set(rules.map(portText))].join(', ');
  const wrong = [
    ...(peer ? [] : [`${formatIp(other)} is none of ${at}.${key}`]),
    ...(port ? [] : [`${packet.protocol} ${packet.dport ?? ''} is none of its ports ${ports}`]),
  ];
  // Each half matches in one of its rules, but in none both do.
  return wrong.length === 0 ? `no peer of ${at} has that port` : wrong.join(', and ');
}

function portText({ protocol, matches }: Rule): string {
  const name = Object.entries(PROTOCOL).find(([, number]) => number === protocol?.number)?.[0] ?? 'any';
  const match = matches.find(({ kind }) => kind === 'tcp' || kind === 'udp' || kind === 'sctp');
  const range = match !== undefined && 'dport' in match ? match.dport : undefined;
  if (range === undefined) return name;
  return `${name} ${range.from === range.to ? range.from : `${range.from}-${range.to}`}`;
}
