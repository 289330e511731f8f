import { createRequire } from 'node:module';
import type { Watch } from '../k8s/index.ts';
import type { Io } from './io.ts';

/** What is used of cli-progress. */
interface SingleBar {
  readonly start: (total: number, value: number) => void;
  readonly update: (value: number) => void;
  readonly stop: () => void;
}
type CliProgress = { readonly SingleBar: new (options: Readonly<Record<string, unknown>>) => SingleBar };

/** How far a loop is, shown to a person who waits. Results never depend on it. */
export interface Progress {
  /** One more piece of the work is done. */
  readonly tick: () => void;
  /** Leaves nothing on the screen. */
  readonly end: () => void;
}

const NONE: Progress = { tick: () => undefined, end: () => undefined };

/** Who waits less than this sees nothing. */
const PATIENCE_MS = 1000;

/**
 * A bar on stderr for `total` pieces of work, once they have taken a second; drawn from within the loop, as nothing else
 * runs meanwhile. Where stderr is no terminal there is none.
 */
export function progressOf(what: string, total: number, io: Io): Progress {
  const stream = io.progressTo;
  if (stream === undefined) return NONE;
  const start = Date.now();
  let done = 0;
  let bar: SingleBar | undefined;
  return {
    tick: () => {
      done++;
      if (bar === undefined && Date.now() - start >= PATIENCE_MS && done < total) {
        bar = newBar(what, stream);
        bar.start(total, done);
      } else bar?.update(done);
    },
    end: () => {
      bar?.stop();
      bar = undefined;
    },
  };
}

/**
 * The same for works that say how far they are, one after the other: who has waited for a second sees the bar of whatever
 * is being done.
 */
export function watchOf(io: Io): { readonly watch?: Watch; readonly end: () => void } {
  const stream = io.progressTo;
  if (stream === undefined) return { end: NONE.end };
  const start = Date.now();
  let shown: { readonly what: string; readonly bar: SingleBar } | undefined;
  const end = (): void => {
    shown?.bar.stop();
    shown = undefined;
  };
  const watch: Watch = (what, done, total) => {
    if (shown?.what === what) shown.bar.update(done);
    else if (total > 1 && Date.now() - start >= PATIENCE_MS) {
      end();
      shown = { what, bar: newBar(what, stream) };
      shown.bar.start(total, done);
    }
  };
  return { watch, end };
}

/** Loaded with the first bar: most commands never draw one. */
function newBar(what: string, stream: NodeJS.WritableStream): SingleBar {
  const { SingleBar: Bar } = createRequire(import.meta.url)('cli-progress') as CliProgress;
  return new Bar({
    format: `${what} [{bar}] {value} of {total}`,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    barsize: 30,
    clearOnComplete: true,
    gracefulExit: false,
    stream,
  });
}
