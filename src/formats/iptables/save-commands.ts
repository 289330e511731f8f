import type { Chain, Origin, Rule, Ruleset, Table } from '../../kernel/index.ts';
import { type Counters, readRule } from './rule-reader.ts';
import { RuleError, splitWords, type Word } from './words.ts';

/** One mistake in a saved text; `message` is what iptables-restore 1.8.9 says where it says something. */
export interface IptablesError {
  readonly line: number;
  /** 1-based; undefined when the mistake is not at one place. */
  readonly column?: number;
  readonly message: string;
}

/** The table whose lines are being read. */
export interface OpenTable {
  readonly table: Table;
  /** Jumps whose chain must exist at COMMIT. */
  readonly jumps: { readonly chain: string; readonly target: string; readonly line: number }[];
}

/** What has been read so far. */
export interface SaveReader {
  readonly ruleset: Ruleset;
  readonly origin: Origin;
  readonly counters: Map<Rule | Chain, Counters>;
  readonly errors: IptablesError[];
  open: OpenTable | undefined;
  /** Outside of any table since a mistake that was reported: lines are skipped up to the next table. */
  lost: boolean;
}

/** The chain of that name, made when it does not exist. */
export function declareChain(reader: SaveReader, table: Table, name: string): Chain {
  const known = table.chains.get(name);
  if (known !== undefined) return known;
  if (name === '' || name.startsWith('-') || name.startsWith('!')) {
    throw new RuleError(`chain name not allowed to start with \`${name.slice(0, 1)}'`);
  }
  if (name.length >= 29) throw new RuleError(`chain name \`${name}' too long (must be under 29 chars)`);
  const chain: Chain = { name, rules: [], origin: reader.origin };
  table.chains.set(name, chain);
  return chain;
}

/** Notes counters that are not zero. */
export function countIn(reader: SaveReader, owner: Rule | Chain, packets: number, bytes: number): void {
  if (packets !== 0 || bytes !== 0) reader.counters.set(owner, { packets, bytes });
}

/** A line of a table that is a command: its words from the command on, and the counters that stood before it. */
interface CommandLine {
  readonly line: string;
  readonly number: number;
  readonly counters: Counters;
  readonly command: Word;
  readonly chain: Word;
  readonly rest: readonly Word[];
}

function splitCommand(line: string, number: number): CommandLine {
  const counts = /^\[(\d+):(\d+)\] */.exec(line);
  if (counts === null && line.startsWith('[')) throw new RuleError(`Bad line ${number}: need ]`);
  const [command, chain, ...rest] = splitWords(line, counts?.[0].length ?? 0);
  if (command === undefined) throw new RuleError('no command specified');
  if (!command.text.startsWith('-')) throw new RuleError(`Bad argument \`${command.text}'`, command);
  if (chain === undefined) throw new RuleError(`option "${command.text}" requires an argument`, command);
  const counters = { packets: Number(counts?.[1] ?? 0), bytes: Number(counts?.[2] ?? 0) };
  return { line, number, counters, command, chain, rest };
}

/** `[packets:bytes] -A CHAIN RULE`, `-I CHAIN [N] RULE`, `-N CHAIN`, `-X CHAIN`, `-F CHAIN`, `-P CHAIN POLICY`. */
export function readCommand(reader: SaveReader, open: OpenTable, line: string, number: number): void {
  const given = splitCommand(line, number);
  switch (given.command.text) {
    case '-A':
    case '--append':
      readRuleCommand(reader, open, given, undefined);
      return;
    case '-I':
    case '--insert': {
      const [position, ...rest] = given.rest;
      if (position === undefined || !/^\d+$/.test(position.text)) readRuleCommand(reader, open, given, 1);
      else readRuleCommand(reader, open, { ...given, rest }, Number(position.text));
      return;
    }
    default:
      readChainCommand(reader, open.table, given);
  }
}

/** Appends a rule, or inserts it at a position counted from 1. */
function readRuleCommand(
  reader: SaveReader,
  open: OpenTable,
  given: CommandLine,
  position: number | undefined,
): void {
  const chain = existingChain(open.table, given.chain);
  const { rules, counters = given.counters } = readRule(
    given.line,
    given.rest,
    reader.ruleset.family,
    reader.origin,
  );
  checkDevices(chain.name, rules);
  if (position === undefined) chain.rules.push(...rules);
  else if (position >= 1 && position <= chain.rules.length + 1) chain.rules.splice(position - 1, 0, ...rules);
  else throw new RuleError('Index of insertion too big.', given.chain);
  for (const rule of rules) {
    countIn(reader, rule, counters.packets, counters.bytes);
    const { target } = rule;
    if (target.kind !== 'jump' && target.kind !== 'goto') continue;
    open.jumps.push({ chain: chain.name, target: target.chain, line: given.number });
  }
}

function readChainCommand(
  reader: SaveReader,
  table: Table,
  { command, chain: name, rest }: CommandLine,
): void {
  switch (command.text) {
    case '-N':
    case '--new-chain':
      if (table.chains.has(name.text)) throw new RuleError('Chain already exists.', name);
      declareChain(reader, table, name.text);
      return;
    case '-F':
    case '--flush':
      existingChain(table, name).rules = [];
      return;
    case '-X':
    case '--delete-chain':
      if (existingChain(table, name).policy !== undefined)
        throw new RuleError('Cannot delete a built-in chain.', name);
      table.chains.delete(name.text);
      return;
    case '-P':
    case '--policy': {
      const chain = existingChain(table, name);
      const policy = rest[0]?.text;
      if (chain.policy === undefined) throw new RuleError('Bad built-in chain name.', name);
      if (policy !== 'ACCEPT' && policy !== 'DROP') throw new RuleError('Bad policy name.', rest[0] ?? name);
      chain.policy = policy;
      return;
    }
    default:
      throw new RuleError(`unknown option "${command.text}"`, command);
  }
}

/** Hooks that know only one of the two devices. */
export function checkDevices(chain: string, rules: readonly Rule[]): void {
  const out = chain === 'PREROUTING' || chain === 'INPUT';
  const inside = chain === 'OUTPUT' || chain === 'POSTROUTING';
  if (out && rules.some((rule) => rule.outInterface)) throw new RuleError(`Can't use -o with ${chain}`);
  if (inside && rules.some((rule) => rule.inInterface)) throw new RuleError(`Can't use -i with ${chain}`);
}

function existingChain(table: Table, name: Word): Chain {
  const chain = table.chains.get(name.text);
  if (chain === undefined) throw new RuleError('No chain/target/match by that name.', name);
  return chain;
}
