import { cidr, type Family } from '../../addr/index.ts';
import type { Origin, RestoreChain, RestoreRule, RestoreTable, Rule } from '../../kernel/index.ts';

const ORIGIN: Origin = { program: 'kubelet' };
const HINT = 'KUBE-IPTABLES-HINT';
const CANARY = 'KUBE-KUBELET-CANARY';
const FIREWALL = 'KUBE-FIREWALL';
const LOOPBACK = cidr('127.0.0.0/8');

const JUMP: Rule = { matches: [], target: { kind: 'jump', chain: FIREWALL }, origin: ORIGIN };

/** What was not sent by the node itself has no business with 127.0.0.0/8 (https://issue.k8s.io/90259). */
const GUARD: Rule = {
  src: { cidr: LOOPBACK, not: true },
  dst: { cidr: LOOPBACK, not: false },
  matches: [
    { kind: 'comment', text: 'block incoming localnet connections' },
    { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED', 'DNAT'], not: true },
  ],
  target: { kind: 'DROP' },
  origin: ORIGIN,
};

/**
 * The chains that kubelet sees to when it starts (syncIPTablesRules, initNetworkUtil in kubelet_network_linux.go of
 * v1.28 and later): the hint which iptables the system uses, KUBE-FIREWALL (of IPv4 alone) with its jumps, and the
 * canary by which it notices that its chains were flushed.
 */
export function kubeletTables(family: Family): RestoreTable[] {
  const canary: RestoreChain = { name: CANARY, origin: ORIGIN, ensure: true };
  const firewall: RestoreChain = { name: FIREWALL, origin: ORIGIN, ensure: true };
  const rules: RestoreRule[] = [
    { chain: 'OUTPUT', insert: true, ensure: true, rule: JUMP },
    { chain: 'INPUT', insert: true, ensure: true, rule: JUMP },
    { chain: FIREWALL, ensure: true, rule: GUARD },
  ];
  return [
    { table: 'mangle', chains: [{ name: HINT, origin: ORIGIN, ensure: true }, canary], rules: [] },
    { table: 'nat', chains: [canary], rules: [] },
    family === 4
      ? { table: 'filter', chains: [firewall, canary], rules }
      : { table: 'filter', chains: [canary], rules: [] },
  ];
}
