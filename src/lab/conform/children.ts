import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Programs that run beside a lab. Those that were started here are ended here, by their own ids. */
export interface Children {
  /** Starts a program in a namespace. */
  readonly start: (netns: string, command: readonly string[]) => ChildProcessWithoutNullStreams;
  readonly endAll: () => Promise<void>;
}

export function children(): Children {
  const running = new Set<ChildProcess>();
  return {
    start: (netns, command) => {
      const child = spawn('ip', ['netns', 'exec', netns, ...command], { stdio: 'pipe' });
      running.add(child);
      child.on('exit', () => running.delete(child));
      child.on('error', () => running.delete(child));
      child.stdin.on('error', () => undefined);
      return child;
    },
    endAll: async () => {
      await Promise.all(
        [...running].map(
          (child) =>
            new Promise<void>((resolve) => {
              child.on('exit', () => resolve());
              if (child.exitCode !== null || child.signalCode !== null || !child.kill('SIGKILL')) resolve();
            }),
        ),
      );
    },
  };
}

export function onLines(child: ChildProcessWithoutNullStreams, take: (line: string) => void): void {
  createInterface({ input: child.stdout }).on('line', take);
}

export interface RunOptions {
  /** For its standard input. */
  readonly input?: string;
  /** Ends it with SIGTERM. */
  readonly signal?: AbortSignal | undefined;
  /** A Ctrl-C of the terminal does not reach it. */
  readonly apart?: boolean;
}

/** Runs a program to its end: its output, or an error with what it said. */
export function output(
  command: string,
  args: readonly string[],
  { input = '', signal, apart = false }: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe', detached: apart });
    const stop = (): void => {
      child.kill('SIGTERM');
    };
    signal?.addEventListener('abort', stop);
    let out = '';
    let err = '';
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', stop);
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args.join(' ')}: exit ${code}: ${err.trim() || out.trim()}`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Runs the text of a shell script. */
export function shell(script: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return output('sh', ['-s', '--', ...args], { ...options, input: script });
}
