import { cidrFamily, type Family } from '../../addr/index.ts';
import type { Protocol } from '../../k8s/index.ts';
import {
  type IpSet,
  type Match,
  type Origin,
  PROTOCOL,
  type Rule,
  type SharedChain,
} from '../../kernel/index.ts';
import {
  type Direction,
  namedPortSetName,
  peerSetName,
  policyChainName,
  type Side,
  targetSetName,
} from './names.ts';
import type { NumericPort, PolicyInfo, RuleInfo } from './policy-info.ts';
import { comment, IS_ALLOWED, MARK_ALLOWED, policyOrigin, RETURN } from './rule-parts.ts';
import { blockElements, classElements, podElements, setOf } from './sets.ts';

/** A policy's chain, and the sets that its rules ask. */
export interface PolicyChain {
  readonly chain: SharedChain;
  readonly sets: readonly IpSet[];
}

/** What of a packet a rule looks at. */
interface Shape {
  readonly text: string;
  readonly src?: string;
  readonly dst?: string;
  readonly port?: Pick<NumericPort, 'protocol' | 'from' | 'to'>;
  readonly origin: Origin;
}

/** What one policy has become so far. */
interface Writer {
  readonly info: PolicyInfo;
  readonly family: Family;
  readonly rules: Rule[];
  readonly sets: Map<string, IpSet>;
}

/** syncNetworkPolicyChains, for one policy: the same on every node. */
export function policyChain(info: PolicyInfo, family: Family): PolicyChain {
  const { policy, type } = info;
  const { namespace, name } = policy.meta;
  const writer: Writer = { info, family, rules: [], sets: new Map() };
  if (type !== 'egress') {
    const target = targetSet(writer, 'DST');
    for (const rule of info.ingress) ingressRule(writer, rule, target);
  }
  if (type !== 'ingress') {
    const target = targetSet(writer, 'SRC');
    for (const rule of info.egress) egressRule(writer, rule, target);
  }
  const chain: SharedChain = {
    name: policyChainName(namespace, name, family),
    rules: writer.rules,
    origin: policyOrigin(policy, 'spec'),
  };
  return { chain, sets: [...writer.sets.values()] };
}

/** processIngressRules. */
function ingressRule(writer: Writer, rule: RuleInfo, target: string): void {
  const { everybody, everyPort, pods, ports, namedPorts } = rule;
  const whom = 'dest pods selected by policy name';
  const named = (type: 'hash:ip' | 'hash:net'): (NumericPort & { readonly dst: string })[] =>
    namedPorts.map((port, at) => ({
      protocol: port.protocol,
      from: port.port,
      to: port.port,
      index: port.index,
      dst: namedPortSet(writer, 'ingress', rule, at, type),
    }));
  const each = (text: string, src: { readonly src?: string }, type: 'hash:ip' | 'hash:net'): void => {
    for (const port of ports) add(writer, 'ingress', rule, { text, ...src, dst: target, port }, port.index);
    for (const port of named(type))
      add(writer, 'ingress', rule, { text, ...src, dst: port.dst, port }, port.index);
  };
  if (pods.length > 0) {
    const text = `source pods to ${whom}`;
    const src = podSet(writer, 'ingress', rule);
    each(text, { src }, 'hash:ip');
    // Also where a name of a port is nobody's: what is left then has no port at all.
    if (ports.length === 0 && namedPorts.length === 0)
      add(writer, 'ingress', rule, { text, src, dst: target });
  }
  if (everybody) {
    const text = `all sources to ${whom}:`;
    if (everyPort) add(writer, 'ingress', rule, { text, dst: target });
    else each(text, {}, 'hash:ip');
  }
  const src = blockSet(writer, 'ingress', rule);
  if (src !== undefined) {
    const text = `specified ipBlocks to ${whom}:`;
    if (everyPort) add(writer, 'ingress', rule, { text, src, dst: target });
    else each(text, { src }, 'hash:net');
  }
}

/** processEgressRules. */
function egressRule(writer: Writer, rule: RuleInfo, target: string): void {
  const { everybody, everyPort, pods, ports, namedPorts } = rule;
  const src = target;
  if (pods.length > 0) {
    const text = 'source pods to dest pods selected by policy name';
    const dst = podSet(writer, 'egress', rule);
    for (const port of ports) add(writer, 'egress', rule, { text, src, dst, port }, port.index);
    namedPorts.forEach((port, at) => {
      const own = namedPortSet(writer, 'egress', rule, at, 'hash:ip');
      add(writer, 'egress', rule, { text, src, dst: own, port: numbered(port) }, port.index);
    });
    if (ports.length === 0 && namedPorts.length === 0) add(writer, 'egress', rule, { text, src, dst });
  }
  if (everybody) {
    const text = 'source pods to all destinations selected by policy name:';
    if (everyPort) add(writer, 'egress', rule, { text, src });
    for (const port of ports) add(writer, 'egress', rule, { text, src, port }, port.index);
    for (const port of namedPorts)
      add(writer, 'egress', rule, { text, src, port: numbered(port) }, port.index);
  }
  const dst = blockSet(writer, 'egress', rule);
  if (dst !== undefined) {
    const text = 'source pods to specified ipBlocks selected by policy name:';
    if (everyPort) add(writer, 'egress', rule, { text, src, dst });
    // A name of a port says nothing of an address outside.
    for (const port of ports) add(writer, 'egress', rule, { text, src, dst, port }, port.index);
  }
}

