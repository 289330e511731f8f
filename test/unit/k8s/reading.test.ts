import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSources } from '../../../src/k8s/index.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podwalk-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file below the folder, with the folders that lead to it. */
function file(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

function codesOf(paths: readonly string[], options?: Parameters<typeof readSources>[2]): string[] {
  return readSources(paths, undefined, options).diagnostics.map(
    ({ severity, code }) => `${severity} ${code}`,
  );
}

describe('encodings', () => {
  const text = 'kind: Café\n';
  const little = Uint8Array.from([...Buffer.from(text, 'utf16le')]);
  const big = little.map((_, i) => little[i ^ 1] ?? 0);

  test.each<[string, Uint8Array]>([
    ['UTF-8', new TextEncoder().encode(text)],
    ['UTF-8 with a mark', new TextEncoder().encode(`\uFEFF${text}`)],
    ['UTF-16LE with a mark, as PowerShell writes it', Uint8Array.from([0xff, 0xfe, ...little])],
    ['UTF-16LE without a mark', little],
    ['UTF-16BE with a mark', Uint8Array.from([0xfe, 0xff, ...big])],
    ['UTF-16BE without a mark', big],
  ])('%s is read, from a file and from standard input', (_, bytes) => {
    const path = file('encoded.yaml', bytes);
    expect(readSources([path, '-'], () => bytes).sources.map((s) => s.text)).toEqual([text, text]);
  });

  test('Latin-1 is told with the place of the byte and the way to convert it', () => {
    const path = file('latin.yaml', Uint8Array.from([...new TextEncoder().encode('a: é\nb: caf'), 0xe9, 10]));
    const [told] = readSources([path]).diagnostics;
    expect(told).toMatchObject({ code: 'PW114', position: { line: 2, column: 7 } });
    expect(told?.message).toContain('0xe9');
    expect(told?.fix).toContain('iconv -f LATIN1');
  });

  test.each<[string, readonly number[], RegExp]>([
    ['NUL bytes', [97, 58, 32, 0, 98], /NUL/],
    ['UTF-16 that ends within a character', [0xff, 0xfe, 97, 0, 98], /UTF-16/],
    ['UTF-32', [0xff, 0xfe, 0, 0, 97, 0, 0, 0], /UTF-32/],
    ['gzip', [0x1f, 0x8b, 8, 0], /gzip/],
  ])('%s are no text, and a plain message', (_, bytes, message) => {
    const { sources, diagnostics } = readSources([file('binary.yaml', Uint8Array.from(bytes))]);
    expect(sources).toEqual([]);
    expect(diagnostics.map((d) => d.code)).toEqual(['PW114']);
    expect(diagnostics[0]?.message).toMatch(message);
  });
});

describe('size', () => {
  test('a file over the limit is refused without being read', () => {
    const path = file('large.yaml', '');
    truncateSync(path, 600_000_000);
    expect(codesOf([path])).toEqual(['error PW116']);
  });

  test('a device that never ends is refused at its first piece', () => {
    expect(codesOf(['/dev/zero'])).toEqual(['error PW114']);
  });
});

describe('folders', () => {
  test('-R reads those below in the order of names, as kubectl walks', () => {
    for (const name of ['walk/b.yaml', 'walk/a/z.yml', 'walk/a/y.json', 'walk/c/d/e.yaml', 'walk/c/n.txt'])
      file(name, `# ${name}`);
    const read = readSources([join(folder, 'walk')], undefined, { recursive: true });
    expect(read.sources.map((s) => s.text)).toEqual(
      ['a/y.json', 'a/z.yml', 'b.yaml', 'c/d/e.yaml'].map((name) => `# walk/${name}`),
    );
  });

  test('without manifests of its own a folder is told of -R', () => {
    file('upper/lower/a.yaml', '');
    const [told] = readSources([join(folder, 'upper')]).diagnostics;
    expect(told).toMatchObject({ code: 'PW102', fix: '-R reads the folders below it too' });
  });

  test('a link that leads nowhere is told, and the rest is read', () => {
    file('links/a.yaml', '# a');
    symlinkSync('/nowhere/at/all', join(folder, 'links/b.yaml'));
    const read = readSources([join(folder, 'links')]);
    expect(read.sources).toHaveLength(1);
    expect(read.diagnostics[0]).toMatchObject({ severity: 'error', code: 'PW101' });
    expect(read.diagnostics[0]?.message).toContain('link to "/nowhere/at/all"');
    expect(codesOf([join(folder, 'links')], { skipInvalid: true })).toEqual(['warning PW101']);
  });

  test('a linked folder is not followed, even into a circle', () => {
    file('circle/a.yaml', '# a');
    symlinkSync('..', join(folder, 'circle/up'));
    expect(codesOf([join(folder, 'circle')], { recursive: true })).toEqual(['warning PW126']);
  });
});

describe('what has to be rendered first', () => {
  test('a folder with a kustomization is read as it stands, with a warning', () => {
    file('kust/kustomization.yaml', 'resources: [web.yaml]');
    file('kust/web.yaml', '# web');
    const read = readSources([join(folder, 'kust')]);
    expect(read.sources.map((s) => s.text)).toEqual(['# web']);
    expect(read.diagnostics).toMatchObject([{ severity: 'warning', code: 'PW117' }]);
    expect(read.diagnostics[0]?.fix).toContain(`-k ${join(folder, 'kust')}`);
  });

  test.each(['kustomization.yaml', 'kustomization.yml', 'Kustomization'])(
    'a %s by itself is nothing to read',
    (name) => {
      const path = file(`alone/${name}`, 'resources: [../base]');
      expect(codesOf([path])).toEqual(['warning PW117', 'error PW112']);
    },
  );

  test("Flux's Kustomization is an object like others", () => {
    const path = file(
      'flux/kustomization.yaml',
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization',
    );
    expect(readSources([path]).sources).toHaveLength(1);
  });

  test('a chart, its templates and one of them are named once, with helm', () => {
    file('chart/Chart.yaml', 'name: web');
    const template = file('chart/templates/web.yaml', 'kind: {{ .Values.kind }}');
    for (const path of ['chart', 'chart/templates'].map((one) => join(folder, one)).concat(template)) {
      const { sources, diagnostics } = readSources([path]);
      expect(sources).toEqual([]);
      expect(diagnostics).toMatchObject([{ severity: 'error', code: 'PW115' }]);
      expect(diagnostics[0]?.fix).toMatch(/^helm template NAME \S*chart \| podwalk \.\.\. -f -$/);
    }
  });

  test('a URL is not downloaded', () => {
    const [told] = readSources(['https://example.com/a.yaml?b=1&c=2']).diagnostics;
    expect(told).toMatchObject({
      code: 'PW122',
      fix: "curl -L 'https://example.com/a.yaml?b=1&c=2' | podwalk ... -f -",
    });
  });
});
