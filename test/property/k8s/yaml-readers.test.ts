import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { yamlChunks } from '../../../src/k8s/yaml-chunks.ts';
import { readComposed } from '../../../src/k8s/yaml-composed.ts';
import { noPlaces, type YamlPlaces } from '../../../src/k8s/yaml-places.ts';
import { plainPlaces, readPlain } from '../../../src/k8s/yaml-text.ts';
import { yamlTexts } from './yaml-texts.ts';

/** What the `yaml` package refuses and libyaml, which kubectl reads with, does not. */
const STRICTER =
  /sufficiently indented|Missing closing|Tabs|Comments must be separated|must be separated|Flow sequence|Flow map/;

function table(places: YamlPlaces, base: number): unknown {
  return places.keys.map((key, row) => ({
    key,
    keyStart: (places.keyStarts[row] ?? -1) < 0 ? -1 : (places.keyStarts[row] ?? 0) + base,
    start: (places.starts[row] ?? -1) < 0 ? -1 : (places.starts[row] ?? 0) + base,
    next: places.next[row],
    block: places.blocks.has(row),
    literal: places.literals.get(row),
  }));
}

/** Holds the plain reader's answer against the whole parser's; what came of it. */
export function compare(text: string): 'same' | 'left' | 'refused' {
  let result: 'same' | 'left' | 'refused' = 'left';
  for (const chunk of yamlChunks(text)) {
    const plain = readPlain(text, chunk);
    if (plain === undefined) {
      if (process.env['LEFT'] && readComposed(text.slice(chunk.start, chunk.end)).problems.length === 0)
        left.push(text);
      continue;
    }
    const slice = text.slice(chunk.start, chunk.end);
    const places = noPlaces();
    const composed = readComposed(slice, places);
    const base = chunk.start;
    if (composed.problems.length > 0) {
      dumped.push({
        text: text.slice(chunk.body, chunk.end),
        value: plain.value,
        message: composed.problems[0]?.message,
      });
      result = 'refused';
      continue;
    }
    expect(plain.value).toEqual(composed.value);
    expect(JSON.stringify(plain.value)).toBe(JSON.stringify(composed.value));
    expect(plain.repeated).toEqual(composed.repeated.map((one) => ({ ...one, offset: one.offset + base })));
    expect(plain.letter?.offset).toBe(
      composed.letter === undefined ? undefined : composed.letter.offset + base,
    );
    const own = plainPlaces(text, chunk);
    expect(own).toBeDefined();
    if (own !== undefined) expect(table(own, 0)).toEqual(table(places, base));
    result = 'same';
  }
  return result;
}

const left: string[] = [];
const dumped: unknown[] = [];
describe('the plain reader of YAML', () => {
  test('gives the values, places and warnings of the whole parser, or leaves the text to it', () => {
    const counts = { same: 0, left: 0, refused: 0 };
    fc.assert(
      fc.property(yamlTexts, (text) => {
        counts[compare(text)]++;
      }),
      { seed: 20261201, numRuns: Number(process.env['PODWALK_FUZZ'] ?? 1000) },
    );
    console.log(counts, left.length, left.sort((a, b) => a.length - b.length).slice(0, 60));
    writeFileSync('/tmp/yaml/refused.json', JSON.stringify(dumped));
  });
});
