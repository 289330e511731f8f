import {
  matchSelector,
  type NetworkPolicy,
  type PolicyPeer,
  type PolicyPort,
  type PolicyType,
} from '../k8s/index.ts';
import { addressIndex } from './policy-addresses.ts';
import { type PolicyClasses, policyClasses } from './policy-classes.ts';
import { rulesOf } from './policy-judge.ts';
import { fromOwnNode, isolating, type PortQuery, peerMatches, portMatches } from './policy-match.ts';
import type { PolicyEnd, PolicyModel, Subject } from './policy-model.ts';

/** Who reaches whom on one port: ends by their index in the list that was asked about. */
export interface Reach {
  /** Whether the destination's ingress allows it. */
  readonly ingress: (source: number, destination: number) => boolean;
  /** Whether the source's egress allows it. */
  readonly egress: (source: number, destination: number) => boolean;
  readonly allowed: (source: number, destination: number) => boolean;
}

/** A cluster's ends, grouped; `on` computes one port's matrix at the cost of classes squared (a bit a pair). */
export interface Reachability {
  readonly ends: readonly PolicyEnd[];
  readonly classOf: Int32Array;
  /** Whether a node's traffic to its own pods may make ends of one class differ. */
  readonly isNode: (end: number) => boolean;
  readonly on: (query: PortQuery) => Reach;
}

type Bits = Uint32Array;

/** Prepares the matrices of a list of ends. Same answers as `judgeConnection`, but for an end to itself. */
export function reachability(model: PolicyModel, ends: readonly PolicyEnd[]): Reachability {
  const subjects = ends.map(model.subjectOf);
  const classes = policyClasses(model, subjects);
  const compiled = compile(model, classes);
  const nodes = subjects.map((subject) => subject.namespace === undefined && subject.node !== '');
  const { classOf } = classes;
  const on = (query: PortQuery): Reach => {
    const from = matrix(compiled, 'Ingress', query);
    const to = matrix(compiled, 'Egress', query);
    const ingress = (s: number, d: number): boolean => {
      const row = from[classOf[d] as number];
      if (row === undefined || has(row, classOf[s] as number)) return true;
      return nodes[s] === true && fromOwnNode(subjects[s] as Subject, subjects[d] as Subject);
    };
    const egress = (s: number, d: number): boolean => {
      const row = to[classOf[s] as number];
      return row === undefined || has(row, classOf[d] as number);
    };
    return { ingress, egress, allowed: (s, d) => egress(s, d) && ingress(s, d) };
  };
  return { ends, classOf, isNode: (end) => nodes[end] === true, on };
}

function has(bits: Bits, index: number): boolean {
  return (((bits[index >>> 5] as number) >>> (index & 31)) & 1) === 1;
}

function put(bits: Bits, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] as number) | (1 << (index & 31));
}

interface CompiledRule {
  /** The classes that are its peers; undefined: all. */
  readonly peers: Bits | undefined;
  readonly ports: readonly PolicyPort[];
}

interface Compiled {
  readonly model: PolicyModel;
  readonly members: readonly Subject[];
  readonly words: number;
  /** For each class the rules of the policies that isolate it; undefined: it is not isolated. */
  readonly rules: Readonly<Record<PolicyType, readonly (readonly CompiledRule[] | undefined)[]>>;
}

function compile(model: PolicyModel, { members }: PolicyClasses): Compiled {
  const words = (members.length + 31) >>> 5;
  const spaces = new Map<string | undefined, number[]>();
  for (const [index, { namespace }] of members.entries()) {
    const own = spaces.get(namespace);
    if (own === undefined) spaces.set(namespace, [index]);
    else own.push(index);
  }
  const heldBy = addressIndex(members);
  /** The namespaces of a peer: other pods than theirs need not be looked at. */
  const spacesOf = (policy: NetworkPolicy, peer: Exclude<PolicyPeer, { kind: 'ipBlock' }>): number[][] => {
    const { namespaceSelector } = peer;
    if (namespaceSelector === undefined) return [spaces.get(policy.meta.namespace) ?? []];
    return [...spaces].flatMap(([name, own]) =>
      name !== undefined && matchSelector(namespaceSelector, model.namespaceLabels(name)) ? [own] : [],
    );
  };
  const peerBits = (policy: NetworkPolicy, peers: readonly PolicyPeer[]): Bits | undefined => {
    if (peers.length === 0) return undefined;
    const bits = new Uint32Array(words);
    for (const peer of peers) {
      if (peer.kind === 'ipBlock') {
        for (const index of heldBy(peer)) put(bits, index);
        continue;
      }
      for (const list of spacesOf(policy, peer)) {
        for (const index of list) {
          if (peerMatches(model, policy, peer, members[index] as Subject)) put(bits, index);
        }
      }
    }
    return bits;
  };
  const known = new Map<NetworkPolicy, Readonly<Record<PolicyType, readonly CompiledRule[]>>>();
  for (const policy of [...model.policies.values()].flat()) {
    const rules = (direction: PolicyType): CompiledRule[] =>
      rulesOf(policy, direction).map(({ peers, ports }) => ({ peers: peerBits(policy, peers), ports }));
    known.set(policy, { Ingress: rules('Ingress'), Egress: rules('Egress') });
  }
  const rulesFor = (direction: PolicyType): (readonly CompiledRule[] | undefined)[] =>
    members.map((member) => {
      const policies = isolating(model, direction, member);
      if (policies.length === 0) return undefined;
      return policies.flatMap((policy) => known.get(policy)?.[direction] ?? []);
    });
  return { model, members, words, rules: { Ingress: rulesFor('Ingress'), Egress: rulesFor('Egress') } };
}

/** For each class the classes that its rules allow on a port; undefined: not isolated. */
function matrix(compiled: Compiled, direction: PolicyType, query: PortQuery): (Bits | undefined)[] {
  const { model, members, words, rules } = compiled;
  const all = new Uint32Array(words).fill(0xffffffff);
  const named = new Map<PolicyPort, Bits>();
  /** The classes that have the port under the name. */
  const havers = (port: PolicyPort): Bits => {
    let bits = named.get(port);
    if (bits === undefined) {
      bits = new Uint32Array(words);
      for (const [i, member] of members.entries()) if (portMatches(model, port, query, member)) put(bits, i);
      named.set(port, bits);
    }
    return bits;
  };
  return rules[direction].map((own, index) => {
    if (own === undefined) return undefined;
    const row = new Uint32Array(words);
    for (const { peers = all, ports } of own) {
      // Ingress: the ports are of the class itself. Egress: a name means another port for each destination.
      const fixed = (port: PolicyPort): boolean => direction === 'Ingress' || typeof port.port !== 'string';
      const self = members[index] as Subject;
      if (ports.length === 0 || ports.some((port) => fixed(port) && portMatches(model, port, query, self))) {
        or(row, peers, all);
        continue;
      }
      for (const port of ports) if (!fixed(port)) or(row, peers, havers(port));
    }
    return row;
  });
}

/** `row |= a & b` */
function or(row: Bits, a: Bits, b: Bits): void {
  for (let i = 0; i < row.length; i++) {
    row[i] = (row[i] as number) | ((a[i] as number) & (b[i] as number));
  }
}
