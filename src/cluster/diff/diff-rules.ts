import type { Family } from '../../addr/index.ts';
import { printRule } from '../../formats/index.ts';
import {
  type Chain,
  type Netns,
  type Rule,
  rulesetOf,
  TABLE_NAMES,
  type TableName,
} from '../../kernel/index.ts';
import { type LineChange, sequenceChanges } from './line-changes.ts';
import { sameValue } from './same-value.ts';

/** What changed in one chain, as lines of iptables-save. */
export interface ChainChanges {
  readonly family: Family;
  readonly table: TableName;
  readonly chain: string;
  readonly lines: readonly LineChange[];
}

type Rules = readonly Rule[];

/**
 * What changed between the rules of two namespaces, by table and chain. Nodes share lists of rules: what two lists
 * come to is remembered for the next node.
 */
export function compareRules(
  seen: SeenRules,
  before: Netns | undefined,
  after: Netns | undefined,
): ChainChanges[] {
  return ([4, 6] as const).flatMap((family) => {
    const old = before === undefined ? undefined : rulesetOf(before, family).tables;
    const now = after === undefined ? undefined : rulesetOf(after, family).tables;
    return TABLE_NAMES.flatMap((table) => {
      const a = old?.get(table)?.chains ?? NO_CHAINS;
      const b = now?.get(table)?.chains ?? NO_CHAINS;
      const names = new Set([...a.keys(), ...b.keys()]);
      const changes: ChainChanges[] = [];
      for (const chain of names) {
        const lines = compareChains(seen, chain, a.get(chain), b.get(chain), family);
        if (lines.length > 0) changes.push({ family, table, chain, lines });
      }
      return changes;
    });
  });
}

const NO_CHAINS: ReadonlyMap<string, Chain> = new Map();

/** Lists of rules that were compared, and what that came to. */
export type SeenRules = WeakMap<Rules, { readonly other: Rules; readonly lines: readonly LineChange[] }>;

const NO_RULES: Rules = [];
const NO_LINES: readonly LineChange[] = [];

function compareChains(
  seen: SeenRules,
  name: string,
  before: Chain | undefined,
  after: Chain | undefined,
  family: Family,
): readonly LineChange[] {
  const [a, b] = [before?.rules ?? NO_RULES, after?.rules ?? NO_RULES];
  const heads = headChanges(before ?? standingFor(after), after ?? standingFor(before));
  const rules = a.length === 0 && b.length === 0 ? NO_LINES : compareLists(seen, name, a, b, family);
  return heads.length === 0 ? rules : [...heads, ...rules];
}

function headChanges(before: Chain | undefined, after: Chain | undefined): readonly LineChange[] {
  if (before !== undefined && after !== undefined && before.policy === after.policy) return NO_LINES;
  return sequenceChanges(headOf(before), headOf(after));
}

/** Where a table is not there at all, its built-in chains would accept everything. */
function standingFor(other: Chain | undefined): Chain | undefined {
  return other?.policy === undefined ? undefined : { ...other, policy: 'ACCEPT' };
}

/** `:KUBE-SVC-X - [0:0]` of a user chain, `:INPUT DROP [0:0]` of a built-in one. */
function headOf(chain: Chain | undefined): string[] {
  return chain === undefined ? [] : [`:${chain.name} ${chain.policy ?? '-'} [0:0]`];
}

function compareLists(
  seen: SeenRules,
  chain: string,
  a: Rules,
  b: Rules,
  family: Family,
): readonly LineChange[] {
  const known = seen.get(a);
  if (known?.other === b) return known.lines;
  const lines = differing(a, b, (rule) => `-A ${chain} ${printRule(rule, family)}`.trimEnd());
  // Empty lists are shared by chains of different names.
  if (a.length > 0) seen.set(a, { other: b, lines });
  return lines;
}

/** What differs between two lists; what they begin and end with alike is not even printed. */
function differing(a: Rules, b: Rules, text: (rule: Rule) => string): readonly LineChange[] {
  let start = 0;
  while (start < a.length && start < b.length && sameValue(a[start], b[start])) start++;
  let end = 0;
  const shorter = Math.min(a.length, b.length) - start;
  while (end < shorter && sameValue(a[a.length - 1 - end], b[b.length - 1 - end])) end++;
  const middle = (rules: Rules): string[] => rules.slice(start, rules.length - end).map(text);
  return sequenceChanges(middle(a), middle(b));
}
