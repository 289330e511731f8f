import { guardOutput, wantsColour } from '../formats/text/index.ts';
import type { Io } from './io.ts';

/**
 * The same outside, with a last look at every text: no control character but newlines, tabs and podwalk's own colours passes, and a
 * message stays one, whatever it quotes.
 */
export function guarded(io: Io): Io {
  const colours = wantsColour(io.isTTY, io.env);
  return {
    ...io,
    stdout: (text) => io.stdout(guardOutput(text, colours)),
    stderr: (text) => io.stderr(guardOutput(oneMessage(text), false)),
  };
}

/** Further lines of a message are indented (its place, its fix) or in brackets (a suggestion). */
function oneMessage(text: string): string {
  return /^(?:error|warning|note): /.test(text) ? text.replace(/\n(?! {2}|\(|$)/g, '\\n') : text;
}
