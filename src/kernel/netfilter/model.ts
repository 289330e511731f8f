import type { Family } from '../../addr/index.ts';
import type { Origin } from '../origin.ts';
import type { AddressMatch, InterfaceMatch, Match, ProtocolMatch } from './model-match.ts';
import type { Target } from './model-target.ts';

export * from './model-match.ts';
export * from './model-target.ts';

/**
 * iptables rules as values: what `iptables-save` prints, structured. Matches stand in the order in which they
 * are printed. The text form lives in formats/iptables-save.ts, the meaning in match.ts and target.ts.
 */

export const TABLE_NAMES = ['raw', 'mangle', 'nat', 'filter', 'security'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

export const HOOK_NAMES = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const;
export type HookName = (typeof HOOK_NAMES)[number];

/** The built-in chains of each table, in hook order, as iptables-save prints them. */
export const BUILTIN_CHAINS: Readonly<Record<TableName, readonly HookName[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

export interface Rule {
  readonly src?: AddressMatch;
  readonly dst?: AddressMatch;
  readonly inInterface?: InterfaceMatch;
  readonly outInterface?: InterfaceMatch;
  readonly protocol?: ProtocolMatch;
  /** `-f`: second and further fragments. */
  readonly fragment?: { readonly not: boolean };
  readonly matches: readonly Match[];
  readonly target: Target;
  readonly origin: Origin;
}

export interface Chain {
  readonly name: string;
  /** Only built-in chains have a policy. */
  policy?: 'ACCEPT' | 'DROP';
  rules: Rule[];
  readonly origin: Origin;
}

export interface Table {
  readonly name: TableName;
  /** Built-in chains in hook order, then user chains in the order of creation. */
  readonly chains: Map<string, Chain>;
}

/** All tables of one family in one network namespace; a table exists from its first use on. */
export interface Ruleset {
  readonly family: Family;
  readonly tables: Map<TableName, Table>;
  /** Grows with every change, so that compiled chains know when they are stale. */
  generation: number;
}

export function emptyRuleset(family: Family): Ruleset {
  return { family, tables: new Map(), generation: 0 };
}

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmp6: 58, sctp: 132 } as const;
