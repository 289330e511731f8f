import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { removeAbandonedLabs, temporaryPrefix } from '../../src/lab/index.ts';
import { whatTheLabLacks } from './lab-missing.ts';
import { titleOf } from './real-tools.ts';

const missing = whatTheLabLacks('realize');

function namespaces(): string {
  return spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout;
}

function processesIn(name: string): string {
  return spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout;
}

function add(name: string): void {
  expect(spawnSync('ip', ['netns', 'add', name]).status).toBe(0);
}

describe.skipIf(missing !== undefined)(titleOf('namespaces of a process that was killed', missing), () => {
  it('are taken away, with the processes in them, and those of one that lives are not', async () => {
    const owner = spawn('sleep', ['60']);
    const dead = `pwc-${owner.pid}-node1`;
    const alive = temporaryPrefix('abandoned-node1');
    add(dead);
    add(alive);
    try {
      const inside = spawn('ip', ['netns', 'exec', dead, 'sleep', '60']);
      const ended = new Promise((resolve) => inside.on('close', (_, signal) => resolve(signal)));
      await vi.waitFor(() => expect(processesIn(dead)).not.toBe(''));
      expect(removeAbandonedLabs()).not.toContain(dead);
      await new Promise((resolve) => {
        owner.on('close', resolve);
        owner.kill('SIGKILL');
      });
      expect(removeAbandonedLabs()).toContain(dead);
      expect(await ended).toBe('SIGKILL');
      expect(namespaces()).not.toContain(dead);
      expect(namespaces()).toContain(alive);
    } finally {
      spawnSync('ip', ['netns', 'del', alive]);
      owner.kill('SIGKILL');
    }
  });
});
