import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs a script of `realizeScript` with the terminal as its own, and gives its exit code. A Ctrl-C reaches the script,
 * which takes away what it has built; this process waits for it.
 */
export async function runScript(script: string, args: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'podwalk-'));
  const file = join(folder, 'lab.sh');
  writeFileSync(file, script, { mode: 0o755 });
  const wait = (): void => undefined;
  process.on('SIGINT', wait);
  try {
    return await new Promise<number>((resolve, reject) => {
      const child = spawn('sh', [file, ...args], {
        stdio: 'inherit',
        env: { ...process.env, NODE: process.execPath },
      });
      const forward = (): void => {
        child.kill('SIGTERM');
      };
      process.on('SIGTERM', forward);
      child.on('error', reject);
      child.on('close', (code) => {
        process.off('SIGTERM', forward);
        resolve(code ?? 1);
      });
    });
  } finally {
    process.off('SIGINT', wait);
    rmSync(folder, { recursive: true, force: true });
  }
}
