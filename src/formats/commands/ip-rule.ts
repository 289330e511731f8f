import type { Operation, PolicyRuleSpec } from '../../kernel/index.ts';
import { parseTable } from '../ip-route.ts';
import { deviceNameOf } from './names.ts';
import { type CommandPlace, prefixOf, USER } from './place.ts';
import { abbreviated, argumentOf, CommandError, notModelled, numberIn, take, type Words } from './words.ts';

const UNDERSTOOD =
  'ip rule add|del [from PREFIX] [to PREFIX] [iif DEV] [oif DEV] [fwmark N[/MASK]] [lookup TABLE] [priority N], ip rule flush';
const SUBCOMMANDS = ['add', 'delete', 'flush', 'show', 'list', 'save', 'restore'] as const;
const UNMODELLED: ReadonlySet<string> = new Set(
  (
    'not tos dsfield tun_id sport dport ipproto realms goto nop l3mdev uidrange protocol suppress_prefixlength ' +
    'suppress_ifgroup blackhole unreachable prohibit type nat'
  ).split(' '),
);

/** `ip rule add|del|flush`. */
export function readIpRule(words: Words, place: CommandPlace): Operation[] {
  if (place.family === 6) throw notModelled('ip rule', '-6', UNDERSTOOD);
  const word = take(words) ?? 'show';
  const netns = place.netns.id;
  switch (abbreviated(word, SUBCOMMANDS)) {
    case 'add':
      if (words.next >= words.all.length) throw new CommandError('"ip rule add" requires arguments.');
      return [{ op: 'policy-rule-add', netns, rule: readSpec(words), origin: USER }];
    case 'delete':
      if (words.next >= words.all.length) throw new CommandError('"ip rule del" requires arguments.');
      return [{ op: 'policy-rule-delete', netns, rule: readSpec(words) }];
    case 'flush':
      // Rule 0 stays (iprule_flush).
      return place.netns.rules
        .filter(({ priority }) => priority !== 0)
        .map(({ priority, table }) => ({ op: 'policy-rule-delete', netns, rule: { priority, table } }));
    case 'show':
    case 'list':
    case 'save':
      throw new CommandError(`ip rule ${word} changes nothing`, `understood: ${UNDERSTOOD}`);
    default:
      throw new CommandError(
        `Command "${word}" is unknown, try "ip rule help".`,
        `understood: ${UNDERSTOOD}`,
      );
  }
}

type Draft = { -readonly [K in keyof PolicyRuleSpec]: PolicyRuleSpec[K] };

function readSpec(words: Words): PolicyRuleSpec {
  const rule: Draft = {};
  for (let word = take(words); word !== undefined; word = take(words)) {
    switch (word) {
      case 'from':
      case 'to': {
        const prefix = prefixOf(argumentOf(words), 4);
        if (prefix.length > 0) rule[word] = prefix;
        break;
      }
      case 'iif':
      case 'dev':
        rule.iif = deviceNameOf(argumentOf(words), '"iif"/"dev"');
        break;
      case 'oif':
        rule.oif = deviceNameOf(argumentOf(words), '"oif"');
        break;
      case 'fwmark':
        rule.mark = markOf(argumentOf(words));
        break;
      case 'table':
      case 'lookup': {
        const text = argumentOf(words);
        const table = parseTable(text);
        if (table === undefined)
          throw new CommandError(`Error: argument "${text}" is wrong: invalid table ID`);
        rule.table = table;
        break;
      }
      case 'priority':
      case 'preference':
      case 'pref':
      case 'order': {
        const text = argumentOf(words);
        const priority = numberIn(text, 0, 0xffffffff);
        if (priority === undefined)
          throw new CommandError(`Error: argument "${text}" is wrong: preference value is invalid`);
        rule.priority = priority;
        break;
      }
      default:
        if (UNMODELLED.has(word)) throw notModelled('ip rule', word, UNDERSTOOD);
        throw new CommandError(
          `Error: argument "${word}" is wrong: Failed to parse rule type`,
          `understood: ${UNDERSTOOD}`,
        );
    }
  }
  return rule;
}

function markOf(text: string): { readonly value: number; readonly mask: number } {
  const slash = text.indexOf('/');
  const value = slash < 0 ? text : text.slice(0, slash);
  const mask = slash < 0 ? undefined : text.slice(slash + 1);
  const number = numberIn(value, 0, 0xffffffff);
  const bits = mask === undefined ? 0xffffffff : numberIn(mask, 0, 0xffffffff);
  if (number === undefined)
    throw new CommandError(`Error: argument "${value}" is wrong: fwmark value is invalid`);
  if (bits === undefined)
    throw new CommandError(`Error: argument "${mask}" is wrong: fwmask value is invalid`);
  return { value: number, mask: bits };
}
