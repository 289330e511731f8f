import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

afterEach(() => {
  vi.restoreAllMocks();
});

it('the library example of README is library-example.ts, which is type-checked', () => {
  const block = /^```ts\n([\s\S]*?)^```$/m.exec(read('../../README.md'))?.[1];
  expect(block).toBe(read('./library-example.ts').replace("'../../src/index.ts'", "'podwalk'"));
});

it('the library example runs and prints the paths of a trace', async () => {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  await import('./library-example.ts');
  expect(log.mock.calls).toEqual([
    ['1/2', 'delivered', 'web-0'],
    ['1/2', 'delivered', 'web-1'],
  ]);
});

it('README opens with the two commands that it promises, and with no other', () => {
  const [first = '', ...others] = [...read('../../README.md').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, language, body]) => `${language}: ${body}`,
  );
  expect(first).toBe('sh: npm ci && npx podwalk demo\nnpm ci && npm test\n');
  expect(others.filter((block) => block.includes('npm ci'))).toEqual([]);
});
