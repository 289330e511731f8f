import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { buildCluster } from '../../../src/cluster/index.ts';
import { checkMeaning, type Diagnostic, formatDiagnostics, loadCluster } from '../../../src/k8s/index.ts';

const FOLDER = fileURLToPath(new URL('../../golden/k8s/wrong', import.meta.url));
const inputs = readdirSync(FOLDER).filter((name) => /\.(yaml|json)$/.test(name));

/** All that `podwalk lint -v` tells of a file; lines `# --set PATH=VALUE` at its head are settings. */
function diagnose(name: string): { text: string; errors: number; warnings: number } {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  const set = [...text.matchAll(/^# --set (.*)$/gm)].map((match) => match[1] ?? '');
  const { objects, diagnostics: loading, sources } = loadCluster([{ file: name, text }], { set });
  const diagnostics: Diagnostic[] = [...loading];
  if (loading.every((d) => d.severity !== 'error')) {
    const cluster = buildCluster(objects);
    diagnostics.push(...cluster.diagnostics, ...checkMeaning(cluster.objects));
  }
  return {
    text: `${formatDiagnostics(diagnostics, sources).join('\n')}\n`,
    errors: diagnostics.filter((d) => d.severity === 'error').length,
    warnings: diagnostics.filter((d) => d.severity === 'warning').length,
  };
}

describe('wrong input is told with place, code, value and fix', () => {
  test('there are at least ninety of them', () => {
    expect(inputs.length).toBeGreaterThanOrEqual(90);
  });

  test.each(inputs)('%s gets the diagnostics that stand beside it', (name) => {
    const expected = join(FOLDER, name.replace(/\.(yaml|json)$/, '.expected'));
    const actual = diagnose(name);
    if (process.env['UPDATE'] === '1') writeFileSync(expected, actual.text);
    expect(existsSync(expected)).toBe(true);
    expect(actual.text).toBe(readFileSync(expected, 'utf8'));
    expect(actual.errors + actual.warnings).toBeGreaterThan(0);
  });
});
