import { describe, expect, test } from 'vitest';
import { parseIptablesSave, printIptablesSave } from '../../../../src/formats/index.ts';
import { canonicalIptables } from '../../../support/canon.ts';
import {
  GOLDEN_CASES,
  goldensOf,
  loadGolden,
  proxyInput,
  rulesetAfter,
} from '../../../support/kube-proxy-golden.ts';

describe.each(GOLDEN_CASES)('%s: every node holds what the real kube-proxy wrote', (name) => {
  const objects = loadGolden(name);
  test.each(goldensOf(name))('$node, IPv$family', ({ node, family, text }) => {
    const ruleset = rulesetAfter(proxyInput(objects, node), family);
    expect(canonicalIptables(printIptablesSave(ruleset))).toEqual(canonicalIptables(text));
  });
});

describe.each(GOLDEN_CASES)('%s: the real text is read and printed as it was', (name) => {
  test.each(goldensOf(name))('$node, IPv$family', ({ family, text }) => {
    const parsed = parseIptablesSave(text, { family });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const body = text.replace(/^#.*\n/gm, '');
    expect(printIptablesSave(parsed.ruleset, { counters: parsed.counters })).toBe(body);
  });
});
