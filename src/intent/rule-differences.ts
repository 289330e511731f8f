import type { Family } from '../addr/index.ts';
import { printRule } from '../formats/index.ts';
import {
  type Chain,
  type IptablesCommand,
  type Operation,
  type Rule,
  rulesetOf,
  type TableName,
} from '../kernel/index.ts';
import { type Difference, type Sides, USER } from './difference.ts';

const FAMILY: Family = 4;
/** Above this a chain is compared as a whole. */
const MOST_PARTS = 8;
/** Above this a table is. */
const MOST_CHAINS = 32;

/** Chains, policies and rules of IPv4 that are missing, others, or too many. */
export function netfilterDifferences({ is, should }: Sides): Difference[] {
  const now = rulesetOf(is, FAMILY);
  const then = rulesetOf(should, FAMILY);
  const found: Difference[] = [];
  for (const table of new Set([...then.tables.keys(), ...now.tables.keys()])) {
    const side: Side = { place: is.label, netns: is.id, table };
    const chains = now.tables.get(table)?.chains ?? new Map<string, Chain>();
    const wanted = then.tables.get(table)?.chains ?? new Map<string, Chain>();
    const here: Difference[] = [];
    // Chains that are missing come first: rules of others jump to them.
    for (const chain of wanted.values()) if (!chains.has(chain.name)) here.push(...chainMissing(side, chain));
    for (const chain of wanted.values()) {
      const other = chains.get(chain.name);
      if (other !== undefined) here.push(...chainDifferences(side, other, chain));
    }
    for (const chain of chains.values())
      if (!wanted.has(chain.name))
        here.push(...chainDifferences(side, chain, { ...chain, policy: 'ACCEPT', rules: [] }));
    found.push(...(here.length > MOST_CHAINS ? [wholeTable(side, here)] : here));
  }
  return found;
}

/** A table of which too much is wrong to look at each chain alone: somebody flushed it. */
function wholeTable({ place, table }: Side, parts: readonly Difference[]): Difference {
  const [origin] = parts.flatMap((part) => part.origin ?? []);
  return {
    place,
    what: `${parts.length} chains of table ${table} are not as they were written`,
    ...(origin === undefined ? {} : { origin }),
    operations: parts.flatMap((part) => part.operations),
  };
}

interface Side {
  readonly place: string;
  readonly netns: string;
  readonly table: TableName;
}

function call({ netns, table }: Side, command: IptablesCommand): Operation {
  return { op: 'iptables', netns, family: FAMILY, table, command, origin: USER };
}

function chainMissing(side: Side, chain: Chain): Difference[] {
  // A built-in chain without rules is as good as none: a table comes into being when something is written into it.
  if (chain.policy !== undefined && chain.rules.length === 0) return [];
  return [
    {
      place: side.place,
      what: `chain ${side.table} ${chain.name} is missing`,
      origin: chain.rules[0]?.origin ?? chain.origin,
      operations: [
        ...(chain.policy === undefined ? [call(side, { kind: 'new-chain', chain: chain.name })] : []),
        ...chain.rules.map((rule) => call(side, { kind: 'append', chain: chain.name, rules: [rule] })),
      ],
    },
  ];
}

function chainDifferences(side: Side, is: Chain, should: Chain): Difference[] {
  const found: Difference[] = [];
  const name = `${side.table} ${is.name}`;
  if (is.policy !== undefined && should.policy !== undefined && is.policy !== should.policy) {
    found.push({
      place: side.place,
      what: `policy of ${name} is ${is.policy}, not ${should.policy}`,
      origin: should.origin,
      operations: [call(side, { kind: 'policy', chain: is.name, policy: should.policy })],
    });
  }
  if (is.rules === should.rules) return found;
  const parts = ruleDifferences(side, is, should);
  if (parts.length > 1) found.push(wholeChain(side, is, should, parts));
  else found.push(...parts);
  return found;
}

