import { describe, expect, it } from 'vitest';
import { schedulePods } from '../../../src/controllers/scheduler/index.ts';
import { labels, meta, node, pod } from './objects.ts';

const NODES = [node('node1'), node('node2'), node('node3')];

describe('the scheduler', () => {
  it('places pods one by one on the nodes that run fewest', () => {
    const pods = ['a', 'b', 'c', 'd'].map((name) => pod(name));
    const { pods: placed } = schedulePods(pods, NODES);
    expect(placed.map((p) => p.nodeName)).toEqual(['node1', 'node2', 'node3', 'node1']);
  });

  it('leaves pods alone that name their node, and counts them', () => {
    const { pods: placed } = schedulePods([pod('b'), pod('a', 'node1')], NODES);
    expect(placed.map((p) => p.nodeName)).toEqual(['node2', 'node1']);
  });

  it('spreads the replicas of one controller before it looks at the whole load', () => {
    const web = (name: string) =>
      pod(name, '', [], {
        meta: meta(name, 'default', {
          ownerReferences: [{ kind: 'ReplicaSet', name: 'web', controller: true }],
        }),
      });
    const busy = ['x', 'y', 'z'].map((name) => pod(name, 'node3'));
    const { pods: placed } = schedulePods([...busy, web('web-1'), web('web-2'), web('web-3')], NODES);
    expect(placed.slice(3).map((p) => p.nodeName)).toEqual(['node1', 'node2', 'node3']);
  });

  it('passes over cordoned, unready and tainted nodes, and those that the nodeSelector does not match', () => {
    const nodes = [
      node('cordoned', [], [], { unschedulable: true }),
      node('unready', [], [], { ready: false }),
      node('tainted', [], [], {
        taints: [{ key: 'node-role.kubernetes.io/control-plane', value: '', effect: 'NoSchedule' }],
      }),
      node('plain'),
      node('ssd', [], [], { meta: meta('ssd', '', { labels: labels({ disk: 'ssd' }) }) }),
    ];
    const selective = pod('a', '', [], { nodeSelector: labels({ disk: 'ssd' }) });
    const { pods: placed } = schedulePods([selective, pod('b'), pod('c')], nodes);
    expect(placed.map((p) => p.nodeName)).toEqual(['ssd', 'plain', 'plain']);
  });

  it('takes a node with a taint that only prefers others', () => {
    const nodes = [node('n', [], [], { taints: [{ key: 'k', value: 'v', effect: 'PreferNoSchedule' }] })];
    expect(schedulePods([pod('a')], nodes).pods[0]?.nodeName).toBe('n');
  });

  it('matches kubernetes.io/hostname though no label says it', () => {
    const pinned = pod('a', '', [], { nodeSelector: labels({ 'kubernetes.io/hostname': 'node2' }) });
    expect(schedulePods([pinned], NODES).pods[0]?.nodeName).toBe('node2');
  });

  it('says in its own words why a pod fits nowhere, and leaves it unplaced', () => {
    const nodes = [
      node('a', [], [], { unschedulable: true }),
      node('b', [], [], { taints: [{ key: 'k', value: 'v', effect: 'NoExecute' }] }),
      node('c', [], [], { taints: [{ key: 'k', value: 'v', effect: 'NoExecute' }] }),
    ];
    const { pods: placed, diagnostics } = schedulePods([pod('web')], nodes);
    expect(placed[0]?.nodeName).toBe('');
    expect(diagnostics.map((d) => [d.severity, d.code, d.message])).toEqual([
      [
        'warning',
        'PW410',
        'Pod default/web is not placed and has no network: 0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had untolerated taint {k: v}.',
      ],
    ]);
  });

  it('does not place finished pods', () => {
    const { pods: placed } = schedulePods([pod('job', '', [], { phase: 'Succeeded' }), pod('a')], NODES);
    expect(placed.map((p) => p.nodeName)).toEqual(['', 'node1']);
  });
});
