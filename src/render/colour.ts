import * as util from 'node:util';
import { wantsColour } from '../formats/text/index.ts';

/**
 * Colour carries meaning only: green what arrived, red what was dropped, yellow what was rewritten, dim what
 * was passed by untouched. Names of what they mean, so that no caller thinks in colours.
 */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly rewritten: (text: string) => string;
  readonly untouched: (text: string) => string;
  readonly strong: (text: string) => string;
}

const same = (text: string): string => text;

/** No colour: pipes, files and NO_COLOR. */
export const PLAIN: Paint = { good: same, bad: same, rewritten: same, untouched: same, strong: same };

/** Node 20.12 and later; its types came later than the function. */
type StyleText = (format: string, text: string, options?: { readonly validateStream?: boolean }) => string;
const styleText: unknown = Reflect.get(util, 'styleText');

function style(format: string): (text: string) => string {
  if (typeof styleText !== 'function') return same;
  const call = styleText as StyleText;
  // The caller has already decided by its stream and environment.
  return (text) => call(format, text, { validateStream: false });
}

/** ANSI colours, for a terminal. */
export const COLOUR: Paint = {
  good: style('green'),
  bad: style('red'),
  rewritten: style('yellow'),
  untouched: style('dim'),
  strong: style('bold'),
};

/** The colours for a stream: those of a terminal, unless something says otherwise (`wantsColour`). */
export function paintFor(isTTY: boolean, env: Readonly<Record<string, string | undefined>>): Paint {
  return wantsColour(isTTY, env) ? COLOUR : PLAIN;
}
