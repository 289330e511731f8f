import { expect, it } from 'vitest';
import * as formats from '../../src/formats/index.ts';
import * as podwalk from '../../src/index.ts';

it('the public API has the printer and the parser of every text', () => {
  const texts = Object.keys(formats).filter((name) => /^(print|parse)[A-Z]/.test(name));
  expect(texts).toContain('parseIpvsadm');
  expect(texts.filter((name) => !(name in podwalk))).toEqual([]);
});

it('what a printer of the public API prints of a node, its parser reads', () => {
  const { sources } = podwalk.readSources(['topologies/two-nodes']);
  const { objects } = podwalk.loadCluster(sources, { set: ['kube-proxy.mode=ipvs'] });
  const node = podwalk.buildCluster(objects).world.netns.get(podwalk.nodeNetnsId('node1'));
  if (node === undefined) throw new Error('two-nodes has no node1');
  expect(podwalk.parseIptablesSave(podwalk.printIptablesSave(podwalk.rulesetOf(node, 4))).ok).toBe(true);
  expect(podwalk.parseIpvsadmSave(podwalk.printIpvsadmSave(node)).ok).toBe(true);
  expect(podwalk.parseIpsetSave(podwalk.printIpsetSave(node.sets.values())).ok).toBe(true);
});

it('a name is a destination of the public API', () => {
  const { sources } = podwalk.readSources(['topologies/two-nodes']);
  const { objects } = podwalk.loadCluster(sources, { set: [] });
  const cluster = podwalk.buildCluster(podwalk.withDns(objects));
  const question = { source: 'pod/client', destination: 'http://web', namespace: 'default' };
  const found = podwalk.answer(cluster, question, { all: true, names: podwalk.resolveName });
  expect(found.ok && found.value.trace.resolution?.addresses).toEqual(['10.96.0.10']);
});
