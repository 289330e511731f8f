import {
  printBridgeFdb,
  printIpAddr,
  printIpLink,
  printIpNeigh,
  printIpRoute,
  printIpRule,
  printIpsetSave,
  printIptablesSave,
} from '../../formats/index.ts';
import { type Netns, rulesetOf, type World } from '../../kernel/index.ts';
import { output } from './children.ts';

/** A state text, as podwalk prints it and as the real tool does. */
export interface TextDifference {
  readonly netns: string;
  readonly command: string;
  readonly expected: readonly string[];
  readonly observed: readonly string[];
  /** The first line that differs, counted from 0. */
  readonly at: number;
}

export interface TextConformance {
  /** Texts, and their lines, that were compared. */
  readonly texts: number;
  readonly lines: number;
  readonly differences: readonly TextDifference[];
}

interface Text {
  readonly command: readonly string[];
  readonly print: (netns: Netns, world: World) => string;
  readonly canon: (lines: readonly string[]) => readonly string[];
}

const asIs = (lines: readonly string[]): readonly string[] => lines;
/** What a hash orders. */
const sorted = (lines: readonly string[]): readonly string[] => [...lines].sort();
const only =
  (pattern: RegExp) =>
  (lines: readonly string[]): readonly string[] =>
    sorted(lines.filter((line) => pattern.test(line)));

/** The tools, and what of their texts is comparable: what traffic teaches, dates and timers are not. */
const TEXTS: readonly Text[] = [
  {
    command: ['ip', 'addr'],
    print: (netns, world) => printIpAddr(netns, { world }),
    canon: asIs,
  },
  {
    command: ['ip', '-d', 'link'],
    print: (netns, world) => printIpLink(netns, { world, details: true }),
    canon: (lines) => lines.map((line) => line.replace(/(?<=_timer) +\d+\.\d\d/g, '    0.00')),
  },
  {
    command: ['ip', '-4', 'route', 'show', 'table', 'all'],
    print: (netns, world) => printIpRoute(netns, { world, table: 'all', family: 4 }),
    canon: asIs,
  },
  {
    command: ['ip', '-6', 'route', 'show', 'table', 'all'],
    print: (netns, world) => printIpRoute(netns, { world, table: 'all', family: 6 }),
    canon: sorted,
  },
  { command: ['ip', 'rule'], print: (netns) => printIpRule(netns), canon: asIs },
  { command: ['ip', 'neigh'], print: (netns) => printIpNeigh(netns), canon: only(/ (PERMANENT|NOARP) $/) },
  {
    command: ['bridge', 'fdb'],
    print: (netns, world) => printBridgeFdb(netns, { world }),
    canon: only(/ (permanent|static)$/),
  },
  {
    command: ['iptables-save'],
    print: (netns) => printIptablesSave(rulesetOf(netns, 4)),
    canon: withoutDatesAndCounters,
  },
  {
    command: ['ip6tables-save'],
    print: (netns) => printIptablesSave(rulesetOf(netns, 6)),
    canon: withoutDatesAndCounters,
  },
  {
    command: ['ipset', 'save'],
    print: (netns) => printIpsetSave(netns.sets.values(), { initval: false }),
    canon: (lines) => sorted(lines.map((line) => line.replace(/ initval 0x[0-9a-f]+/, ''))),
  },
];

function withoutDatesAndCounters(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/^(:\S+ \S+) \[\d+:\d+\]$/, '$1 [0:0]'));
}

/**
 * Holds the texts of every namespace against those of the real tools. The namespaces must be as they were built: no
 * trace, no other rules.
 */
export async function conformTexts(
  world: World,
  prefix: string,
  skip: ReadonlySet<string> = new Set(),
): Promise<TextConformance> {
  const until = performance.now() + SETTLING;
  for (;;) {
    const result = await compareTexts(world, prefix, skip);
    if (result.differences.length === 0 || performance.now() > until) return result;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Milliseconds in which the kernel works out carriers and operational states of new devices (linkwatch). */
const SETTLING = 2500;

async function compareTexts(
  world: World,
  prefix: string,
  skip: ReadonlySet<string>,
): Promise<TextConformance> {
  const differences: TextDifference[] = [];
  let texts = 0;
  let lines = 0;
  for (const netns of world.netns.values()) {
    const found = await Promise.all(
      TEXTS.filter(({ command }) => !skip.has(command[0] ?? '')).map(async (text) => {
        const real = await output('ip', ['netns', 'exec', `${prefix}${netns.name}`, ...text.command]);
        const observed = text.canon(linesOf(real.replaceAll(`link-netns ${prefix}`, 'link-netns ')));
        return compareText(netns.id, text, text.canon(linesOf(text.print(netns, world))), observed);
      }),
    );
    for (const { difference, count } of found) {
      texts++;
      lines += count;
      if (difference !== undefined) differences.push(difference);
    }
  }
  return { texts, lines, differences };
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function compareText(
  netns: string,
  text: Text,
  expected: readonly string[],
  observed: readonly string[],
): { readonly count: number; readonly difference?: TextDifference } {
  const count = Math.max(expected.length, observed.length);
  for (let at = 0; at < count; at++) {
    if (expected[at] === observed[at]) continue;
    return { count, difference: { netns, command: text.command.join(' '), expected, observed, at } };
  }
  return { count };
}
