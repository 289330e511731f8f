import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** `podwalk-PID-XXXXXX`: whose it is stands in the name, since a process that is killed can write nothing more. */
const TEMPORARY_FOLDER = /^podwalk-(\d+)-[A-Za-z0-9]{6}$/;

/** A new folder for files that stand no longer than this process. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), `podwalk-${process.pid}-`));
}

/**
 * Takes away temporary folders of this user whose process has ended without doing so.
 *
 * @returns those that are gone
 */
export function removeAbandonedFolders(): readonly string[] {
  return entries(tmpdir())
    .filter((name) => {
      const pid = TEMPORARY_FOLDER.exec(name)?.[1];
      return pid !== undefined && !isAlive(Number(pid));
    })
    .map((name) => join(tmpdir(), name))
    .filter(isRemoved);
}

/** Folders of others, and links, are left alone. */
function isRemoved(folder: string): boolean {
  try {
    const found = lstatSync(folder);
    if (!found.isDirectory() || found.uid !== process.getuid?.()) return false;
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch {
    return false; // Somebody else was faster.
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
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
