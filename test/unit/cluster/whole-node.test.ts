import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/addr/index.ts';
import { buildCluster, nodeNetnsId } from '../../../src/cluster/index.ts';
import { printIptablesSave } from '../../../src/formats/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import { type Program, rulesetOf, sysctl } from '../../../src/kernel/index.ts';

function golden(file: string): string {
  return readFileSync(new URL(`../../golden/nodes/${file}`, import.meta.url), 'utf8');
}

const MANIFESTS = golden('dual-stack/cluster.yaml');

function node1(manifests = MANIFESTS, programs?: ReadonlySet<Program>) {
  const { objects, diagnostics } = loadCluster([{ file: 'cluster.yaml', text: manifests }], { set: [] });
  const cluster = buildCluster(objects, programs === undefined ? {} : { programs });
  expect([...diagnostics, ...cluster.diagnostics]).toEqual([]);
  const netns = cluster.world.netns.get(nodeNetnsId('node1'));
  if (netns === undefined) throw new Error('no node1');
  return netns;
}

/** The targets of the rules in a chain. */
function targets(text: string, chain: string): string[] {
  return [...text.matchAll(new RegExp(`^-A ${chain} .*-j (\\S+)`, 'gm'))].map(([, target = '']) => target);
}

const save = (family: Family, programs?: ReadonlySet<Program>): string =>
  printIptablesSave(rulesetOf(node1(MANIFESTS, programs), family));

describe('a whole node', () => {
  it.each([
    [4, 'dual-stack/node1.iptables-save'],
    [6, 'dual-stack/node1.ip6tables-save'],
  ] as const)('holds the IPv%i rules that the real programs leave, in their order', (family, file) => {
    expect(save(family)).toBe(golden(file));
  });

  it('has the jumps to KUBE-FIREWALL last where kubelet ran first, and first where it did not', () => {
    expect(targets(save(4), 'INPUT')).toEqual([
      'KUBE-PROXY-FIREWALL',
      'KUBE-NODEPORTS',
      'KUBE-EXTERNAL-SERVICES',
      'KUBE-FIREWALL',
    ]);
    expect(targets(save(4, new Set(['kube-proxy'])), 'INPUT')).toEqual([
      'KUBE-FIREWALL',
      'KUBE-PROXY-FIREWALL',
      'KUBE-NODEPORTS',
      'KUBE-EXTERNAL-SERVICES',
    ]);
  });

  it("keeps kubelet's guard of 127.0.0.0/8 where kube-proxy has none of its own", () => {
    const closed = MANIFESTS.replace(
      'mode: iptables',
      'mode: iptables\niptables: { localhostNodePorts: false }',
    );
    expect(closed).not.toBe(MANIFESTS);
    const text = (programs?: ReadonlySet<Program>): string =>
      printIptablesSave(rulesetOf(node1(closed, programs), 4));
    expect(targets(text(), 'KUBE-FIREWALL')).toEqual(['DROP']);
    expect(targets(text(new Set(['kube-proxy'])), 'KUBE-FIREWALL')).toEqual([]);
  });

  it('lets packets from 127.0.0.1 cross the bridge for the sake of host ports', () => {
    expect(sysctl(node1(), 'net.ipv4.conf.cni0.route_localnet')).toBe('1');
  });
});
