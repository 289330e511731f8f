import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeAbandonedFolders, temporaryFolder } from '../temporary.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a script of `realizeScript` with the terminal as its own, and gives its exit code, or 1 when a signal ended it.
 * Folders that runs before it have left, since they were killed, are taken away first.
 * The script takes away what it has built when it is stopped; this process passes signals on and waits for it.
 */
export async function runScript(script: string, args: readonly string[]): Promise<number> {
  removeAbandonedFolders();
  const folder = temporaryFolder();
  const file = join(folder, 'lab.sh');
  writeFileSync(file, script, { mode: 0o755 });
  try {
    return await new Promise<number>((resolve, reject) => {
      const child = spawn('sh', [file, ...args], { stdio: 'inherit' });
      const pass = (signal: NodeJS.Signals): void => {
        // A terminal sends Ctrl-C to both; a program that runs there must not get it twice.
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      };
      for (const signal of SIGNALS) process.on(signal, pass);
      const done = (): void => {
        for (const signal of SIGNALS) process.off(signal, pass);
      };
      child.on('error', (error) => {
        done();
        reject(error);
      });
      child.on('close', (code) => {
        done();
        resolve(code ?? 1);
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
