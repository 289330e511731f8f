import type { Break } from '../cluster/index.ts';
import type { Io } from './io.ts';

/** `--break 'NODE: COMMAND'`, in order; undefined when one is not of that form, which is said. */
export function parseBreaks(texts: readonly string[], io: Io): Break[] | undefined {
  const breaks: Break[] = [];
  for (const text of texts) {
    const colon = text.indexOf(':');
    const on = text.slice(0, Math.max(0, colon)).trim();
    const run = text.slice(colon + 1).trim();
    if (on === '' || run === '' || /\s/.test(on)) {
      io.stderr(
        `error: --break "${text}": write it as 'NODE: COMMAND', as in 'node1: ip route del 10.244.2.0/24'\n`,
      );
      return undefined;
    }
    breaks.push({ on, run });
  }
  return breaks;
}