function numbered(port: { readonly protocol: Protocol; readonly port: number }): Required<Shape>['port'] {
  return { protocol: port.protocol, from: port.port, to: port.port };
}

/** appendRuleToPolicyChain: the packet gets the mark, and with the mark goes back to the pod's chain. */
function add(
  { info, rules }: Writer,
  direction: Direction,
  rule: RuleInfo,
  shape: Omit<Shape, 'origin'>,
  port?: number,
): void {
  const { namespace, name } = info.policy.meta;
  const field = `spec.${direction}[${rule.index}]${port === undefined ? '' : `.ports[${port}]`}`;
  const origin = policyOrigin(info.policy, field);
  const matches: Match[] = [
    comment(`rule to ACCEPT traffic from ${shape.text} ${name} namespace ${namespace}`),
  ];
  if (shape.src !== undefined) matches.push({ kind: 'set', set: shape.src, flags: ['src'], not: false });
  if (shape.dst !== undefined) matches.push({ kind: 'set', set: shape.dst, flags: ['dst'], not: false });
  const { port: range } = shape;
  const protocol = range === undefined ? {} : { protocol: { number: NUMBERS[range.protocol], not: false } };
  if (range?.from !== undefined) {
    matches.push({
      kind: KINDS[range.protocol],
      dport: { from: range.from, to: range.to ?? range.from, not: false },
    });
  }
  rules.push({ ...protocol, matches, target: MARK_ALLOWED, origin });
  rules.push({ ...protocol, matches: [...matches, IS_ALLOWED], target: RETURN, origin });
}

const NUMBERS: Readonly<Record<Protocol, number>> = {
  TCP: PROTOCOL.tcp,
  UDP: PROTOCOL.udp,
  SCTP: PROTOCOL.sctp,
};
const KINDS = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const satisfies Readonly<Record<Protocol, string>>;

function targetSet({ info, family, sets }: Writer, side: Side): string {
  const { policy, targets } = info;
  const name = targetSetName(side, policy.meta.namespace, policy.meta.name, family);
  const origin = policyOrigin(policy, 'spec.podSelector');
  sets.set(name, setOf(name, 'hash:ip', family, origin, classElements(targets, 'hash:ip', family)));
  return name;
}

function podSet({ info, family, sets }: Writer, direction: Direction, rule: RuleInfo): string {
  const { namespace, name: policy } = info.policy.meta;
  const name = peerSetName(direction, 'pod', namespace, policy, rule.index, family);
  const origin = policyOrigin(info.policy, peersPath(direction, rule));
  sets.set(name, setOf(name, 'hash:ip', family, origin, classElements(rule.pods, 'hash:ip', family)));
  return name;
}

/** Undefined: no block of the rule is of the family. */
function blockSet({ info, family, sets }: Writer, direction: Direction, rule: RuleInfo): string | undefined {
  const blocks = rule.blocks.filter(({ block }) => cidrFamily(block.cidr) === family);
  if (blocks.length === 0) return undefined;
  const { namespace, name: policy } = info.policy.meta;
  const name = peerSetName(direction, 'ipblock', namespace, policy, rule.index, family);
  const path = peersPath(direction, rule);
  const originOf = (below: string): Origin => policyOrigin(info.policy, `${path}${below}`);
  sets.set(name, setOf(name, 'hash:net', family, originOf(''), blockElements(blocks, originOf, family)));
  return name;
}

function namedPortSet(
  { info, family, sets }: Writer,
  direction: Direction,
  rule: RuleInfo,
  at: number,
  type: 'hash:ip' | 'hash:net',
): string {
  const { namespace, name: policy } = info.policy.meta;
  const name = namedPortSetName(direction, namespace, policy, rule.index, at, family);
  // A rule with pods and blocks has made it already, and it stays as it was made.
  if (sets.has(name)) return name;
  const port = rule.namedPorts[at];
  const origin = policyOrigin(info.policy, `spec.${direction}[${rule.index}].ports[${port?.index ?? 0}]`);
  sets.set(name, setOf(name, type, family, origin, podElements(port?.pods ?? [], type, family)));
  return name;
}

function peersPath(direction: Direction, rule: RuleInfo): string {
  return `spec.${direction}[${rule.index}].${direction === 'ingress' ? 'from' : 'to'}`;
}
