import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Commands of every kind of answer: text, JSON, bytes, a script, help. */
const COMMANDS = [
  'get pods -A -t two-nodes',
  'trace pod/client svc/web -t two-nodes -o json',
  'trace pod/client svc/web -t two-nodes -o pcapng',
  'lint -t two-nodes -o sarif',
  'realize -t two-nodes',
  '--help',
] as const;

/** A command line of bash, with `podwalk` as the built program. */
function bash(line: string): { readonly code: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync('bash', ['-c', `podwalk() { "$NODE" "$MAIN" "$@"; }; ${line}`], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NODE: process.execPath, MAIN },
  });
  return { code: status, stderr };
}

describe.skipIf(!existsSync(MAIN))('the built program (npm run build)', () => {
  test.skipIf(!existsSync('/dev/full')).each(COMMANDS)(
    'fails with one plain message when the disk is full: %s',
    (command) => {
      const { code, stderr } = bash(`podwalk ${command} > /dev/full`);
      expect(stderr).toBe('podwalk: write error: No space left on device\n');
      expect(code).toBe(2);
    },
  );

  test.skipIf(!existsSync('/dev/full'))('keeps its answer when only messages cannot be written', () => {
    expect(bash('podwalk frob 2> /dev/full').code).toBe(2);
    expect(bash('podwalk get pods -t two-nodes 2> /dev/full').code).toBe(0);
  });

  test.each(COMMANDS)('ends silently, as by SIGPIPE, when its reader has gone: %s', (command) => {
    // The reader has ended before the program starts to write.
    const { code, stderr } = bash(`set -o pipefail; { sleep 0.2; podwalk ${command}; } | true`);
    expect(stderr).toBe('');
    expect(code).toBe(141);
  });
});
