import type { Netns, World } from '../../kernel/index.ts';
import { output } from '../conform/children.ts';
import { STATE_TEXTS } from './state-texts.ts';

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

export interface TextOptions {
  /** Leaves out texts that show how the kernel was configured when it was built: another than that which podwalk knows. */
  readonly anyBuild?: boolean;
}

/** Milliseconds in which the kernel works out carriers and operational states of new devices (linkwatch). */
const SETTLING = 2500;

/**
 * Holds the texts of every namespace of a lab against those of the real tools. The namespaces must be as they were
 * built: no trace, no other rules.
 *
 * @param prefix of the lab's namespaces
 */
export async function conformTexts(
  world: World,
  prefix: string,
  { anyBuild = false }: TextOptions = {},
): Promise<TextConformance> {
  const until = performance.now() + SETTLING;
  const all = [...world.netns.values()];
  const first = await Promise.all(all.map((netns) => compareTexts(netns, world, prefix, anyBuild)));
  for (;;) {
    // Only what differs is asked again: most of it is right at once.
    const late = first.flatMap((found, i) =>
      found.some(({ difference }) => difference !== undefined) ? [i] : [],
    );
    if (late.length === 0 || performance.now() > until) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const i of late) {
      const netns = all[i];
      if (netns !== undefined) first[i] = await compareTexts(netns, world, prefix, anyBuild);
    }
  }
  const compared = first.flat();
  return {
    texts: compared.length,
    lines: compared.reduce((sum, { lines }) => sum + lines, 0),
    differences: compared.flatMap(({ difference }) => (difference === undefined ? [] : [difference])),
  };
}

interface Compared {
  readonly lines: number;
  readonly difference?: TextDifference;
}

async function compareTexts(
  netns: Netns,
  world: World,
  prefix: string,
  anyBuild: boolean,
): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (const text of STATE_TEXTS) {
    if (text.of?.(netns) === false || (anyBuild && text.ofTheBuild === true)) continue;
    const command = text.command(netns);
    const real = await output('ip', ['netns', 'exec', `${prefix}${netns.name}`, ...command]);
    const observed = text.canon(linesOf(real.replaceAll(`link-netns ${prefix}`, 'link-netns ')));
    const expected = text.canon(linesOf(text.print(netns, world)));
    compared.push(compareLines({ netns: netns.id, command: command.join(' '), expected, observed }));
  }
  return compared;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function compareLines(both: Omit<TextDifference, 'at'>): Compared {
  const { expected, observed } = both;
  const lines = Math.max(expected.length, observed.length);
  for (let at = 0; at < lines; at++) {
    if (expected[at] !== observed[at]) return { lines, difference: { ...both, at } };
  }
  return { lines };
}
