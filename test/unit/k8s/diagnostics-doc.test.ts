import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The codes that quoted literals of the source name. */
function codesInSource(): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const codes = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(ROOT, 'src', file), 'utf8').matchAll(/['"](PW\d{3})['"]/g)])
    .map((match) => match[1] ?? '');
  return [...new Set(codes)].sort();
}

const documented = [
  ...readFileSync(join(ROOT, 'docs/diagnostics.md'), 'utf8').matchAll(/^\| (PW\d{3}) \|/gm),
].map((match) => match[1] ?? '');

test('every code of the source is in docs/diagnostics.md', () => {
  const codes = codesInSource();
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !documented.includes(code))).toEqual([]);
});

test('docs/diagnostics.md lists no code twice and none that the source does not have', () => {
  expect(new Set(documented).size).toBe(documented.length);
  const codes = codesInSource();
  expect(documented.filter((code) => !codes.includes(code))).toEqual([]);
});
