import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const model = ['model', 'step']
  .map((file) => readFileSync(join(ROOT, `src/trace/${file}.ts`), 'utf8'))
  .join('');
const page = readFileSync(join(ROOT, 'docs/trace-schema.md'), 'utf8');

/** The words of a union of string literals in the model. */
function unionOf(name: string): string[] {
  const text = new RegExp(`export type ${name} =([^;]+);`).exec(model)?.[1] ?? '';
  return [...text.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '');
}

/** The `type` words of the variants of Step. */
function stepTypes(): string[] {
  const start = model.indexOf('export type Step =');
  const text = model.slice(start, model.indexOf('export type StepType'));
  return [...text.matchAll(/readonly type: ([^;]+);/g)].flatMap((match) =>
    [...(match[1] ?? '').matchAll(/'([^']+)'/g)].map((word) => word[1] ?? ''),
  );
}

/** Field names of an interface of the model. */
function fieldsOf(name: string): string[] {
  const text = new RegExp(`export interface ${name} \\{([\\s\\S]*?)\\n\\}`).exec(model)?.[1] ?? '';
  return [...text.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1] ?? '');
}

/** First column of the table under a heading, without its backticks. */
function rowsUnder(heading: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| (`[^|]+) \|/gm)].flatMap((match) =>
    [...(match[1] ?? '').matchAll(/`([^`]+)`/g)].map((word) => word[1] ?? ''),
  );
}

describe('docs/trace-schema.md', () => {
  it.each([
    ['Steps', stepTypes()],
    ['Verdicts', unionOf('Verdict')],
    ['Reasons', unionOf('Reason')],
    ['Trace', fieldsOf('Trace')],
    ['Path', fieldsOf('Path')],
    ['Hop', fieldsOf('Hop')],
    ['Decisions', fieldsOf('PolicyDecision')],
  ])('documents, under %s, what the model has and nothing else', (heading, words) => {
    expect(words.length).toBeGreaterThan(3);
    expect([...rowsUnder(heading)].sort()).toEqual([...new Set(words)].sort());
  });
});
