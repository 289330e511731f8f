import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorld } from '../../../src/kernel/index.ts';
import { realizeScript } from '../../../src/lab/index.ts';
import { comment, printed, quote } from '../../../src/lab/realize/shell.ts';
import { manifestCluster } from '../../support/lab-cluster.ts';

const SHELLS = ['sh', 'bash', 'dash', 'busybox'].filter(
  (name) => spawnSync(name, name === 'busybox' ? ['true'] : ['-c', ':']).status === 0,
);

/** What a shell makes of words that a script has. */
function readBy(shell: string, words: readonly string[]): string[] {
  const input = `printf '%s\\0' ${words.map(quote).join(' ')}`;
  const { stdout, stderr } = spawnSync(shell, shell === 'busybox' ? ['sh', '-s'] : ['-s'], {
    input,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\0').slice(0, -1);
}

const HOSTILE = [
  '',
  "'",
  '"',
  '$(id > PWNED)',
  '`id`',
  'x\nEND\n}\nid > PWNED\n',
  'a\\',
  '\\n',
  '!!',
  '~root',
  '*',
  '{a,b}',
  '-n',
  '%s%n',
  '\u001b]0;owned\u0007',
  '\u202egnp.exe',
  'a\u2028b',
  '\u0085x\u0000y',
  '#',
  ' ',
  'a\r\nb',
  "'\u001b'",
  '$P',
  '\u{e0041}\ufeff\u200d',
];

describe('a word of a script', () => {
  it.each(SHELLS)('is read back by %s as it was, whatever is in it', (shell) => {
    const nul = (word: string): string => word.replaceAll('\0', '\ufffd');
    expect(readBy(shell, HOSTILE)).toEqual(HOSTILE.map(nul));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE)), {
          minLength: 10,
          maxLength: 20,
        }),
        (words) => {
          expect(readBy(shell, words)).toEqual(words.map(nul));
        },
      ),
      { seed: 20260401, numRuns: 4 },
    );
  });

  it('shows what a terminal or an editor would obey', () => {
    expect(quote('a\u001b[31mb')).toBe(`'a'"$(printf '\\033')"'[31mb'`);
    expect(quote('\u202e')).toBe(`"$(printf '\\342\\200\\256')"`);
  });
});

describe('lines for a program', () => {
  it('are as many as they were: none begins inside of another', () => {
    const lines = ['link add a\nnetns exec x id', 'b\r', "it's", { text: 'netns ', namespace: 'node1' }];
    const frame = `P=pw-; lines() { printf '%s\\n' "$@"; }; count() { wc -l; }\n`;
    const script = `${frame}${printed(lines, 'count').join('\n')}\n${printed(lines).join('\n')}\n`;
    expect(spawnSync('sh', ['-s'], { input: script, encoding: 'utf8' }).stdout).toMatch(
      /^ *4\nlink add a\\nnetns exec x id\nb\\r\nit's\nnetns pw-node1\n$/,
    );
  });

  it('are told by comments that end where they should', () => {
    expect(comment('pod a\nid')).toBe('# pod a\\nid');
  });
});

const NODE = `apiVersion: v1
kind: Node
metadata: { name: node1 }
spec: { podCIDR: 10.244.1.0/24 }
status: { addresses: [{ type: InternalIP, address: 192.168.56.11 }] }
`;

/** Words that try to get out of whatever holds them; `touch` would leave a file. */
const ESCAPES = [
  "x' ; touch PWNED; '",
  'x"; touch PWNED; "',
  '$(touch PWNED)',
  '`touch PWNED`',
  "a'$(touch PWNED)'b",
  '\\',
];

describe('a script that is built from words that want to act', () => {
  const breaks = ESCAPES.flatMap((word, i) => [
    `node1: iptables -A FORWARD -m comment --comment ${quote(word)} -j ACCEPT`,
    `node1: iptables -A FORWARD -j LOG --log-prefix ${quote(word)}`,
    `node1: ipset create c${i} hash:ip comment`,
    ...(word.includes('"') ? [] : [`node1: ipset add c${i} 192.0.2.1 comment ${quote(word)}`]),
    `node1: ip link add ${quote(word.replaceAll(' ', '').replaceAll(';', '').slice(0, 12) + i)} type bridge`,
    `node1: iptables -N ${quote(word.replace(/["\s]/g, '') + i)}`,
  ]);

  it('is one that a shell reads, and that runs none of them', () => {
    const script = realizeScript(manifestCluster(NODE, { breaks }).world, { prefix: 'pwt-' });
    const folder = mkdtempSync(join(tmpdir(), 'podwalk-shell-'));
    try {
      const run = (...words: string[]): ReturnType<typeof spawnSync> =>
        spawnSync('sh', words, { input: script, encoding: 'utf8', cwd: folder });
      expect(run('-n', '-s')).toMatchObject({ status: 0, stderr: '' });
      // Every function is called with programs that do nothing but read, so that each line of the script is run.
      const everything = script
        .replace(/^main "\$@"$/m, '')
        .concat(
          'net() { cat >/dev/null; }; fdb() { net; }; ipvs() { net; }; ipsets() { net; }; iptables() { net; }\n',
          'ip6tables() { net; }; settings() { net; }; add() { :; }; listener() { :; }\n',
          'build_namespaces; build_devices; build_state; build_rules; build_rest; start_listeners; members; tools\n',
        );
      const ran = spawnSync('sh', ['-s'], { input: everything, encoding: 'utf8', cwd: folder });
      expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
      for (const word of ['status', 'down']) run('-s', word);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has no document that a line could end', () => {
    expect(realizeScript(manifestCluster(NODE, { breaks }).world)).not.toContain('<<');
  });

  it('refuses a prefix that is more than letters, digits and dashes, before it does anything', () => {
    for (const prefix of ["x'; touch PWNED; '", '$(touch PWNED)', '../', 'a b', '-x', 'a\nid', '*']) {
      const script = realizeScript(createWorld(), { prefix });
      const ran = spawnSync('sh', ['-s', 'status'], { input: script, encoding: 'utf8' });
      expect([prefix, ran.status, ran.stdout]).toEqual([prefix, 2, '']);
      expect(ran.stderr).toContain('is no prefix of namespaces');
    }
  });
});
