import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIpsetSave, printIpsetSave } from '../../../src/formats/index.ts';
import { IPSET_TYPES, type IpSet } from '../../../src/kernel/index.ts';
import { arbitrarySets } from '../../support/arbitrary-ipset.ts';

function parsed(text: string): readonly IpSet[] {
  const result = parseIpsetSave(text);
  if (!result.ok) throw new Error(`${JSON.stringify(result.errors)}\n${text}`);
  return result.sets;
}

test('parse(print(sets)) are the sets, of every type', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(arbitrarySets, (sets) => {
      for (const { type, entries } of sets) if (entries.size > 0) seen.add(type);
      expect(parsed(printIpsetSave(sets))).toEqual(sets);
    }),
    { seed: 20240501, numRuns: 300 },
  );
  expect([...seen].sort()).toEqual([...IPSET_TYPES].sort());
});

test('any text is read or refused with the line, never with an exception', () => {
  const line = fc.oneof(
    fc.string(),
    fc
      .array(
        fc.constantFrom(
          'create',
          'add',
          'x',
          'hash:ip',
          'family',
          'inet',
          '10.0.0.1',
          'timeout',
          '5',
          'comment',
          '"',
        ),
        { maxLength: 9 },
      )
      .map((words) => words.join(' ')),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const result = parseIpsetSave(lines.join('\n'));
      if (!result.ok) expect(result.errors.every((error) => error.line >= 1)).toBe(true);
    }),
    { seed: 5, numRuns: 2000 },
  );
});
