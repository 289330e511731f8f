import type { Family } from '../addr/index.ts';
import type { InterfaceMatch, Origin, Rule } from '../kernel/index.ts';
import { printMatch } from './iptables/matches.ts';
import { protocolName } from './iptables/names.ts';
import { printAddress } from './iptables/rule-address.ts';
import { type ParsedRule, readRule } from './iptables/rule-reader.ts';
import { bang } from './iptables/syntax.ts';
import { printTarget } from './iptables/targets.ts';
import { RuleError, splitWords } from './iptables/words.ts';

function printInterface(option: string, device: InterfaceMatch | undefined): string {
  if (device === undefined || (device.name === '+' && !device.not)) return '';
  return ` ${bang(device.not)}${option} ${device.name}`;
}

/**
 * A rule as `iptables-save` prints it, without `-A CHAIN`: addresses, interfaces, protocol, matches in their order,
 * target. Empty for a rule that matches everything and does nothing.
 */
export function printRule(rule: Rule, family: Family): string {
  let text =
    printAddress('-s', rule.src) +
    printAddress('-d', rule.dst) +
    printInterface('-i', rule.inInterface) +
    printInterface('-o', rule.outInterface);
  const { protocol, fragment } = rule;
  if (protocol !== undefined && (protocol.number !== 0 || protocol.not)) {
    text += ` ${bang(protocol.not)}-p ${protocolName(protocol.number)}`;
  }
  if (fragment !== undefined) text += ` ${bang(fragment.not)}-f`;
  for (const match of rule.matches) text += printMatch(match, family);
  return (text + printTarget(rule.target, family)).slice(1);
}

export type RuleResult =
  | ({ readonly ok: true } & ParsedRule)
  | { readonly ok: false; readonly error: { readonly column?: number; readonly message: string } };

/**
 * Parses one rule as it is written after `-A CHAIN`, in any spelling that iptables takes. A `-j NAME` that is no target
 * is a jump; whether the chain exists is the caller's question. The column of an error is 1-based.
 */
export function parseRule(text: string, family: Family, origin: Origin = { program: 'user' }): RuleResult {
  try {
    return { ok: true, ...readRule(text, splitWords(text), family, origin) };
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    const { column, message } = error;
    return { ok: false, error: { ...(column !== undefined && { column }), message } };
  }
}
