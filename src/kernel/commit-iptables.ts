import { type CommitContext, Refusal, touch } from './commit-context.ts';
import { ensureTable, setRules } from './commit-netfilter.ts';
import {
  BUILTIN_CHAINS,
  type Chain,
  PROTOCOL,
  type Rule,
  type Table,
  type TableName,
} from './netfilter/model.ts';
import type { Target } from './netfilter/model-target.ts';
import { sameRule } from './netfilter/same-rule.ts';
import { rulesetOf } from './netns.ts';
import type { IptablesCommand, Operation } from './transaction.ts';

type IptablesOperation = Extract<Operation, { op: 'iptables' }>;

/**
 * One call of iptables 1.8.9 (nf_tables), refused in its words (measured). The programs of the namespace write
 * their rules first, so that there is something to delete.
 */
export function applyIptablesOperation(context: CommitContext, operation: IptablesOperation): void {
  const netns = touch(context, operation.netns);
  const ruleset = rulesetOf(netns, operation.family);
  if (!ruleset.tables.has(operation.table)) context.undo.push(() => ruleset.tables.delete(operation.table));
  ruleset.generation++;
  context.undo.push(() => {
    ruleset.generation++;
  });
  const tool = operation.family === 4 ? 'iptables' : 'ip6tables';
  apply({ context, tool, table: ensureTable(ruleset, operation.table), operation });
}

interface Call {
  readonly context: CommitContext;
  readonly tool: string;
  readonly table: Table;
  readonly operation: IptablesOperation;
}

function apply(call: Call): void {
  const { table, operation } = call;
  const { command } = operation;
  switch (command.kind) {
    case 'append':
      checkRules(call, command);
      return edit(call, command.chain, (rules) => [...rules, ...command.rules]);
    case 'insert': {
      checkRules(call, command);
      const { number } = command;
      return edit(call, command.chain, (rules) => {
        if (number > rules.length + 1) throw new Refusal(`${call.tool}: Index of insertion too big.`);
        // Each is inserted at the same place, so the last of several ends up first.
        return rules.toSpliced(number - 1, 0, ...[...command.rules].reverse());
      });
    }
    case 'replace': {
      checkRules(call, { ...command, rules: [command.rule] });
      return edit(call, command.chain, (rules) => {
        if (command.number > rules.length) throw new Refusal(`${call.tool}: Index of replacement too big.`);
        return rules.with(command.number - 1, command.rule);
      });
    }
    case 'delete':
    case 'check': {
      // A chain that is not there is told in the same words (measured).
      const chain = table.chains.get(command.chain);
      let left = chain?.rules ?? [];
      for (const rule of command.rules) {
        const at = left.findIndex((other) => sameRule(other, rule));
        if (at < 0) throw new Refusal(`${call.tool}: Bad rule (does a matching rule exist in that chain?).`);
        left = left.toSpliced(at, 1);
      }
      if (chain !== undefined && command.kind === 'delete') setRules(call.context, call.table, chain, left);
      return;
    }
    case 'delete-number':
      return edit(call, command.chain, (rules) => {
        if (command.number > rules.length) throw new Refusal(`${call.tool}: Index of deletion too big.`);
        return rules.toSpliced(command.number - 1, 1);
      });
    case 'flush':
      for (const chain of chainsOf(call, command.chain)) setRules(call.context, call.table, chain, []);
      return;
    case 'zero':
      chainsOf(call, command.chain);
      return;
    case 'new-chain':
      if (table.chains.has(command.chain)) throw new Refusal(`${call.tool}: Chain already exists.`);
      return setChains(call, (chains) =>
        chains.set(command.chain, { name: command.chain, rules: [], origin: operation.origin }),
      );
    case 'delete-chain':
      return deleteChains(call, command.chain);
    case 'rename-chain':
      return renameChain(call, command.chain, command.to);
    case 'policy': {
      const chain = table.chains.get(command.chain);
      const before = chain?.policy;
      if (chain === undefined || before === undefined)
        throw new Refusal(`${call.tool}: Bad built-in chain name.`);
      if (table.name === 'nat' && command.policy === 'DROP')
        throw new Refusal(`${call.tool} v1.8.9 (nf_tables): ${NO_DROP_IN_NAT}`);
      chain.policy = command.policy;
      call.context.undo.push(() => {
        chain.policy = before;
      });
    }
  }
}

function chainNamed({ table, tool }: Call, name: string): Chain {
  const chain = table.chains.get(name);
  if (chain === undefined) throw new Refusal(`${tool}: No chain/target/match by that name.`);
  return chain;
}

/** The chain of that name, or without one all chains. */
function chainsOf(call: Call, name: string | undefined): readonly Chain[] {
  return name === undefined ? [...call.table.chains.values()] : [chainNamed(call, name)];
}

function edit(call: Call, name: string, work: (rules: readonly Rule[]) => Rule[]): void {
  const chain = chainNamed(call, name);
  setRules(call.context, call.table, chain, work(chain.rules));
}

