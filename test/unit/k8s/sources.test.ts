import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCluster, readSources } from '../../../src/k8s/index.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podwalk-'));
  mkdirSync(join(folder, 'empty'));
  mkdirSync(join(folder, 'sub.yaml'));
  for (const name of ['b.yml', 'a.yaml', 'c.json', 'readme.md', 'sub.yaml/deep.yaml']) {
    writeFileSync(join(folder, name), `\uFEFF# ${name}\n`);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('sources', () => {
  test('a directory gives its manifests in name order, without subdirectories', () => {
    const { sources, diagnostics } = readSources([folder]);
    expect(sources.map((s) => s.text)).toEqual(['# a.yaml\n', '# b.yml\n', '# c.json\n']);
    expect(diagnostics).toEqual([]);
  });

  test('a directory gives the configurations of CNI plugins that lie there, and no other .conf file', () => {
    const net = join(folder, 'net.d');
    mkdirSync(net);
    const plugin = '{"cniVersion": "0.3.1", "name": "n", "type": "bridge", "bridge": "br0"}';
    writeFileSync(join(net, '10-flannel.conflist'), '{"name": "cbr0", "plugins": [{"type": "flannel"}]}');
    writeFileSync(join(net, '05-bridge.conf'), plugin);
    writeFileSync(join(net, 'nginx.conf'), 'server { listen 80; }');
    const { sources, diagnostics } = readSources([net]);
    expect(diagnostics).toEqual([]);
    expect(sources.map(({ file }) => file.slice(net.length + 1))).toEqual([
      '05-bridge.conf',
      '10-flannel.conflist',
    ]);
    expect(loadCluster(sources).objects.cni?.bridge).toBe('br0');
    rmSync(net, { recursive: true });
  });

  test('files, directories and standard input come in the order in which they were named', () => {
    const { sources } = readSources(
      [join(folder, 'c.json'), '-', join(folder, 'a.yaml')],
      () => 'from stdin',
    );
    expect(sources.map((s) => s.text)).toEqual(['# c.json\n', 'from stdin', '# a.yaml\n']);
    expect(sources[1]?.file).toBe('<stdin>');
  });

  test('what is missing or empty is told, and the rest is read', () => {
    const { sources, diagnostics } = readSources(
      [join(folder, 'none.yaml'), join(folder, 'empty'), '-', join(folder, 'a.yaml')],
      undefined,
    );
    expect(diagnostics.map((d) => d.code)).toEqual(['PW101', 'PW102', 'PW101']);
    expect(diagnostics[0]?.message).toContain('no such file or directory');
    expect(sources).toHaveLength(1);
  });

  test('nothing to load is no mistake when nothing was named', () => {
    expect(loadCluster([], { set: [] }).diagnostics).toEqual([]);
  });
});
