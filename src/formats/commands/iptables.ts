import type { Family } from '../../addr/index.ts';
import {
  type IptablesCommand,
  type Operation,
  type Rule,
  TABLE_NAMES,
  type TableName,
} from '../../kernel/index.ts';
import { isTargetName } from '../iptables/names.ts';
import { checkDevices } from '../iptables/save-commands.ts';
import { RuleError } from '../iptables/words.ts';
import { parseRule } from '../iptables-rule.ts';
import { byteLength, restorableName } from './names.ts';
import { type CommandPlace, USER } from './place.ts';
import { CommandError, numberIn, type Words } from './words.ts';

const UNDERSTOOD =
  'iptables [-t TABLE] -A|-I|-D|-R|-C CHAIN [N] RULE, -F|-X|-Z [CHAIN], -N CHAIN, -E CHAIN NAME, -P CHAIN ACCEPT|DROP';

type Action = 'A' | 'D' | 'C' | 'I' | 'R' | 'L' | 'S' | 'F' | 'Z' | 'N' | 'X' | 'E' | 'P';

const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ['-A', 'A'],
  ['--append', 'A'],
  ['-D', 'D'],
  ['--delete', 'D'],
  ['-C', 'C'],
  ['--check', 'C'],
  ['-I', 'I'],
  ['--insert', 'I'],
  ['-R', 'R'],
  ['--replace', 'R'],
  ['-L', 'L'],
  ['--list', 'L'],
  ['-S', 'S'],
  ['--list-rules', 'S'],
  ['-F', 'F'],
  ['--flush', 'F'],
  ['-Z', 'Z'],
  ['--zero', 'Z'],
  ['-N', 'N'],
  ['--new', 'N'],
  ['--new-chain', 'N'],
  ['-X', 'X'],
  ['--delete-chain', 'X'],
  ['-E', 'E'],
  ['--rename-chain', 'E'],
  ['-P', 'P'],
  ['--policy', 'P'],
]);
/** Actions without which a chain may be left out: all chains are meant. */
const ANY_CHAIN: ReadonlySet<Action> = new Set(['L', 'S', 'F', 'Z', 'X']);

/** A command line of iptables, taken apart but for its rule. */
interface Call {
  family: Family;
  table: string;
  action: { readonly letter: Action; readonly word: string } | undefined;
  /** What stood behind the action. */
  readonly arguments: string[];
  /** Everything else. */
  readonly rule: string[];
}

/** `iptables` and `ip6tables` 1.8.9, one call. */
export function readIptables(words: Words, place: CommandPlace, family: Family): Operation[] {
  const call = takeApart(words, family);
  const tool = call.family === 4 ? 'iptables' : 'ip6tables';
  const complain = (message: string): CommandError =>
    new CommandError(`${tool} v1.8.9 (nf_tables): ${message}`, `understood: ${UNDERSTOOD}`);
  if (call.action === undefined) throw complain('no command specified');
  const table: TableName | undefined = TABLE_NAMES.find((name) => name === call.table);
  if (table === undefined) throw complain(`table '${call.table}' does not exist`);
  if (call.action.letter === 'L' || call.action.letter === 'S')
    throw new CommandError(`${tool} ${call.action.word} changes nothing`, `understood: ${UNDERSTOOD}`);
  const command = readAction(call, call.action, table, place, complain);
  return [{ op: 'iptables', netns: place.netns.id, family: call.family, table, command, origin: USER }];
}

function takeApart(words: Words, family: Family): Call {
  const call: Call = { family, table: 'filter', action: undefined, arguments: [], rule: [] };
  const { all } = words;
  const tool = family === 4 ? 'iptables' : 'ip6tables';
  for (let i = words.next; i < all.length; i++) {
    const word = all[i] ?? '';
    const action = ACTIONS.get(word);
    if (word === '-t' || word === '--table') {
      const table = all[++i];
      if (table === undefined)
        throw new CommandError(`${tool} v1.8.9 (nf_tables): option "${word}" requires an argument`);
      call.table = table;
    } else if (word === '-w' || word === '--wait' || word === '-W') {
      if (/^\d+$/.test(all[i + 1] ?? '')) i++;
    } else if (word === '-4' || word === '--ipv4') call.family = 4;
    else if (word === '-6' || word === '--ipv6') call.family = 6;
    else if (word === '-v' || word === '-n' || word === '--verbose' || /^--wait=/.test(word)) continue;
    else if (action !== undefined) {
      if (call.action !== undefined)
        throw new CommandError(`${tool} v1.8.9 (nf_tables): Cannot use ${word} with ${call.action.word}`);
      call.action = { letter: action, word };
      const most =
        action === 'P' || action === 'E' || action === 'I' || action === 'D' || action === 'R' ? 2 : 1;
      while (call.arguments.length < most) {
        const next = all[i + 1];
        if (next === undefined || next.startsWith('-') || next === '!') break;
        if (
          call.arguments.length === 1 &&
          most === 2 &&
          action !== 'P' &&
          action !== 'E' &&
          !/^\d+$/.test(next)
        )
          break;
        call.arguments.push(next);
        i++;
      }
      if (call.arguments.length === 0 && !ANY_CHAIN.has(action))
        throw new CommandError(`${tool} v1.8.9 (nf_tables): option "${word}" requires an argument`);
    } else call.rule.push(word);
  }
  return call;
}

