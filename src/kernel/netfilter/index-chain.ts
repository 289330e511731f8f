import type { IpPacket } from '../../wire/index.ts';
import { type CompiledRule, compileRule } from './compiled-rule.ts';
import type { Chain, Match, Rule } from './model.ts';

/**
 * An index over a chain, derived from its rules: a rule that can only match one destination address, one source
 * address or one protocol and port is filed under it, all others are tried for every packet. A lookup yields the
 * positions of the rules that may match, in the order of the chain, so walking them is walking the chain.
 */
export interface ChainIndex {
  readonly rules: readonly Rule[];
  /** As far as walks have come to them. */
  readonly compiled: (CompiledRule | undefined)[];
  /** Undefined for short chains: every rule is tried. */
  readonly filed: FiledRules | undefined;
}

type Positions = readonly number[];

interface FiledRules {
  /** protocol -> destination * 65536 + port -> positions. */
  readonly byDestinationPort: ReadonlyMap<number, ReadonlyMap<number, Positions>>;
  readonly byDestination: ReadonlyMap<number, Positions>;
  /** protocol * 65536 + port -> positions. */
  readonly byPort: ReadonlyMap<number, Positions>;
  readonly bySource: ReadonlyMap<number, Positions>;
  readonly rest: Positions;
}

/** Below this length trying every rule is as fast as looking one up. */
const SHORT = 12;

const indexes = new WeakMap<readonly Rule[], ChainIndex>();

/** The index of a chain; kept until its rules are replaced (a chain's list is never changed in place). */
export function indexOf(chain: Chain): ChainIndex {
  let index = indexes.get(chain.rules);
  if (index === undefined) {
    const { rules } = chain;
    const compiled = new Array<CompiledRule | undefined>(rules.length).fill(undefined);
    index = { rules, compiled, filed: rules.length < SHORT ? undefined : file(rules) };
    indexes.set(chain.rules, index);
  }
  return index;
}

function file(rules: readonly Rule[]): FiledRules {
  const byDestinationPort = new Map<number, Map<number, number[]>>();
  const byDestination = new Map<number, number[]>();
  const byPort = new Map<number, number[]>();
  const bySource = new Map<number, number[]>();
  const rest: number[] = [];
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i] as Rule;
    const dst = hostOf(rule.dst);
    const port = portOf(rule);
    const protocol = rule.protocol === undefined || rule.protocol.not ? undefined : rule.protocol.number;
    if (dst !== undefined && port !== undefined && protocol !== undefined) {
      let map = byDestinationPort.get(protocol);
      if (map === undefined) {
        map = new Map();
        byDestinationPort.set(protocol, map);
      }
      push(map, dst * 65536 + port, i);
    } else if (dst !== undefined) push(byDestination, dst, i);
    else if (port !== undefined && protocol !== undefined) push(byPort, protocol * 65536 + port, i);
    else {
      const src = hostOf(rule.src);
      if (src !== undefined) push(bySource, src, i);
      else rest.push(i);
    }
  }
  return { byDestinationPort, byDestination, byPort, bySource, rest };
}

function push(map: Map<number, number[]>, key: number, position: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [position]);
  else list.push(position);
}

/** The one IPv4 address that a match asks for; undefined when it asks for more or is negated. */
function hostOf(match: Rule['src']): number | undefined {
  if (match === undefined || match.not || match.cidr.length !== 32) return undefined;
  return typeof match.cidr.base === 'number' ? match.cidr.base : undefined;
}

/** The one destination port that a rule asks for. */
function portOf(rule: Rule): number | undefined {
  for (const match of rule.matches) {
    const port = singlePort(match);
    if (port !== undefined) return port;
  }
  return undefined;
}

function singlePort(match: Match): number | undefined {
  if (match.kind !== 'tcp' && match.kind !== 'udp' && match.kind !== 'sctp') return undefined;
  const { dport } = match;
  return dport === undefined || dport.not || dport.from !== dport.to ? undefined : dport.from;
}

/** The rule at a position, compiled the first time. */
export function ruleAt(index: ChainIndex, position: number): CompiledRule {
  let compiled = index.compiled[position];
  if (compiled === undefined) {
    compiled = compileRule(index.rules[position] as Rule);
    index.compiled[position] = compiled;
  }
  return compiled;
}

/** Sorted lists of positions, and how far each has been read. */
export interface Candidates {
  readonly lists: Positions[];
  readonly at: number[];
}

/** The rules that may match a packet; undefined: every rule is tried. */
export function candidatesOf(
  { filed }: ChainIndex,
  { src, dst, transport }: IpPacket,
): Candidates | undefined {
  if (filed === undefined || typeof dst !== 'number' || typeof src !== 'number') return undefined;
  const candidates: Candidates = { lists: [], at: [] };
  add(candidates, filed.rest);
  const { kind } = transport;
  if (kind === 'tcp' || kind === 'udp' || kind === 'sctp') {
    const protocol = NUMBERS[kind];
    add(candidates, filed.byDestinationPort.get(protocol)?.get(dst * 65536 + transport.dport));
    add(candidates, filed.byPort.get(protocol * 65536 + transport.dport));
  }
  add(candidates, filed.byDestination.get(dst));
  add(candidates, filed.bySource.get(src));
  return candidates;
}

const NUMBERS = { tcp: 6, udp: 17, sctp: 132 } as const;

function add({ lists, at }: Candidates, list: Positions | undefined): void {
  if (list === undefined || list.length === 0) return;
  lists.push(list);
  at.push(0);
}

/** The next position in the order of the chain; infinite when there is none. */
export function nextOf({ lists, at }: Candidates): number {
  let best = -1;
  let position = Number.POSITIVE_INFINITY;
  for (let i = 0; i < lists.length; i++) {
    const next = (lists[i] as Positions)[at[i] as number];
    if (next !== undefined && next < position) {
      position = next;
      best = i;
    }
  }
  if (best >= 0) at[best] = (at[best] as number) + 1;
  return position;
}
