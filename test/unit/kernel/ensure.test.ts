import { describe, expect, it } from 'vitest';
import {
  addNetns,
  commit,
  createWorld,
  type RestoreTable,
  type Rule,
  rulesetOf,
  type World,
} from '../../../src/kernel/index.ts';

const rule = (chain: string, program: 'kubelet' | 'kube-proxy' = 'kubelet'): Rule => ({
  matches: [],
  target: { kind: 'jump', chain },
  origin: { program },
});

function world(): World {
  const made = createWorld();
  addNetns(made, { id: 'node', kind: 'node', label: 'node', name: 'node' });
  return made;
}

function restore(into: World, section: Omit<RestoreTable, 'table'>): string | undefined {
  const tables: RestoreTable[] = [{ table: 'filter', ...section }];
  return commit(into, [{ op: 'iptables-restore', netns: 'node', family: 4, tables }])?.message;
}

function rules(of: World, chain: string): string[] {
  const netns = of.netns.get('node');
  if (netns === undefined) throw new Error('no node');
  return (rulesetOf(netns, 4).tables.get('filter')?.chains.get(chain)?.rules ?? []).map(
    ({ target, origin }) => `${target.kind === 'jump' ? target.chain : target.kind} ${origin.program}`,
  );
}

const chain = (name: string) => ({ name, origin: { program: 'kubelet' } }) as const;

describe('a rule that is ensured', () => {
  it('is found among rules that say the same in another order of words, and told from those that differ', () => {
    const made = world();
    const origin = { program: 'kubelet' } as const;
    const port = (from: number, turned: boolean): Rule => ({
      matches: [
        turned
          ? { dport: { not: false, to: from, from }, kind: 'tcp' }
          : { kind: 'tcp', dport: { from, to: from, not: false } },
      ],
      target: { kind: 'ACCEPT' },
      origin,
    });
    const ensured = [1, 2, 1, 3].map((from, i) => ({
      chain: 'INPUT',
      ensure: true as const,
      rule: port(from, i > 1),
    }));
    restore(made, { chains: [], rules: ensured });
    expect(rules(made, 'INPUT')).toHaveLength(3);
  });

  it('is added once, whoever asks', () => {
    const made = world();
    restore(made, {
      chains: [chain('A'), chain('B')],
      rules: [
        { chain: 'INPUT', rule: rule('A') },
        { chain: 'INPUT', insert: true, ensure: true, rule: rule('B') },
        { chain: 'INPUT', ensure: true, rule: rule('B') },
      ],
    });
    restore(made, {
      chains: [],
      rules: [
        { chain: 'INPUT', insert: true, ensure: true, rule: rule('A', 'kube-proxy') },
        { chain: 'OUTPUT', ensure: true, rule: rule('A', 'kube-proxy') },
      ],
    });
    expect(rules(made, 'INPUT')).toEqual(['B kubelet', 'A kubelet']);
    expect(rules(made, 'OUTPUT')).toEqual(['A kube-proxy']);
  });

  it('is added beside one that differs in anything but its origin', () => {
    const made = world();
    const other: Rule = { ...rule('A'), inInterface: { name: 'lo', not: false } };
    restore(made, {
      chains: [chain('A')],
      rules: [
        { chain: 'INPUT', rule: other },
        { chain: 'INPUT', ensure: true, rule: rule('A') },
      ],
    });
    expect(rules(made, 'INPUT')).toHaveLength(2);
  });

  it('still needs the chain that it jumps to', () => {
    expect(restore(world(), { chains: [], rules: [{ chain: 'INPUT', ensure: true, rule: rule('A') }] })).toBe(
      "iptables-restore: Chain 'A' does not exist",
    );
  });
});

describe('a chain that is ensured', () => {
  it('keeps its rules when it is there; one that is declared loses them', () => {
    const made = world();
    restore(made, { chains: [chain('A'), chain('B')], rules: [{ chain: 'A', rule: rule('B') }] });
    restore(made, { chains: [{ ...chain('A'), ensure: true }], rules: [] });
    expect(rules(made, 'A')).toEqual(['B kubelet']);
    restore(made, { chains: [chain('A')], rules: [] });
    expect(rules(made, 'A')).toEqual([]);
  });
});
