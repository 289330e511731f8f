import type { Cidr } from '../../addr/index.ts';
import { complement, type Fraction, fraction, fractionOfThreshold } from '../chance.ts';
import type { InterfaceMatch, Match, Rule } from './model.ts';

/**
 * What a walk asks of a rule, of one shape for every rule and read from it once: nothing that always matches, masks and
 * chances computed.
 */
export interface CompiledRule {
  readonly rule: Rule;
  readonly src: CompiledCidr | undefined;
  readonly dst: CompiledCidr | undefined;
  /** The protocol that is asked for, 0: none is. */
  readonly protocol: number;
  readonly notProtocol: boolean;
  readonly inInterface: CompiledInterface | undefined;
  readonly outInterface: CompiledInterface | undefined;
  /** Packets are whole here: `-f` never matches, `! -f` always does. */
  readonly never: boolean;
  /** Those that can fail, but for random ones. */
  readonly matches: readonly Match[];
  /** The probability of the random match; undefined when there is none. */
  readonly chance: Fraction | undefined;
}

export interface CompiledCidr {
  readonly cidr: Cidr;
  /** Base and mask of IPv4, as 32 bits with a sign; `base` is undefined of IPv6. */
  readonly base: number | undefined;
  readonly mask: number;
  readonly not: boolean;
}

/** `name+` is the names that begin so. */
export interface CompiledInterface {
  readonly name: string;
  readonly prefix: boolean;
  readonly not: boolean;
}

export function compileRule(rule: Rule): CompiledRule {
  return {
    rule,
    src: compileCidr(rule.src),
    dst: compileCidr(rule.dst),
    protocol: rule.protocol?.number ?? 0,
    notProtocol: rule.protocol?.not ?? false,
    inInterface: compileInterface(rule.inInterface),
    outInterface: compileInterface(rule.outInterface),
    never: rule.fragment !== undefined && !rule.fragment.not,
    matches: rule.matches.filter(({ kind }) => !ALWAYS.has(kind)),
    chance: chanceOf(rule),
  };
}

/** No time passes in a walk, so the bucket of a limit is full: its burst lets a packet through. */
const ALWAYS: ReadonlySet<Match['kind']> = new Set(['comment', 'nfacct', 'statistic', 'limit']);

function compileCidr(match: Rule['src']): CompiledCidr | undefined {
  if (match === undefined) return undefined;
  const { cidr, not } = match;
  const mask = cidr.length === 0 ? 0 : -1 << (32 - cidr.length);
  return { cidr, base: typeof cidr.base === 'number' ? cidr.base | 0 : undefined, mask, not };
}

function compileInterface(match: InterfaceMatch | undefined): CompiledInterface | undefined {
  if (match === undefined) return undefined;
  const prefix = match.name.endsWith('+');
  return { name: prefix ? match.name.slice(0, -1) : match.name, prefix, not: match.not };
}

function chanceOf(rule: Rule): Fraction | undefined {
  const match = rule.matches.find((m): m is Extract<Match, { kind: 'statistic' }> => m.kind === 'statistic');
  if (match === undefined) return undefined;
  // A counter's phase is unknown from outside: one packet in `every`.
  const p =
    match.mode === 'random' ? fractionOfThreshold(match.threshold) : fraction(1n, BigInt(match.every));
  return match.not ? complement(p) : p;
}
