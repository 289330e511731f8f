import { describe, expect, it } from 'vitest';
import { schedulePods } from '../../../src/controllers/scheduler/index.ts';
import type { Node, NodeSelectorRequirement, Pod, Toleration } from '../../../src/k8s/index.ts';
import { labels, meta, node, pod, port } from './objects.ts';

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
        'Pod default/web is Pending and has no network: 0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had untolerated taint {k: v}. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
      ],
    ]);
  });

  it('leaves a pod that fits nowhere Pending and not ready, with the sentence', () => {
    const taints = [{ key: 'k', value: '', effect: 'NoSchedule' }] as const;
    const [web] = schedulePods([pod('web')], [node('a', [], [], { taints })]).pods;
    expect([web?.phase, web?.ready, web?.unscheduled?.reason]).toEqual(['Pending', false, 'Unschedulable']);
    expect(web?.unscheduled?.message).toBe(
      '0/1 nodes are available: 1 node(s) had untolerated taint {k: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    );
  });

  it('says of a taken host port that there is nobody to evict, and of a pod bound to one node that others were left out', () => {
    const only = [
      { matchExpressions: [], matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node1'] }] },
    ] as const;
    const wanted = {
      ports: [{ ...port(80), hostPort: 80 }],
      nodeAffinity: { required: only, preferred: [] },
    };
    const holder = pod('a', 'node1', [], { ports: wanted.ports });
    expect(schedulePods([holder, pod('b', '', [], wanted)], NODES).pods[1]?.unscheduled?.message).toBe(
      "0/3 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 2 node is filtered out by the prefilter result. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
    );
  });

  it('does not place pods that are Pending by their own status', () => {
    const unscheduled = { reason: 'Unschedulable', message: '', by: 'status' } as const;
    const pods = [
      pod('a', '', [], { phase: 'Pending', unscheduled }),
      pod('b', '', [], { phase: 'Pending' }),
      pod('c', '', ['10.244.1.9'], { phase: 'Pending' }),
    ];
    expect(schedulePods(pods, NODES).pods.map((p) => p.nodeName)).toEqual(['', '', 'node1']);
  });

  it('does not place finished pods', () => {
    const { pods: placed } = schedulePods([pod('job', '', [], { phase: 'Succeeded' }), pod('a')], NODES);
    expect(placed.map((p) => p.nodeName)).toEqual(['', 'node1']);
  });
});

/** Where one pod goes; empty: nowhere. */
function placed(one: Pod, nodes: readonly Node[]): string {
  return schedulePods([one], nodes).pods[0]?.nodeName ?? '';
}

function labelled(name: string, pairs: Record<string, string>): Node {
  return node(name, [], [], { meta: meta(name, '', { labels: labels(pairs) }) });
}

describe('required node affinity', () => {
  const nodes = [
    labelled('a', { zone: 'x', cores: '4' }),
    labelled('b', { zone: 'y', cores: '16', gpu: '' }),
  ];
  const wants = (...terms: readonly (readonly NodeSelectorRequirement[])[]): Pod =>
    pod('p', '', [], {
      nodeAffinity: {
        required: terms.map((matchExpressions) => ({ matchExpressions, matchFields: [] })),
        preferred: [],
      },
    });
  const cases: readonly (readonly [
    NodeSelectorRequirement['operator'],
    string,
    readonly string[],
    string,
  ])[] = [
    ['In', 'zone', ['y', 'z'], 'b'],
    ['NotIn', 'zone', ['x'], 'b'],
    ['NotIn', 'missing', ['x'], 'a'],
    ['Exists', 'gpu', [], 'b'],
    ['DoesNotExist', 'gpu', [], 'a'],
    ['Gt', 'cores', ['4'], 'b'],
    ['Lt', 'cores', ['16'], 'a'],
    ['Lt', 'zone', ['16'], ''],
    ['Gt', 'missing', ['0'], ''],
    ['In', 'kubernetes.io/hostname', ['b'], 'b'],
    ['In', 'kubernetes.io/os', ['windows'], ''],
  ];
  it.each(cases)('%s of %s %j leads to "%s"', (operator, key, values, expected) => {
    expect(placed(wants([{ key, operator, values }]), nodes)).toBe(expected);
  });

  it('needs every requirement of one of its terms', () => {
    const x: NodeSelectorRequirement = { key: 'zone', operator: 'In', values: ['x'] };
    const gpu: NodeSelectorRequirement = { key: 'gpu', operator: 'Exists', values: [] };
    expect(placed(wants([x, gpu]), nodes)).toBe('');
    expect(placed(wants([x, gpu], [gpu]), nodes)).toBe('b');
  });

  it('matches no node with an empty term, nor with no term', () => {
    expect(placed(wants([]), nodes)).toBe('');
    expect(placed(wants(), nodes)).toBe('');
  });

  it('knows a node by its name', () => {
    const field: NodeSelectorRequirement = { key: 'metadata.name', operator: 'In', values: ['b'] };
    const term = { matchExpressions: [], matchFields: [field] };
    expect(placed(pod('p', '', [], { nodeAffinity: { required: [term], preferred: [] } }), nodes)).toBe('b');
  });

  it('holds beside the nodeSelector', () => {
    const both = {
      ...wants([{ key: 'zone', operator: 'In', values: ['y'] }]),
      nodeSelector: labels({ zone: 'x' }),
    };
    expect(placed(both, nodes)).toBe('');
  });
});

