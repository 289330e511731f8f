import { type Cidr, cidrFamily, type Family, parseCidr, parseIp, widthOf } from '../addr/index.ts';
import { type Netns, type PolicyRule, RT_TABLE_DEFAULT } from '../kernel/index.ts';
import { formatDestination, formatTable, parseTable } from './ip-route.ts';
import { type EntriesResult, entry, misfit, parseEntries, type Reading } from './lines.ts';

/** One line of `ip rule`. */
export interface IpRuleEntry {
  readonly priority: number;
  /** The selectors are negated together. */
  readonly not?: boolean;
  /** Absent: `all`. */
  readonly from?: Cidr;
  readonly to?: Cidr;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly iif?: string;
  readonly oif?: string;
  readonly table: number;
}

/** `ip rule`, or `ip -6 rule` for family 6, in the namespace. */
export function printIpRule(netns: Netns, options: { readonly family?: Family } = {}): string {
  return formatIpRule(ipRuleEntries(netns, options));
}

export function ipRuleEntries(netns: Netns, options: { readonly family?: Family } = {}): IpRuleEntry[] {
  const { family = 4 } = options;
  return netns.rules
    .filter((rule) => appliesTo(rule, family))
    .sort((a, b) => a.priority - b.priority)
    .map(({ origin: _, ...rule }) => rule);
}

/** IPv6 has no table `default`, nor a rule for it (net/ipv6/fib6_rules.c, fib6_rules_net_init). */
function appliesTo(rule: PolicyRule, family: Family): boolean {
  if (family === 6 && rule.table === RT_TABLE_DEFAULT) return false;
  return [rule.from, rule.to].every((cidr) => cidr === undefined || cidrFamily(cidr) === family);
}

export function formatIpRule(entries: readonly IpRuleEntry[]): string {
  return entries.map((rule) => `${formatEntry(rule)}\n`).join('');
}

const WHOLE_MARK = 0xffffffff;

function formatEntry(rule: IpRuleEntry): string {
  const { from, to, mark, iif, oif } = rule;
  const words = [`from ${from === undefined ? 'all' : formatSelector(from)}`];
  if (to !== undefined) words.push(`to ${formatSelector(to)}`);
  if (mark !== undefined) {
    const mask = mark.mask === WHOLE_MARK ? '' : `/0x${mark.mask.toString(16)}`;
    words.push(`fwmark 0x${mark.value.toString(16)}${mask}`);
  }
  if (iif !== undefined) words.push(`iif ${iif}`);
  if (oif !== undefined) words.push(`oif ${oif}`);
  words.push(`lookup ${formatTable(rule.table)}`);
  return `${rule.priority}:\t${rule.not === true ? 'not ' : ''}${words.join(' ')}`;
}

/** As a route's destination, but without a word for the empty prefix: `0.0.0.0/0`. */
function formatSelector(cidr: Cidr): string {
  if (cidr.length > 0) return formatDestination(cidr);
  return typeof cidr.base === 'number' ? '0.0.0.0/0' : '::/0';
}

/** Reads what `ip rule` printed. */
export function parseIpRule(text: string): EntriesResult<IpRuleEntry> {
  return parseEntries(text, (lines, from) => readRule(lines[from] ?? ''), formatEntry);
}

const RULE =
  /^(\d{1,10}):\t(not )?from (\S+)(?: to (\S+))?(?: fwmark (0x[0-9a-f]{1,8})(?:\/(0x[0-9a-f]{1,8}))?)?(?: iif (\S+))?(?: oif (\S+))? lookup (\S+)$/;

function readRule(line: string): Reading<IpRuleEntry> {
  const match = RULE.exec(line);
  if (match === null) return misfit('expected "PRIORITY:<tab>from PREFIX ... lookup TABLE"');
  const [, priority, not, fromText = '', toText, value, mask, iif, oif, tableText = ''] = match;
  const from = fromText === 'all' ? undefined : parseSelector(fromText);
  if (fromText !== 'all' && from === undefined) return misfit(`invalid prefix: ${fromText}`);
  const to = toText === undefined ? undefined : parseSelector(toText);
  if (toText !== undefined && to === undefined) return misfit(`invalid prefix: ${toText}`);
  const table = parseTable(tableText);
  if (table === undefined) return misfit(`unknown table: ${tableText}`);
  return entry({
    priority: Number(priority),
    ...(not === undefined ? {} : { not: true }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(value === undefined
      ? {}
      : { mark: { value: Number(value), mask: mask === undefined ? WHOLE_MARK : Number(mask) } }),
    ...(iif === undefined ? {} : { iif }),
    ...(oif === undefined ? {} : { oif }),
    table,
  });
}

function parseSelector(text: string): Cidr | undefined {
  const ip = parseIp(text);
  if (ip !== undefined) return { base: ip, length: widthOf(typeof ip === 'number' ? 4 : 6) };
  const parsed = parseCidr(text);
  return parsed.ok ? parsed.cidr : undefined;
}
