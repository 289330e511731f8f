import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Family } from '../../src/addr/index.ts';
import { printIpsetSave, printRule } from '../../src/formats/index.ts';
import type { IpSet, IpSetType } from '../../src/kernel/index.ts';
import { arbitrarySets } from '../support/arbitrary-ipset.ts';
import { arbitraryRuleset } from '../support/arbitrary-ruleset.ts';
import { inFreshNamespace, titleOf, whatIsMissing, withoutCounters } from './real-tools.ts';

const MEASURED = new URL('../golden/formats/iptables/measured/', import.meta.url);
/** The sets that the measured rules name. */
const SETS =
  'ipset create foo hash:ip; ipset create fop hash:ip,port; ipset create lst list:set; ipset create ft hash:ip timeout 60 counters skbinfo';

const noIptables = whatIsMissing(['iptables', 'ip6tables', 'ipset']);

describe('what iptables-save printed', () => {
  test.skipIf(noIptables !== undefined).each(['iptables', 'ip6tables'])(
    titleOf('is printed by %s-save again', noIptables),
    (tool) => {
      const text = readFileSync(new URL(tool === 'iptables' ? 'ipv4.save' : 'ipv6.save', MEASURED), 'utf8');
      const real = inFreshNamespace(`${SETS}; ${tool}-restore; ${tool}-save`, text);
      expect(withoutCounters(real)).toBe(text);
    },
  );
});

/** Rules that iptables prints in another way than it takes them. */
function hasTwins(rule: string): boolean {
  return / -m (tcp|udp) .*-m \1 /.test(`${rule} `);
}

/** Random rules, each behind its table. */
function randomRules(family: Family, count: number): string[] {
  const rules: string[] = [];
  for (const { tables } of fc.sample(arbitraryRuleset(family), { seed: 20240501, numRuns: 100 })) {
    for (const table of tables.values()) {
      for (const chain of table.chains.values()) {
        for (const rule of chain.rules) {
          if (rule.target.kind === 'jump' || rule.target.kind === 'goto') continue;
          const text = printRule(rule, family);
          if (hasTwins(text)) continue;
          rules.push(`${table.name} -A ${chain.policy === undefined ? 'X' : chain.name} ${text}`.trimEnd());
        }
      }
    }
  }
  return rules.slice(0, count);
}

/** For each line `TABLE RULE` what iptables-save gives back, or `refused`. */
const ONE_BY_ONE = (tool: string): string =>
  `while IFS= read -r line; do
     table=\${line%% *}
     ${tool} -t $table -F
     if printf '*%s\\n:X - [0:0]\\n%s\\nCOMMIT\\n' "$table" "\${line#* }" | ${tool}-restore -n 2>/dev/null
     then printf '%s\\n' "$table $(${tool}-save -t $table | grep -a '^-A')"
     else echo refused; fi
   done`;

describe('random rules', () => {
  test.skipIf(noIptables !== undefined).each([4, 6] as const)(
    titleOf('of IPv%i that the kernel takes come back as they were printed', noIptables),
    (family) => {
      const rules = randomRules(family, 150);
      const tool = family === 4 ? 'iptables' : 'ip6tables';
      const answers = inFreshNamespace(ONE_BY_ONE(tool), `${rules.join('\n')}\n`).split('\n');
      const taken = rules.flatMap((rule, i) =>
        answers[i] === 'refused' ? [] : [[rule, answers[i]] as const],
      );
      expect(taken.map(([, answer]) => answer)).toEqual(taken.map(([rule]) => rule));
      // Most random rules are refused: a target in the wrong table, a set that does not exist.
      expect(taken.length).toBeGreaterThan(30);
    },
  );
});

/** Types that a kernel may lack. */
const RARE: ReadonlySet<IpSetType> = new Set(['hash:ip,mark', 'hash:net,net', 'hash:mac', 'list:set']);

/** Lines without what differs by nature: time passes, and elements stand in the order of the hash. */
function comparable(text: string): string[] {
  return text
    .replace(/ timeout \d+(?=.*)/g, (word) => (word === ' timeout 0' ? word : ' timeout N'))
    .split('\n')
    .sort();
}

describe('random sets', () => {
  test.skipIf(noIptables !== undefined)(
    titleOf('are restored by the real ipset and saved as they were printed', noIptables),
    () => {
      const restorable = ({ type, options }: IpSet): boolean =>
        !RARE.has(type) && (options.range === undefined || options.range.to - options.range.from < 60_000);
      let entries = 0;
      for (const sets of fc.sample(arbitrarySets, { seed: 7, numRuns: 25 })) {
        const text = printIpsetSave(sets.filter(restorable));
        const real = inFreshNamespace('ipset restore; ipset save', text);
        expect(comparable(real)).toEqual(comparable(text));
        entries += text.split('\n').filter((line) => line.startsWith('add')).length;
      }
      expect(entries).toBeGreaterThan(100);
    },
  );
});
