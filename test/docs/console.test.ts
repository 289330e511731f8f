import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { consoleBlocks, matches, run, runPage, words } from './console.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** README.md and every Markdown page under docs and examples. */
function pages(): string[] {
  const below = ['docs', 'examples'].flatMap((folder) =>
    existsSync(join(ROOT, folder))
      ? readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(folder, name),
        )
      : [],
  );
  return ['README.md', ...below]
    .filter((name) => name.endsWith('.md') && existsSync(join(ROOT, name)))
    .sort();
}

describe('console blocks of the documentation', () => {
  it.each(pages())('%s shows what podwalk prints', async (name) => {
    const page = readFileSync(join(ROOT, name), 'utf8');
    const { mismatches, updated } = await runPage(page);
    if (process.env['UPDATE'] === '1') {
      if (updated !== page) writeFileSync(join(ROOT, name), updated);
      return;
    }
    for (const { command, printed } of mismatches)
      expect(printed, `${name}:${command.line} $ ${command.text}`).toEqual(command.expected);
  });
});

describe('the runner of console blocks', () => {
  it('finds blocks, their commands and what they should print', () => {
    const page =
      'text\n```console\n$ podwalk --version\n0.1.0\n$ podwalk a \\\n    b\n```\n```sh\nnpm ci\n```\n';
    expect(consoleBlocks(page)).toEqual([
      {
        start: 2,
        end: 6,
        commands: [
          { line: 3, text: 'podwalk --version', expected: ['0.1.0'] },
          { line: 5, text: 'podwalk a \\\n    b', expected: [] },
        ],
      },
    ]);
  });

  it('refuses blocks without an end or a command', () => {
    expect(() => consoleBlocks('```console\n$ podwalk\n')).toThrow('line 1');
    expect(() => consoleBlocks('```console\nnpm ci\n```\n')).toThrow('line 2');
  });

  it('lets ... stand for any number of lines', () => {
    expect(matches(['a', '...', 'd'], ['a', 'b', 'c', 'd'])).toBe(true);
    expect(matches(['a', '...'], ['a'])).toBe(true);
    expect(matches(['a', '...', 'd'], ['a', 'b', 'c'])).toBe(false);
    expect(matches(['a'], ['a', 'b'])).toBe(false);
  });

  it('splits words as a shell does', () => {
    expect(words(`podwalk x 'a b' --set="c d" \\\n  e|head`)).toEqual([
      'podwalk',
      'x',
      'a b',
      '--set=c d',
      'e',
      '|',
      'head',
    ]);
  });

  it('runs podwalk, filters, and nothing else', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(await run('podwalk --version', 0)).toEqual({ lines: [version], code: 0 });
    expect(await run('npx podwalk --help | grep Usage | head -n 1', 0)).toEqual({
      lines: ['Usage: podwalk [options] [command]'],
      code: 0,
    });
    expect((await run('podwalk --no-such-option', 0)).code).toBe(2);
    expect(await run('echo $?', 2)).toEqual({ lines: ['2'], code: 0 });
    await expect(run('npm ci', 0)).rejects.toThrow('only podwalk');
    await expect(run('podwalk --help | jq .', 0)).rejects.toThrow('not a filter');
  });

  it('reports what differs and writes what would be right', async () => {
    const result = await runPage('# T\n```console\n$ podwalk --version\nold\n$ echo $?\n0\n```\nend\n');
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(result.mismatches.map(({ command }) => command.line)).toEqual([3]);
    expect(result.updated).toBe(
      `# T\n\`\`\`console\n$ podwalk --version\n${version}\n$ echo $?\n0\n\`\`\`\nend\n`,
    );
  });
});
