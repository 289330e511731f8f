import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/addr/index.ts';
import { kubeletTables } from '../../../src/controllers/kubelet/index.ts';
import { printIptablesSave } from '../../../src/formats/index.ts';
import { addNetns, commit, createWorld, rulesetOf } from '../../../src/kernel/index.ts';

function afterStarts(times: number, family: Family): string {
  const world = createWorld();
  const netns = addNetns(world, { id: 'node', kind: 'node', label: 'node', name: 'node' });
  for (let i = 0; i < times; i++)
    expect(
      commit(world, [{ op: 'iptables-restore', netns: 'node', family, tables: kubeletTables(family) }]),
    ).toBeUndefined();
  return printIptablesSave(rulesetOf(netns, family));
}

const ownLines = (text: string): string[] => text.split('\n').filter((line) => /KUBE-|^\*/.test(line));

describe('the rules of kubelet', () => {
  it('guard 127.0.0.0/8, and are found again by their canary', () => {
    expect(ownLines(afterStarts(1, 4))).toEqual([
      '*mangle',
      ':KUBE-IPTABLES-HINT - [0:0]',
      ':KUBE-KUBELET-CANARY - [0:0]',
      '*filter',
      ':KUBE-FIREWALL - [0:0]',
      ':KUBE-KUBELET-CANARY - [0:0]',
      '-A INPUT -j KUBE-FIREWALL',
      '-A OUTPUT -j KUBE-FIREWALL',
      '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
      '*nat',
      ':KUBE-KUBELET-CANARY - [0:0]',
    ]);
  });

  it('have no firewall in IPv6, where 127.0.0.0/8 does not exist', () => {
    expect(ownLines(afterStarts(1, 6))).toEqual([
      '*mangle',
      ':KUBE-IPTABLES-HINT - [0:0]',
      ':KUBE-KUBELET-CANARY - [0:0]',
      '*filter',
      ':KUBE-KUBELET-CANARY - [0:0]',
      '*nat',
      ':KUBE-KUBELET-CANARY - [0:0]',
    ]);
  });

  it('are the same after it starts again', () => {
    expect(afterStarts(3, 4)).toBe(afterStarts(1, 4));
  });
});
