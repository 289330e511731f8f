import { type CommitContext, Refusal, touch } from './commit-context.ts';
import {
  BUILTIN_CHAINS,
  type Chain,
  type Rule,
  type Ruleset,
  type Table,
  type TableName,
  type Target,
} from './netfilter/model.ts';
import { ruleKey, sameRule } from './netfilter/same-rule.ts';
import { KERNEL_ORIGIN } from './origin.ts';
import type { Operation, RestoreTable, SharedChain } from './transaction.ts';

type NetfilterOperation = Extract<Operation, { op: 'iptables-restore' }>;

/** The table, with its built-in chains, created on first use as iptables-nft does. */
export function ensureTable(ruleset: Ruleset, name: TableName): Table {
  let table = ruleset.tables.get(name);
  if (table === undefined) {
    const chains = new Map<string, Chain>();
    for (const hook of BUILTIN_CHAINS[name]) {
      chains.set(hook, { name: hook, policy: 'ACCEPT', rules: [], origin: KERNEL_ORIGIN });
    }
    table = { name, chains };
    ruleset.tables.set(name, table);
  }
  return table;
}

/**
 * Applies an `iptables-restore --noflush`: chains declared are created or emptied, rules are appended or inserted,
 * every jump is checked. A chain's list of rules is replaced, never changed in place, so taking it back is cheap.
 */
export function applyNetfilterOperation(context: CommitContext, operation: NetfilterOperation): void {
  const ruleset = touch(context, operation.netns).rulesets[operation.family];
  ruleset.generation++;
  context.undo.push(() => {
    ruleset.generation++;
  });
  for (const section of operation.tables) {
    if (!ruleset.tables.has(section.table)) context.undo.push(() => ruleset.tables.delete(section.table));
    restoreTable(context, ensureTable(ruleset, section.table), section);
  }
}

function restoreTable(context: CommitContext, table: Table, section: RestoreTable): void {
  const created: string[] = [];
  context.undo.push(() => {
    for (const name of created) table.chains.delete(name);
  });
  for (const { name, origin, ensure, rules = NO_RULES } of section.chains) {
    const chain = table.chains.get(name);
    if (chain === undefined) {
      table.chains.set(name, { name, rules, origin });
      created.push(name);
    } else if (ensure !== true) setRules(context, table, chain, rules);
  }
  const shared = section.sharedChains ?? NO_CHAINS;
  for (const chain of shared) {
    const before = table.chains.get(chain.name);
    // The chain itself is taken: namespaces share it until one changes it.
    table.chains.set(chain.name, chain);
    if (before === undefined) created.push(chain.name);
    else context.undo.push(() => table.chains.set(chain.name, before));
  }
  for (const { rules = NO_RULES } of section.chains) for (const rule of rules) checkJump(table, rule.target);
  for (const target of jumpsOutOf(shared)) checkJump(table, target);
  for (const { chain: name, policy } of section.policies ?? []) {
    const chain = table.chains.get(name);
    const before = chain?.policy;
    if (chain === undefined || before === undefined) throw new Refusal('iptables: Bad built-in chain name.');
    chain.policy = policy;
    context.undo.push(() => {
      chain.policy = before;
    });
  }
  const additions = new Map<string, Additions>();
  for (const { chain, insert, ensure, rule } of section.rules) {
    checkJump(table, rule.target);
    let lists = additions.get(chain);
    if (lists === undefined) {
      lists = { inserts: [], appends: [] };
      additions.set(chain, lists);
    }
    if (ensure === true) {
      lists.known ??= knownRules([
        ...(table.chains.get(chain)?.rules ?? NO_RULES),
        ...lists.inserts,
        ...lists.appends,
      ]);
      if (lists.known.get(ruleKey(rule))?.some((other) => sameRule(other, rule)) === true) continue;
    }
    if (lists.known !== undefined) know(lists.known, rule);
    (insert === true ? lists.inserts : lists.appends).push(rule);
  }
  for (const [name, { inserts, appends }] of additions) {
    const chain = table.chains.get(name);
    if (chain === undefined) throw new Refusal(`iptables-restore: Chain '${name}' does not exist`);
    // Each insert goes to the top, so the last one ends up first.
    const fresh = inserts.length === 0 && chain.rules.length === 0;
    setRules(context, table, chain, fresh ? appends : inserts.reverse().concat(chain.rules, appends));
  }
}

/** What a section adds to a chain. */
interface Additions {
  readonly inserts: Rule[];
  readonly appends: Rule[];
  /** All rules of the chain by `ruleKey`, once one of them is added only where it is not there. */
  known?: Map<string, Rule[]>;
}

function knownRules(rules: readonly Rule[]): Map<string, Rule[]> {
  const known = new Map<string, Rule[]>();
  for (const rule of rules) know(known, rule);
  return known;
}

function know(known: Map<string, Rule[]>, rule: Rule): void {
  const key = ruleKey(rule);
  const same = known.get(key);
  if (same === undefined) known.set(key, [rule]);
  else same.push(rule);
}

const NO_RULES: Rule[] = [];

const NO_CHAINS: readonly SharedChain[] = [];

/** Where lists of shared chains lead outside themselves. */
const outside = new WeakMap<readonly SharedChain[], readonly Target[]>();

function jumpsOutOf(chains: readonly SharedChain[]): readonly Target[] {
  const known = outside.get(chains);
  if (known !== undefined) return known;
  const names = new Set(chains.map(({ name }) => name));
  const targets = new Map<string, Target>();
  for (const { rules } of chains) {
    for (const { target } of rules) {
      if ((target.kind === 'jump' || target.kind === 'goto') && !names.has(target.chain)) {
        targets.set(target.chain, target);
      }
    }
  }
  const found = [...targets.values()];
  outside.set(chains, found);
  return found;
}

function checkJump(table: Table, target: Target): void {
  if ((target.kind === 'jump' || target.kind === 'goto') && !table.chains.has(target.chain)) {
    throw new Refusal(`iptables-restore: Chain '${target.chain}' does not exist`);
  }
}

/** Gives a chain other rules. The table gets another chain in its place: namespaces may share the one that it has. */
export function setRules(context: CommitContext, table: Table, chain: Chain, rules: Rule[]): void {
  table.chains.set(chain.name, { ...chain, rules });
  context.undo.push(() => table.chains.set(chain.name, chain));
}
