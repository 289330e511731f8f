import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'podwalk-completion-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

/** What `__complete` says of a line: its candidates without descriptions, and the directive last. */
async function complete(...words: string[]): Promise<string[]> {
  const { stdout, stderr, code } = await podwalk(['__complete', ...words]);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '');
}

describe('completion', () => {
  it.each<[string[], string[]]>([
    [['tr'], ['trace', 'tree', ':none']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', ':none'],
    ],
    [
      ['dump', 'ip-r'],
      ['ip-route', 'ip-rule', ':none'],
    ],
    [
      ['-t', 'two'],
      ['two-nodes', ':none'],
    ],
    [
      ['trace', '--policy', ''],
      ['kube-router', 'none', ':none'],
    ],
    [
      ['matrix', '--da'],
      ['--datapath', ':none'],
    ],
    [
      ['matrix', '--by', 'w'],
      ['workload', ':none'],
    ],
    [
      ['matrix', '--mode', 'hair'],
      ['hairpin=either', 'hairpin=both', 'hairpin=allowed', ':none'],
    ],
    [
      ['matrix', '-t', 'policy-web-db', '--port', '5'],
      ['53/udp', '53', '5432', ':none'],
    ],
    [
      ['matrix', '-t', 'policy-ipblock', '--external', '192.168.56.1'],
      ['192.168.56.101', '192.168.56.100', ':none'],
    ],
    [
      ['check', '--output', ''],
      ['text', 'tap', 'junit', ':none'],
    ],
    [['check', ''], [':files']],
    [['matrix', '--diff', ''], [':files']],
    [
      ['get', '--topology=two'],
      ['--topology=two-nodes', ':none'],
    ],
    [['get', '-f', ''], [':files']],
    [['trace', '--batch', 'x'], [':files']],
    [
      ['get', 'deploy'],
      ['deployments', 'deploy', ':none'],
    ],
    [
      ['get', 'svc', '-t', 'two-nodes', ''],
      ['web', ':none'],
    ],
    [
      ['get', 'pods', 'client', 'web', '-t', 'two-nodes', 'web-'],
      ['web-0', 'web-1', ':none'],
    ],
    [
      ['describe', '-t', 'two-nodes', 'po/w'],
      ['po/web-0', 'po/web-1', ':none'],
    ],
    [
      ['describe', '-t', 'two-nodes', 'po/web-0', 'no/'],
      ['no/node1', 'no/node2', ':none'],
    ],
    [
      ['trace', '-t', 'two-nodes', 'pod/c'],
      ['pod/client', ':none'],
    ],
    [
      ['trace', '-t', 'two-nodes', 'e'],
      ['external', ':none'],
    ],
    [
      ['trace', 'pod/client', '-t', 'two-nodes', 's'],
      ['svc/web', ':none'],
    ],
    [
      ['trace', 'pod/client', '-t', 'two-nodes', 'svc/web:'],
      ['svc/web:80', 'svc/web:http', ':none'],
    ],
    [
      ['trace', 'pod/client', '-t', 'two-nodes', 'w'],
      ['web', ':none'],
    ],
    [
      ['trace', 'pod/client', '-t', 'two-nodes', 'web:'],
      ['web:80', ':none'],
    ],
    [
      ['trace', 'pod/client', '-n', 'other', '-t', 'two-nodes', 'web.'],
      ['web.default', ':none'],
    ],
    [
      ['trace', 'pod/client', '-t', 'two-nodes', 'pod/web-0:'],
      ['pod/web-0:8080', ':none'],
    ],
    [
      ['trace', '-n', 'other', '-t', 'two-nodes', 'pod/'],
      ['pod/default/client', 'pod/default/web-0', 'pod/default/web-1', ':none'],
    ],
    [
      ['dig', '-t', 'two-nodes', 'web'],
      ['web.default.svc.cluster.local', ':none'],
    ],
    [
      ['dig', '-t', 'two-nodes', 'web.default.svc.cluster.local', 'SR'],
      ['SRV', ':none'],
    ],
    [
      ['dig', '-t', 'two-nodes', '+sho'],
      ['+short', '+showsearch', ':none'],
    ],
    [
      ['dig', '-t', 'two-nodes', '--from', 'pod/c'],
      ['pod/client', ':none'],
    ],
    [
      ['resolve', '-t', 'two-nodes', '-n', 'other', 'w'],
      ['web.default', ':none'],
    ],
    [
      ['resolve', '--libc', ''],
      ['glibc', 'musl', ':none'],
    ],
    [
      ['trace', '-t', 'two-nodes', '-p', 's'],
      ['sctp', ':none'],
    ],
    [
      ['trace', '-t', 'two-nodes', '--via', ''],
      ['node1', 'node2', ':none'],
    ],
    [
      ['dump', 'ip-route', '-t', 'two-nodes', '--pod', 'w'],
      ['web-0', 'web-1', ':none'],
    ],
    [
      ['dump', 'ip-route', '-t', 'two-nodes', '--program', 'k'],
      ['kube-proxy', 'kubelet', ':none'],
    ],
    [
      ['get', '-t', 'two-nodes', '-n', ''],
      ['default', ':none'],
    ],
    [
      ['get', '-t', 'two-nodes', '--break', 'node1'],
      ['node1:', ':nospace'],
    ],
    [
      ['get', 'po', '--sel'],
      ['--selector', ':none'],
    ],
    [['get', 'po', '-n', 'x', '--names'], [':none']],
    [
      ['get', '-f', 'a', '--fi'],
      ['--filename', ':none'],
    ],
    [
      ['nonsense', ''],
      ['trace', 'dump'],
    ],
    [
      ['realize', '-t', 'two-nodes', '--exec', 'pod/w'],
      ['pod/web-0', 'pod/web-1', ':none'],
    ],
    [['demo', ''], [':none']],
    // What cannot be read has no names, and is not complained about.
    [['get', 'svc', '-f', 'no/such/file', ''], [':none']],
    [['get', 'svc', '-f', '-', ''], [':none']],
  ])('of %j is %j', async (words, expected) => {
    const found = await complete(...words);
    if (words[0] === 'nonsense') expect(found).toEqual(expect.arrayContaining(expected));
    else expect(found).toEqual(expected);
  });

  it('names every command and every option, and itself nowhere', async () => {
    const help = (await podwalk(['--help'])).stdout;
    const commands = (await complete('')).slice(0, -1);
    for (const command of commands) expect(help).toContain(`\n  ${command} `);
    expect(commands).toContain('completion');
    expect(help).not.toContain('__complete');
    for (const command of commands) {
      const text = (await podwalk([command, '--help'])).stdout;
      const options = (await complete(command, '--')).slice(0, -1);
      expect(options).toContain('--filename');
      for (const option of options) expect(text, command).toContain(option);
    }
  });
});