describe('taints and tolerations', () => {
  const tainted = node('n', [], [], { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] });
  const cases: readonly (readonly [string, Partial<Toleration>, boolean])[] = [
    ['the same value', { key: 'dedicated', value: 'db', effect: 'NoSchedule' }, true],
    ['another value', { key: 'dedicated', value: 'web', effect: 'NoSchedule' }, false],
    ['no value', { key: 'dedicated' }, false],
    ['any value', { key: 'dedicated', operator: 'Exists' }, true],
    ['another effect', { key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }, false],
    ['any key', { operator: 'Exists' }, true],
    ['another key', { key: 'other', operator: 'Exists' }, false],
  ];
  it.each(cases)('tolerating %s', (_, toleration, fits) => {
    const one: Toleration = { key: '', operator: 'Equal', value: '', effect: '', ...toleration };
    expect(placed(pod('p', '', [], { tolerations: [one] }), [tainted])).toBe(fits ? 'n' : '');
  });

  it('a cordoned node takes what tolerates that it is', () => {
    const one: Toleration = {
      key: 'node.kubernetes.io/unschedulable',
      operator: 'Exists',
      value: '',
      effect: 'NoSchedule',
    };
    const cordoned = [node('n', [], [], { unschedulable: true })];
    expect(placed(pod('p', '', [], { tolerations: [one] }), cordoned)).toBe('n');
    expect(placed(pod('p'), cordoned)).toBe('');
  });
});

describe('host ports', () => {
  const on = (name: string, more: { readonly hostIP?: number } = {}, protocol: 'TCP' | 'UDP' = 'TCP') =>
    pod(name, '', [], { ports: [{ ...port(8080, protocol), hostPort: 80, ...more }] });

  it('are held by one pod of a node: others go elsewhere, and the last nowhere', () => {
    const { pods: all, diagnostics } = schedulePods([on('a'), on('b'), on('c')], NODES.slice(0, 2));
    expect(all.map((p) => p.nodeName)).toEqual(['node1', 'node2', '']);
    expect(diagnostics[0]?.message).toContain(
      "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.",
    );
  });

  it('are free for another protocol or another address, but not for all addresses', () => {
    const one = NODES.slice(0, 1);
    const nodesOf = (...pods: Pod[]): string[] => schedulePods(pods, one).pods.map((p) => p.nodeName);
    expect(nodesOf(on('a'), on('b', {}, 'UDP'))).toEqual(['node1', 'node1']);
    expect(nodesOf(on('a', { hostIP: 0x7f000001 }), on('b', { hostIP: 0x7f000002 }))).toEqual([
      'node1',
      'node1',
    ]);
    expect(nodesOf(on('a', { hostIP: 0x7f000001 }), on('b', { hostIP: 0 }))).toEqual(['node1', '']);
    expect(nodesOf(on('a'), on('b', { hostIP: 0x7f000001 }))).toEqual(['node1', '']);
  });

  it('of pods that name their node count too, but such pods are never moved', () => {
    const fixed = { ...on('a'), nodeName: 'node1' };
    const { pods: all } = schedulePods(
      [fixed, { ...on('b'), nodeName: 'node1' }, on('c')],
      NODES.slice(0, 2),
    );
    expect(all.map((p) => p.nodeName)).toEqual(['node1', 'node1', 'node2']);
  });
});

describe('preferences', () => {
  it('come after an even spread, and before the number of pods', () => {
    const nodes = [labelled('a', {}), labelled('b', { disk: 'ssd' })];
    const term = {
      matchExpressions: [{ key: 'disk', operator: 'Exists', values: [] }],
      matchFields: [],
    } as const;
    const web = (name: string): Pod =>
      pod(name, '', [], { nodeAffinity: { preferred: [{ weight: 10, term }] } });
    const { pods: all } = schedulePods(
      [pod('x', 'b', [], { meta: meta('x', 'other') }), web('1'), web('2')],
      nodes,
    );
    expect(all.map((p) => p.nodeName)).toEqual(['b', 'b', 'a']);
  });

  it('a node that would rather have others is taken last', () => {
    const nodes = [
      node('n', [], [], { taints: [{ key: 'k', value: '', effect: 'PreferNoSchedule' }] }),
      node('m'),
    ];
    expect(schedulePods([pod('a'), pod('b')], nodes).pods.map((p) => p.nodeName)).toEqual(['m', 'm']);
  });
});
