import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importsOf, LAYERS, LONG_FILES, violations } from './house.ts';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));
const PROSE = '/**\n * # A folder\n */\n';

function readSrc(): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    if (entry.endsWith('.ts')) files.set(entry.replaceAll('\\', '/'), readFileSync(join(SRC, entry), 'utf8'));
  }
  return files;
}

/** A house in order, with some files put in or replaced. */
function houseWith(changes: Record<string, string>): Map<string, string> {
  const files = new Map<string, string>();
  for (const layer of LAYERS) if (layer !== 'controllers') files.set(`${layer}/index.ts`, PROSE);
  files.set('controllers/flannel/index.ts', PROSE);
  files.set('controllers/kube-proxy/index.ts', PROSE);
  files.set('controllers/kube-proxy/common/hash.ts', 'export const hash = 1;\n');
  for (const [path, text] of Object.entries(changes)) files.set(path, text);
  return files;
}

describe('the folders of src', () => {
  it('import only downwards, through index.ts, and only the libraries of the design', () => {
    const files = readSrc();
    expect(files.size).toBeGreaterThan(10);
    expect(violations(files)).toEqual([]);
  });

  it('have no file that is excused from the length limit', () => {
    expect(LONG_FILES).toEqual([]);
  });
});

describe('the check of the house', () => {
  it('finds nothing wrong with a house in order', () => {
    const files = houseWith({
      'kernel/fib.ts': "import { ip } from '../addr/index.ts';\nimport { x } from './model.ts';\n",
      'controllers/kube-proxy/iptables/rules.ts': "import { hash } from '../common/hash.ts';\n",
      'cli/main.ts':
        "const { runTrace } = await import('../trace/index.ts');\nimport { Command } from 'commander';\n",
    });
    expect(violations(files)).toEqual([]);
  });

  const broken: [string, string, string, RegExp][] = [
    [
      'an arrow upwards',
      'kernel/fib.ts',
      "import { t } from '../trace/index.ts';\n",
      /kernel may not import trace/,
    ],
    [
      'a type-only arrow upwards',
      'addr/x.ts',
      "import type { N } from '../kernel/index.ts';\n",
      /:1 addr may not/,
    ],
    [
      'a re-export upwards',
      'addr/x.ts',
      "\nexport * from '../k8s/index.ts';\n",
      /addr\/x.ts:2 addr may not import k8s/,
    ],
    [
      'a dynamic import upwards',
      'addr/x.ts',
      "const a = await import('../cli/index.ts');\n",
      /addr may not import cli/,
    ],
    [
      'an import over several lines',
      'addr/x.ts',
      "import {\n  a,\n} from '../cli/index.ts';\n",
      /:3 addr may not/,
    ],
    [
      'a controller that imports another',
      'controllers/flannel/x.ts',
      "import { hash } from '../kube-proxy/index.ts';\n",
      /controllers never/,
    ],
    [
      'a way past index.ts',
      'kernel/fib.ts',
      "import { ip } from '../addr/ip.ts';\n",
      /through addr\/index.ts/,
    ],
    [
      'a library in the wrong place',
      'kernel/fib.ts',
      "import { Netmask } from 'netmask';\n",
      /netmask may be imported only/,
    ],
    ['an unknown library', 'cli/x.ts', "import _ from 'lodash';\n", /lodash is not/],
    ['IO in a pure folder', 'kernel/fib.ts', "import { readFileSync } from 'node:fs';\n", /node:fs is IO/],
    ['a default export', 'kernel/fib.ts', 'export default 1;\n', /default export/],
    ['a long file', 'kernel/fib.ts', '// x\n'.repeat(301), /301 lines/],
    ['an index without prose', 'kernel/index.ts', "export * from './model.ts';\n", /prose/],
    ['an unknown folder', 'helpers/x.ts', 'export const x = 1;\n', /not in a folder/],
    [
      'a controller without index.ts',
      'controllers/cni/x.ts',
      'export const x = 1;\n',
      /controllers\/cni: has no index/,
    ],
  ];
  it.each(broken)('reports %s', (_, path, text, message) => {
    const found = violations(houseWith({ [path]: text }));
    expect(
      found.some((v) => message.test(v)),
      found.join('\n'),
    ).toBe(true);
  });

  it('reads every form of import with its line', () => {
    const text =
      "import 'a';\nimport b from 'b';\nexport {\n  c,\n} from 'c';\nconst d = import('d');\n// import e from e\n";
    expect(importsOf(text)).toEqual([
      { line: 1, specifier: 'a' },
      { line: 2, specifier: 'b' },
      { line: 5, specifier: 'c' },
      { line: 6, specifier: 'd' },
    ]);
  });
});
