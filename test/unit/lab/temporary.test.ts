import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeAbandonedFolders, temporaryFolder } from '../../../src/lab/index.ts';

/** The id of a process that has ended. */
function goneProcess(): number {
  return Number(spawnSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).stdout);
}

describe('temporary folders', () => {
  it('of a process that is gone are taken away by the next, those of one that lives are not', () => {
    const own = temporaryFolder();
    const gone = join(tmpdir(), `podwalk-${goneProcess()}-Abc123`);
    const other = join(tmpdir(), `podwalk-${goneProcess()}-notours-Abc123`);
    const link = join(tmpdir(), `podwalk-${goneProcess()}-Abc124`);
    mkdirSync(gone);
    mkdirSync(other);
    symlinkSync(own, link);
    writeFileSync(join(gone, 'lab.sh'), '');
    try {
      expect(removeAbandonedFolders()).toContain(gone);
      expect([gone, own, other, link].map((folder) => existsSync(folder))).toEqual([false, true, true, true]);
    } finally {
      for (const folder of [own, gone, other, link]) rmSync(folder, { recursive: true, force: true });
    }
  });
});