type Complain = (message: string) => CommandError;

function readAction(
  call: Call,
  { letter, word }: { readonly letter: Action; readonly word: string },
  table: TableName,
  place: CommandPlace,
  complain: Complain,
): IptablesCommand {
  const [chain, second] = call.arguments;
  const name = chain ?? '';
  if (byteLength(name) >= 29) throw complain(`chain name \`${name}' too long (must be under 29 chars)`);
  const rules = (): readonly Rule[] => readRules(call, name, table, place, complain);
  const noRule = (): void => {
    if (call.rule[0] !== undefined) throw new CommandError(`Bad argument \`${call.rule[0]}'`);
  };
  switch (letter) {
    case 'A':
      return { kind: 'append', chain: name, rules: rules() };
    case 'C':
      return { kind: 'check', chain: name, rules: rules() };
    case 'I': {
      const number = second === undefined ? 1 : ruleNumber(second, complain);
      return { kind: 'insert', chain: name, number, rules: rules() };
    }
    case 'R': {
      if (second === undefined) throw complain('-R requires a rule number');
      const [rule, another] = rules();
      if (rule === undefined || another !== undefined)
        throw complain('Replacement rule does not specify a unique address');
      return { kind: 'replace', chain: name, number: ruleNumber(second, complain), rule };
    }
    case 'D':
      if (second === undefined) return { kind: 'delete', chain: name, rules: rules() };
      noRule();
      return { kind: 'delete-number', chain: name, number: ruleNumber(second, complain) };
    case 'P': {
      if (second === undefined) throw complain('-P requires a chain and a policy');
      if (second !== 'ACCEPT' && second !== 'DROP')
        throw new CommandError(
          `${call.family === 4 ? 'iptables' : 'ip6tables'}: Bad policy name. Run \`dmesg' for more information.`,
        );
      return { kind: 'policy', chain: name, policy: second };
    }
    case 'N':
      noRule();
      checkChainName(name, call.family, complain);
      return { kind: 'new-chain', chain: name };
    case 'E':
      if (second === undefined) throw complain('-E requires old-chain-name and new-chain-name');
      checkChainName(second, call.family, complain);
      return { kind: 'rename-chain', chain: name, to: second };
    case 'F':
    case 'Z':
    case 'X': {
      noRule();
      const kind = letter === 'F' ? 'flush' : letter === 'Z' ? 'zero' : 'delete-chain';
      return chain === undefined ? { kind } : { kind, chain };
    }
    case 'L':
    case 'S':
      throw new CommandError(`iptables ${word} changes nothing`);
  }
}

function ruleNumber(text: string, complain: Complain): number {
  const number = numberIn(text, 1, 0xffffffff);
  if (number === undefined) throw complain(`Invalid rule number \`${text}'`);
  return number;
}

/** The name of a new chain (parse_chain in iptables/xshared.c); -E of the real tool is less strict, and is sorry later. */
function checkChainName(name: string, family: Family, complain: Complain): void {
  if (name.startsWith('-') || name.startsWith('!'))
    throw complain(`chain name not allowed to start with \`${name.slice(0, 1)}'`);
  if (name === '' || isTargetName(name, family)) throw complain('chain name may not clash with target name');
  if (byteLength(name) >= 29) throw complain(`chain name \`${name}' too long (must be under 29 chars)`);
  if (/[ \t\n\v\f\r]/.test(name)) throw complain(`Invalid chain name \`${name}'`);
  restorableName('iptables: the chain name', name);
}

/** A word as iptables-save would have written it, which is how rules are read. */
function restoreWord(word: string): string {
  return /^[\w.:/,!+@%=[\]-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}

/** Options behind which no `!` stands. */
const ARGUED: ReadonlySet<string> = new Set(
  '-s --source --src -d --destination --dst -i --in-interface -o --out-interface'.split(' '),
);

function readRules(
  call: Call,
  chain: string,
  table: TableName,
  place: CommandPlace,
  complain: Complain,
): readonly Rule[] {
  const late = call.rule.findIndex((word, i) => word === '!' && ARGUED.has(call.rule[i - 1] ?? ''));
  // Rules of dumps of before 1.4.3 are read with it; the tool takes it no more.
  if (late >= 0) throw new CommandError(`Bad argument \`${call.rule[late + 1] ?? '!'}'`);
  const parsed = parseRule(call.rule.map(restoreWord).join(' '), call.family, USER);
  if (!parsed.ok) {
    const { message } = parsed.error;
    throw message.startsWith('Bad argument') ? new CommandError(message) : complain(message);
  }
  try {
    checkDevices(chain, parsed.rules);
  } catch (error) {
    throw error instanceof RuleError ? complain(error.message) : error;
  }
  for (const { target, matches } of parsed.rules) {
    if (table === 'nat' && target.kind === 'DROP')
      throw complain(
        'The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.',
      );
    for (const match of matches)
      if (match.kind === 'set' && !place.netns.sets.has(match.set))
        throw complain(`Set ${match.set} doesn't exist.`);
  }
  return parsed.rules;
}
