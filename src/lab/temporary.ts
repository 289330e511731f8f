import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const FOLDER = '/var/run/netns';
const TEMPORARY = /^pwc-(\d+)-/;

/** A prefix of namespaces that stand no longer than this process: whoever comes after it knows them by its id. */
export function temporaryPrefix(name = ''): string {
  return `pwc-${process.pid}-${name}`;
}

/**
 * Takes away temporary namespaces, and the processes in them, whose process has ended without doing so (`kill -9`, a
 * crash). Needs root; without it, and without such namespaces, nothing happens.
 *
 * @returns the names of those that are gone
 */
export function removeAbandonedLabs(): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  return namespaces()
    .filter(isAbandoned)
    .filter((name) => {
      endProcesses(name);
      return spawnSync('ip', ['netns', 'del', name]).status === 0;
    });
}

function namespaces(): string[] {
  try {
    return readdirSync(FOLDER);
  } catch {
    return []; // Nobody has ever made one.
  }
}

function isAbandoned(name: string): boolean {
  const pid = TEMPORARY.exec(name)?.[1];
  return pid !== undefined && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function endProcesses(name: string): void {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
  for (const word of (stdout ?? '').split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(word), 'SIGKILL');
    } catch {
      // Gone by itself.
    }
  }
}
