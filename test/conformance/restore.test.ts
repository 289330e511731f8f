import { describe, expect, test } from 'vitest';
import type { Family } from '../../src/addr/index.ts';
import { buildCluster, type Cluster, nodeNetnsId } from '../../src/cluster/index.ts';
import { printIptablesSave } from '../../src/formats/index.ts';
import { type ClusterObjects, loadCluster, readSources } from '../../src/k8s/index.ts';
import { rulesetOf } from '../../src/kernel/index.ts';
import { loadGolden } from '../support/kube-proxy-golden.ts';
import { inFreshNamespace, titleOf, whatIsMissing, withoutCounters } from './real-tools.ts';

const TOPOLOGIES = ['two-nodes', 'three-nodes', 'host-gw', 'direct-routing', 'host-port', 'nodeport-local'];
/** Services of every kind, two families, and random clusters; what the real kube-proxy wrote for them is elsewhere. */
const CASES = [
  'dual-stack',
  'dual-stack-lb',
  'external-ips-local',
  'internal-local-nodeport',
  'loadbalancer-source-ranges',
  'many-services',
  'nodeport-addresses',
  'random-000',
  'random-007',
  'session-affinity',
  'terminating-mixed',
  'udp-sctp',
];

function loadTopology(name: string): ClusterObjects {
  const path = new URL(`../../topologies/${name}/`, import.meta.url).pathname;
  const { sources } = readSources([path]);
  return loadCluster(sources, { set: [] }).objects;
}

/** What every program of every node wrote, by node and family. */
function* savesOf(cluster: Cluster): Generator<readonly [node: string, family: Family, text: string]> {
  for (const { meta } of cluster.objects.nodes) {
    const netns = cluster.world.netns.get(nodeNetnsId(meta.name));
    if (netns === undefined) throw new Error(`node ${meta.name} has no namespace`);
    for (const family of [4, 6] as const) {
      const text = printIptablesSave(rulesetOf(netns, family));
      if (text !== '') yield [meta.name, family, text];
    }
  }
}

const missing = whatIsMissing(['iptables', 'ip6tables']);

describe('a whole node, restored into the real kernel', () => {
  const clusters = [
    ...TOPOLOGIES.map((name) => [`topology ${name}`, () => loadTopology(name)] as const),
    ...CASES.map((name) => [`case ${name}`, () => loadGolden(name)] as const),
  ];
  test.skipIf(missing !== undefined).each(clusters)(
    titleOf('%s: iptables-save prints what podwalk prints', missing),
    (_, load) => {
      let rules = 0;
      for (const [node, family, text] of savesOf(buildCluster(load()))) {
        const tool = family === 4 ? 'iptables' : 'ip6tables';
        const real = withoutCounters(inFreshNamespace(`${tool}-restore; ${tool}-save`, text));
        expect(real, `${node} IPv${family}`).toBe(text);
        rules += text.split('\n').filter((line) => line.startsWith('-A')).length;
      }
      expect(rules).toBeGreaterThan(10);
    },
  );
});
