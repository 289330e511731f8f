import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../src/cli/index.ts';
import type { Io } from '../../../src/cli/io.ts';
import { progressOf, watchOf } from '../../../src/cli/progress.ts';

const QUIET: Io = {
  stdout: () => undefined,
  stdoutBytes: () => undefined,
  stderr: () => undefined,
  stdin: () => '',
  env: {},
  isTTY: false,
};

/** A terminal that keeps what it is sent. */
function terminal(): { readonly stream: Writable; readonly shown: () => string } {
  let text = '';
  const stream = new Writable({
    write: (chunk, _, next) => {
      text += String(chunk);
      next();
    },
  });
  return { stream: Object.assign(stream, { isTTY: true, columns: 80 }), shown: () => text };
}

/** A loop of ten pieces, each of which takes so long. */
function loop(io: Io, ms: number): void {
  const progress = progressOf('walks', 10, io);
  for (let i = 0; i < 10; i++) {
    vi.setSystemTime(Date.now() + ms);
    progress.tick();
  }
  progress.end();
}

describe('progress', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is drawn from within a loop that takes longer than a second, and is cleared when the loop ends', () => {
    vi.useFakeTimers();
    const { stream, shown } = terminal();
    loop({ ...QUIET, progressTo: stream }, 300);
    expect(shown()).toContain('of 10');
    expect(shown()).toMatch(/walks \[=/);
    // The last thing is the line being cleared.
    expect(shown().slice(shown().lastIndexOf('of 10'))).toContain('\u001b[');
    expect(shown().trimEnd().endsWith('of 10')).toBe(false);
  });

  it('is not drawn for what takes less', () => {
    vi.useFakeTimers();
    const { stream, shown } = terminal();
    loop({ ...QUIET, progressTo: stream }, 50);
    expect(shown()).toBe('');
  });

  it('is not there where stderr is no terminal', () => {
    vi.useFakeTimers();
    expect(() => loop(QUIET, 300)).not.toThrow();
  });

  it('of several works shows the one that is being done, once a second has gone by', () => {
    vi.useFakeTimers();
    const { stream, shown } = terminal();
    const { watch, end } = watchOf({ ...QUIET, progressTo: stream });
    for (const what of ['objects', 'nodes', 'walks'])
      for (let i = 0; i < 5; i++) {
        vi.setSystemTime(Date.now() + 150);
        watch?.(what, i, 5);
      }
    end();
    expect(shown()).not.toContain('objects');
    expect(shown()).toMatch(/nodes \[.*walks \[/s);
    expect(shown().trimEnd().endsWith('of 5')).toBe(false);
  });

  it('of reading and building goes to a terminal alone, and the answer is the same', async () => {
    const { stream, shown } = terminal();
    const clock = vi.spyOn(Date, 'now');
    let now = 0;
    clock.mockImplementation(() => {
      now += 400;
      return now;
    });
    const ask = async (io: Partial<Io>): Promise<string> => {
      let out = '';
      const keep = (text: string): void => {
        out += text;
      };
      await main(['lint', '-v', '-t', 'two-nodes'], { ...QUIET, ...io, stdout: keep, stderr: keep });
      return out;
    };
    const watched = await ask({ progressTo: stream });
    expect(shown()).toContain('nodes [');
    clock.mockRestore();
    expect(await ask({})).toBe(watched);
  });
});