function setChains({ context, table }: Call, work: (chains: Map<string, Chain>) => void): void {
  const before = [...table.chains];
  context.undo.push(() => {
    table.chains.clear();
    for (const [name, chain] of before) table.chains.set(name, chain);
  });
  work(table.chains);
}

type RulesCommand = {
  readonly kind: IptablesCommand['kind'];
  readonly chain: string;
  readonly rules: readonly Rule[];
};

const NAT_CHAINS: Readonly<Record<string, readonly string[]>> = {
  DNAT: ['PREROUTING', 'OUTPUT'],
  REDIRECT: ['PREROUTING', 'OUTPUT'],
  SNAT: ['POSTROUTING', 'INPUT'],
  MASQUERADE: ['POSTROUTING'],
};

function targetName(target: Target): string {
  return target.kind === 'unknown' ? target.name : target.kind;
}

function isTcp(protocol: Rule['protocol']): boolean {
  return protocol !== undefined && !protocol.not && protocol.number === PROTOCOL.tcp;
}

/** Tables that a target's own check asks for (xt_target.table; measured). */
const ONLY_IN: Readonly<Record<string, TableName>> = {
  DNAT: 'nat',
  REDIRECT: 'nat',
  SNAT: 'nat',
  MASQUERADE: 'nat',
  NETMAP: 'nat',
  REJECT: 'filter',
  TTL: 'mangle',
  HL: 'mangle',
  DSCP: 'mangle',
  TOS: 'mangle',
  CHECKSUM: 'mangle',
  TPROXY: 'mangle',
  CT: 'raw',
  NOTRACK: 'raw',
};

const NO_DROP_IN_NAT =
  'The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.';

/** Jumps go to chains of the table that are no hooks; targets stand in the table and in the hooks that they know. */
function checkRules(call: Call, command: RulesCommand): void {
  const { table, tool } = call;
  chainNamed(call, command.chain);
  const builtin = (BUILTIN_CHAINS[table.name] as readonly string[]).includes(command.chain);
  const refuse = (reason: string): Refusal =>
    new Refusal(
      `${tool} v1.8.9 (nf_tables):  ${REQUEST[command.kind] ?? 'RULE_REPLACE'} failed (${reason}): rule in chain ${command.chain}`,
    );
  for (const { target, protocol } of command.rules) {
    if (target.kind === 'jump' || target.kind === 'goto') {
      const to = table.chains.get(target.chain);
      if (to === undefined)
        throw new Refusal(`${tool} v1.8.9 (nf_tables): Chain '${target.chain}' does not exist`);
      // nft_chain_validate: no rule goes to a chain that is a hook.
      if (to.policy !== undefined) throw refuse('Operation not supported');
    }
    const hooks = NAT_CHAINS[target.kind];
    const only = ONLY_IN[targetName(target)];
    if (
      (only !== undefined && only !== table.name) ||
      (hooks !== undefined && builtin && !hooks.includes(command.chain)) ||
      (target.kind === 'REJECT' && target.with === 'tcp-reset' && !isTcp(protocol))
    )
      throw refuse('Invalid argument');
  }
}

const REQUEST: Readonly<Partial<Record<IptablesCommand['kind'], string>>> = {
  append: 'RULE_APPEND',
  insert: 'RULE_INSERT',
};

/** A chain that has rules, or that a rule jumps to, stays (NLM_F_NONREC). */
function deleteChains(call: Call, name: string | undefined): void {
  const { table, tool } = call;
  const gone =
    name === undefined
      ? [...table.chains.values()].filter((chain) => chain.policy === undefined)
      : [chainNamed(call, name)];
  const used = new Set<string>();
  for (const { rules } of table.chains.values()) {
    for (const { target } of rules)
      if (target.kind === 'jump' || target.kind === 'goto') used.add(target.chain);
  }
  const busy = gone.find((chain) => chain.rules.length > 0 || used.has(chain.name));
  if (busy !== undefined)
    throw new Refusal(
      `${tool} v1.8.9 (nf_tables):  CHAIN_DEL failed (Device or resource busy): chain ${busy.name}`,
    );
  setChains(call, (chains) => {
    for (const chain of gone) if (chain.policy === undefined) chains.delete(chain.name);
  });
}

function renameChain(call: Call, from: string, to: string): void {
  const chain = chainNamed(call, from);
  if (call.table.chains.has(to)) throw new Refusal(`${call.tool}: Chain already exists.`);
  if (chain.policy !== undefined) throw new Refusal(`${call.tool}: No chain/target/match by that name.`);
  for (const other of call.table.chains.values()) {
    const follows = (rule: Rule): Rule =>
      (rule.target.kind === 'jump' || rule.target.kind === 'goto') && rule.target.chain === from
        ? { ...rule, target: { kind: rule.target.kind, chain: to } }
        : rule;
    if (other.rules.some((rule) => follows(rule) !== rule))
      setRules(call.context, call.table, other, other.rules.map(follows));
  }
  setChains(call, (chains) => {
    const entries = [...chains].map(([name, each]): [string, Chain] =>
      name === from ? [to, { ...each, name: to, rules: each.rules }] : [name, each],
    );
    chains.clear();
    for (const [name, each] of entries) chains.set(name, each);
  });
}