/** Has bash complete a line cut into words as it cuts it; `podwalk` answers with what is given. */
function inBash(words: readonly string[], answer: string): { asked: string; reply: string[] } {
  const log = join(FOLDER, 'asked');
  const script = join(FOLDER, 'completion.bash');
  const said = join(FOLDER, 'answer');
  writeFileSync(said, answer);
  const run = spawnSync(
    'bash',
    [
      '--norc',
      '-c',
      `podwalk() { printf '[%s]' "$@" > "${log}"; cat "${said}"; }
       source "${script}"
       COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
       _podwalk
       printf '%s\\n' "\${COMPREPLY[@]}"
       cat "${log}" >&2`,
      'bash',
      ...words,
    ],
    { encoding: 'utf8', cwd: FOLDER },
  );
  return { asked: run.stderr, reply: run.stdout.trimEnd().split('\n') };
}

describe('the script of bash', () => {
  const written = podwalk(['completion', 'bash']).then(({ stdout }) => {
    writeFileSync(join(FOLDER, 'completion.bash'), stdout);
  });

  it('asks podwalk and offers what it says', async () => {
    await written;
    expect(inBash(['podwalk', 'get', 'pods', ''], 'client\tpod\nweb-0\tpod\n:none\n')).toEqual({
      asked: '[__complete][get][pods][]',
      reply: ['client', 'web-0'],
    });
  });

  it('puts together what bash cuts at colons and equals signs, and offers what is behind them', async () => {
    await written;
    expect(inBash(['podwalk', 'trace', 'svc/web', ':', 'h'], 'svc/web:http\n:none\n')).toEqual({
      asked: '[__complete][trace][svc/web:h]',
      reply: ['http'],
    });
    expect(inBash(['podwalk', 'trace', 'svc/web', ':', ''], 'svc/web:80\n:none\n')).toMatchObject({
      asked: '[__complete][trace][svc/web:]',
      reply: ['80'],
    });
    expect(inBash(['podwalk', 'dump', '--node', '=', 'n'], '--node=node1\n:none\n')).toEqual({
      asked: '[__complete][dump][--node=n]',
      reply: ['node1'],
    });
    // Where COMP_WORDBREAKS was changed, nothing is cut.
    expect(inBash(['podwalk', 'trace', 'svc/web:h'], 'svc/web:http\n:none\n').reply).toEqual([
      'svc/web:http',
    ]);
  });

  it('offers files where they may stand', async () => {
    await written;
    writeFileSync(join(FOLDER, 'cluster.yaml'), '');
    expect(inBash(['podwalk', 'get', '-f', 'clus'], ':files\n').reply).toEqual(['cluster.yaml']);
  });

  it('registers itself for podwalk', async () => {
    await written;
    const { stdout } = spawnSync(
      'bash',
      ['--norc', '-c', `source "${join(FOLDER, 'completion.bash')}"; complete -p podwalk`],
      {
        encoding: 'utf8',
      },
    );
    expect(stdout).toBe('complete -F _podwalk podwalk\n');
  });
});

describe('the scripts of zsh and fish', () => {
  it('ask __complete and know its directives', async () => {
    const zsh = (await podwalk(['completion', 'zsh'])).stdout;
    expect(zsh).toMatch(/^#compdef podwalk\n/);
    expect(zsh).toMatch(/"\$\{words\[1\]\}" __complete "\$\{\(@\)words\[2,CURRENT\]\}"/);
    expect(zsh).toContain(':files) _files ;;');
    expect(zsh).toContain('compdef _podwalk podwalk');
    const fish = (await podwalk(['completion', 'fish'])).stdout;
    expect(fish).toContain('$words[1] __complete $words[2..-1] "$current"');
    expect(fish).toContain("complete -c podwalk -f -a '(__podwalk_complete)'");
  });

  it('are chosen by name', async () => {
    const { code, stderr } = await podwalk(['completion', 'tcsh']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/'tcsh' is invalid for argument 'shell'\. Allowed choices are bash, zsh, fish\./);
  });
});
