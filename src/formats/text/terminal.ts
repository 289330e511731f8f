import { isHostile, visibleLines } from './visible.ts';

/** Colours and weights as `Paint` of the renderers sets and ends them, and nothing else that a terminal obeys. */
const COLOURS = new RegExp(`(${'\u001b'}\\[(?:1|2|22|31|32|33|39)m)`);

/**
 * The last look at what goes to a terminal, a file or a pipe: whatever slipped through is made visible. Colours of podwalk's own
 * pass where colours are wanted.
 */
export function guardOutput(text: string, colours: boolean): string {
  if (!isHostile(text)) return text;
  if (!colours || !COLOURS.test(text)) return visibleLines(text);
  // With the separators captured, every second part is one.
  return text
    .split(COLOURS)
    .map((part, i) => (i % 2 === 1 ? part : visibleLines(part)))
    .join('');
}

/**
 * Whether to colour (https://no-color.org, FORCE_COLOR as Node reads it): off with a non-empty NO_COLOR, on
 * with FORCE_COLOR other than 0, else only on a terminal that is not dumb.
 */
export function wantsColour(isTTY: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const no = env['NO_COLOR'];
  if (no !== undefined && no !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTTY && env['TERM'] !== 'dumb';
}