/** All rules of a chain written again. */
function wholeChain(side: Side, is: Chain, should: Chain, parts: readonly Difference[]): Difference {
  return {
    place: side.place,
    what:
      is.rules.length === 0
        ? `chain ${side.table} ${is.name} is empty: its ${parts.length} rules are missing`
        : `${parts.length} rules of ${side.table} ${is.name} are not as they were written`,
    origin: should.rules[0]?.origin ?? should.origin,
    operations: [
      ...(is.rules.length === 0 ? [] : [call(side, { kind: 'flush', chain: is.name })]),
      ...should.rules.map((rule) => call(side, { kind: 'append', chain: is.name, rules: [rule] })),
    ],
    ...(parts.length > MOST_PARTS || is.rules.length === 0 ? {} : { parts }),
  };
}

function text(rule: Rule): string {
  return printRule(rule, FAMILY);
}

/** Rule by rule: the longest common subsequence stays, the rest is missing or too many. */
function ruleDifferences(side: Side, is: Chain, should: Chain): Difference[] {
  const { missing, extra } = compare(is.rules.map(text), should.rules.map(text));
  const found: Difference[] = [];
  const name = `${side.table} ${is.name}`;
  const [lost] = missing;
  const [put] = extra;
  if (missing.length === 1 && extra.length === 1 && lost?.before === put) {
    const rule = should.rules[lost?.index ?? 0];
    const other = is.rules[put ?? 0];
    if (rule !== undefined && other !== undefined && put !== undefined)
      return [
        {
          place: side.place,
          what: `rule ${put + 1} of ${name} is "${text(other)}", not "${text(rule)}"`,
          origin: rule.origin,
          operations: [call(side, { kind: 'replace', chain: is.name, number: put + 1, rule })],
        },
      ];
  }
  for (const { index, before } of missing) {
    const rule = should.rules[index];
    if (rule === undefined) continue;
    const atEnd = before === is.rules.length;
    found.push({
      place: side.place,
      what: `rule ${index + 1} of ${name} is missing: ${text(rule)}`,
      origin: rule.origin,
      operations: [
        call(
          side,
          atEnd
            ? { kind: 'append', chain: is.name, rules: [rule] }
            : { kind: 'insert', chain: is.name, number: before + 1, rules: [rule] },
        ),
      ],
    });
  }
  for (const index of extra) {
    const rule = is.rules[index];
    if (rule === undefined) continue;
    found.push({
      place: side.place,
      what: `rule ${index + 1} of ${name} was added by hand: ${text(rule)}`,
      operations: [call(side, { kind: 'delete', chain: is.name, rules: [rule] })],
    });
  }
  return found;
}

interface Compared {
  /** Indexes of what is wanted and not there, and before which of what is there each belongs. */
  readonly missing: readonly { readonly index: number; readonly before: number }[];
  /** Indexes of what is there and not wanted. */
  readonly extra: readonly number[];
}

/** More pairs than this are not compared one by one: everything between the common ends counts as changed. */
const MOST_PAIRS = 1_000_000;

function compare(is: readonly string[], should: readonly string[]): Compared {
  let head = 0;
  while (head < is.length && head < should.length && is[head] === should[head]) head++;
  let tail = 0;
  while (
    tail < is.length - head &&
    tail < should.length - head &&
    is[is.length - 1 - tail] === should[should.length - 1 - tail]
  )
    tail++;
  const rows = is.length - head - tail;
  const columns = should.length - head - tail;
  // lengths[i][j]: the longest common subsequence of what is left from i and from j on.
  const lengths: number[][] = [];
  const small = rows * columns <= MOST_PAIRS;
  for (let i = rows; small && i >= 0; i--) {
    const row: number[] = new Array(columns + 1).fill(0);
    const below = lengths[0];
    for (let j = columns - 1; below !== undefined && j >= 0; j--)
      row[j] =
        is[head + i] === should[head + j]
          ? (below[j + 1] ?? 0) + 1
          : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    lengths.unshift(row);
  }
  const missing: { index: number; before: number }[] = [];
  const extra: number[] = [];
  let i = 0;
  let j = 0;
  while (i < rows || j < columns) {
    if (small && i < rows && j < columns && is[head + i] === should[head + j]) {
      i++;
      j++;
    } else if (j < columns && (i >= rows || (lengths[i]?.[j + 1] ?? 0) >= (lengths[i + 1]?.[j] ?? 0))) {
      missing.push({ index: head + j, before: head + i });
      j++;
    } else {
      extra.push(head + i);
      i++;
    }
  }
  return { missing, extra };
}
