import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Family } from '../../../src/addr/index.ts';
import { parseIptablesSave, printIptablesSave } from '../../../src/formats/index.ts';
import type { Match, Ruleset, Target } from '../../../src/kernel/index.ts';
import { arbitraryRuleset } from '../../support/arbitrary-ruleset.ts';

function parsed(text: string, family: Family): Ruleset {
  const result = parseIptablesSave(text, { family });
  if (!result.ok) throw new Error(`${JSON.stringify(result.errors)}\n${text}`);
  return result.ruleset;
}

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('parse(print(ruleset)) is the ruleset, whatever matches and targets it has', () => {
    fc.assert(
      fc.property(arbitraryRuleset(family), (ruleset) => {
        expect(parsed(printIptablesSave(ruleset), family)).toEqual(ruleset);
      }),
      { seed: 20240501, numRuns: 200 },
    );
  });

  test('a printed text is printed the same again', () => {
    fc.assert(
      fc.property(arbitraryRuleset(family), (ruleset) => {
        const text = printIptablesSave(ruleset);
        expect(printIptablesSave(parsed(text, family))).toBe(text);
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test('any text is read or refused with the line, never with an exception', () => {
    const line = fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom(
            '-A',
            'INPUT',
            '-p',
            'tcp',
            '--dport',
            '80',
            '!',
            '-m',
            'comment',
            '--comment',
            '"',
            'x',
            '-j',
            'DROP',
            '-s',
            '10.0.0.0/8',
            '--to-destination',
            'DNAT',
            '[1:2]',
            'recent',
            '--set',
            'statistic',
            '--mode',
            'random',
          ),
          { maxLength: 8 },
        )
        .map((words) => words.join(' ')),
      fc.constantFrom('*filter', '*nat', 'COMMIT', ':INPUT ACCEPT [0:0]', ':X - [0:0]'),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const result = parseIptablesSave(lines.join('\n'), { family });
        if (!result.ok) expect(result.errors.every((error) => error.line >= 1)).toBe(true);
      }),
      { seed: 11, numRuns: 2000 },
    );
  });
});

test('the random rulesets hold every kind of match and target', () => {
  const seen = new Set<Match['kind'] | Target['kind']>();
  for (const family of [4, 6] as const) {
    for (const ruleset of fc.sample(arbitraryRuleset(family), { seed: 20240501, numRuns: 200 })) {
      for (const { chains } of ruleset.tables.values()) {
        for (const { rules } of chains.values()) {
          for (const { matches, target } of rules)
            for (const part of [...matches, target]) seen.add(part.kind);
        }
      }
    }
  }
  const kinds: Record<Match['kind'] | Target['kind'], true> = {
    comment: true,
    tcp: true,
    udp: true,
    sctp: true,
    icmp: true,
    icmp6: true,
    mark: true,
    connmark: true,
    conntrack: true,
    state: true,
    addrtype: true,
    statistic: true,
    recent: true,
    set: true,
    physdev: true,
    multiport: true,
    nfacct: true,
    ipvs: true,
    limit: true,
    hashlimit: true,
    iprange: true,
    owner: true,
    mac: true,
    length: true,
    ttl: true,
    hl: true,
    pkttype: true,
    dscp: true,
    tos: true,
    unknown: true,
    ACCEPT: true,
    DROP: true,
    RETURN: true,
    jump: true,
    goto: true,
    REJECT: true,
    MARK: true,
    DNAT: true,
    SNAT: true,
    MASQUERADE: true,
    REDIRECT: true,
    NETMAP: true,
    CONNMARK: true,
    NOTRACK: true,
    CT: true,
    LOG: true,
    NFLOG: true,
    TRACE: true,
    TCPMSS: true,
    DSCP: true,
    TOS: true,
    TTL: true,
    CHECKSUM: true,
    CLASSIFY: true,
    SET: true,
    none: true,
  };
  expect([...seen].sort()).toEqual(Object.keys(kinds).sort());
});
