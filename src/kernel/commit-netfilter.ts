import { type CommitContext, Refusal, touch } from './commit.ts';
import {
  BUILTIN_CHAINS,
  type Chain,
  type Rule,
  type Ruleset,
  type Table,
  type TableName,
} from './netfilter/model.ts';
import { KERNEL_ORIGIN } from './origin.ts';
import type { Operation, RestoreTable } from './transaction.ts';

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
 * then every jump of the tables concerned is checked.
 */
export function applyNetfilterOperation(context: CommitContext, operation: NetfilterOperation): void {
  const netns = touch(context, operation.netns);
  const ruleset = netns.rulesets[operation.family];
  snapshot(context, ruleset);
  ruleset.generation++;
  for (const section of operation.tables) restoreTable(ensureTable(ruleset, section.table), section);
}

function snapshot(context: CommitContext, ruleset: Ruleset): void {
  const saved = [...ruleset.tables.values()].map((table) => ({
    name: table.name,
    chains: [...table.chains.values()].map((chain) => ({ ...chain, rules: [...chain.rules] })),
  }));
  context.undo.push(() => {
    ruleset.generation++;
    ruleset.tables.clear();
    for (const { name, chains } of saved) {
      ruleset.tables.set(name, { name, chains: new Map(chains.map((c) => [c.name, c])) });
    }
  });
}

function restoreTable(table: Table, section: RestoreTable): void {
  for (const { name, origin } of section.chains) {
    const chain = table.chains.get(name);
    if (chain === undefined) table.chains.set(name, { name, rules: [], origin });
    else chain.rules = [];
  }
  for (const { chain: name, policy } of section.policies ?? []) {
    const chain = table.chains.get(name);
    if (chain?.policy === undefined) throw new Refusal(`iptables: Bad built-in chain name.`);
    chain.policy = policy;
  }
  const inserts = new Map<string, Rule[]>();
  for (const { chain: name, insert, rule } of section.rules) {
    const chain = table.chains.get(name);
    if (chain === undefined) throw new Refusal(`iptables-restore: Chain '${name}' does not exist`);
    const { target } = rule;
    if ((target.kind === 'jump' || target.kind === 'goto') && !table.chains.has(target.chain)) {
      throw new Refusal(`iptables-restore: Chain '${target.chain}' does not exist`);
    }
    if (insert === true) {
      const list = inserts.get(name);
      if (list === undefined) inserts.set(name, [rule]);
      else list.push(rule);
    } else chain.rules.push(rule);
  }
  // Each insert goes to the top, so the last one ends up first.
  for (const [name, rules] of inserts) {
    const chain = table.chains.get(name);
    if (chain !== undefined) chain.rules = [...rules.reverse(), ...chain.rules];
  }
}
