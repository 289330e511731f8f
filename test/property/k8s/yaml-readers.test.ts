import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { yamlChunks } from '../../../src/k8s/yaml-chunks.ts';
import { readComposed } from '../../../src/k8s/yaml-composed.ts';
import { noPlaces, type YamlPlaces } from '../../../src/k8s/yaml-places.ts';
import { plainPlaces, readPlain } from '../../../src/k8s/yaml-text.ts';
import { edits, MUTANTS, mutate } from '../fuzz/mutants.ts';
import { PIECES, yamlTexts } from './yaml-texts.ts';

/**
 * What the `yaml` package refuses and libyaml, with which kubectl reads, does not: quoted scalars and flow
 * collections that go on at their key's column, tabs inside them, comments right behind a token.
 */
const STRICTER =
  /must be sufficiently indented|^Missing closing ["']quote|[Tt]abs? |^Comments must be separated|items? without|^Missing space before/;

function rowsOf(places: YamlPlaces, base: number): unknown {
  const moved = (offset: number | undefined): number =>
    offset === undefined || offset < 0 ? -1 : offset + base;
  return places.keys.map((key, row) => ({
    key,
    keyStart: moved(places.keyStarts[row]),
    start: moved(places.starts[row]),
    next: places.next[row],
    block: places.blocks.has(row),
    literal: places.literals.get(row),
    alias: places.aliases.get(row),
  }));
}

type Outcome = 'same' | 'left to the whole parser' | 'refused by the whole parser alone';

/** Holds the plain reader's answers against the whole parser's. */
function compare(text: string, count: (outcome: Outcome) => void): void {
  for (const chunk of yamlChunks(text)) {
    const plain = readPlain(text, chunk);
    if (plain === undefined) {
      count('left to the whole parser');
      continue;
    }
    const base = chunk.start;
    const places = noPlaces();
    const composed = readComposed(text.slice(chunk.start, chunk.end), places);
    const [first] = composed.problems;
    if (first !== undefined) {
      // The later problems echo the first.
      expect(first.message).toMatch(STRICTER);
      count('refused by the whole parser alone');
      continue;
    }
    // The text as well, because it has the order of the keys.
    expect(JSON.stringify(plain.value)).toBe(JSON.stringify(composed.value));
    expect(plain.value).toEqual(composed.value);
    expect(plain.repeated).toEqual(composed.repeated.map((one) => ({ ...one, offset: one.offset + base })));
    expect(plain.moreRepeated).toBe(composed.moreRepeated);
    const { letter } = composed;
    expect(plain.letter).toEqual(
      letter === undefined ? undefined : { ...letter, offset: letter.offset + base },
    );
    count('same');
    // Nothing is ever said about a place in an empty document.
    if (plain.value === null) continue;
    const own = plainPlaces(text, chunk);
    expect(own === undefined ? undefined : rowsOf(own, 0)).toEqual(rowsOf(places, base));
  }
}

function counted(run: (count: (outcome: Outcome) => void) => void): ReadonlyMap<Outcome, number> {
  const counts = new Map<Outcome, number>();
  run((outcome) => counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
  return counts;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MANIFESTS: readonly string[] = ['topologies', 'examples', 'test/golden/k8s/wrong'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
);

describe('the plain reader of YAML gives the values, places and warnings of the whole parser', () => {
  test('for random values in every style, or leaves the text to it', () => {
    const counts = counted((count) =>
      fc.assert(
        fc.property(yamlTexts, (text) => compare(text, count)),
        { seed: 20261201, numRuns: Math.ceil(MUTANTS / 10) },
      ),
    );
    expect(counts.get('same')).toBeGreaterThan(MUTANTS / 50);
    expect(counts.get('refused by the whole parser alone')).toBeGreaterThan(0);
  }, 3_600_000);

  test('for mutants of manifests, or leaves the text to it', () => {
    const counts = counted((count) =>
      fc.assert(
        fc.property(fc.constantFrom(...MANIFESTS), edits(PIECES), (text, list) =>
          compare(mutate(text, list), count),
        ),
        { seed: 20261202, numRuns: Math.ceil(MUTANTS / 20) },
      ),
    );
    expect(counts.get('same')).toBeGreaterThan(MUTANTS / 20);
  }, 3_600_000);

  test('for every manifest here that is YAML, without help', () => {
    const counts = counted((count) => {
      for (const text of MANIFESTS) compare(text, count);
    });
    expect(counts.get('left to the whole parser') ?? 0).toBeLessThan(10);
  });
});
