import fc from 'fast-check';
import { describe, test } from 'vitest';
import { schedulePods } from '../../../src/controllers/scheduler/index.ts';
import { expandWorkloads } from '../../../src/controllers/workloads/index.ts';
import {
  type LabelSelector,
  matchesNode,
  type Node,
  type NodeSelectorRequirement,
  type PodSpec,
  type PodTemplate,
  type Taint,
  type Toleration,
  untoleratedTaint,
  type Workload,
} from '../../../src/k8s/index.ts';
import { labels, meta, node, port } from '../../unit/controllers/objects.ts';

const SEED = 20260317;

const EFFECTS: readonly Taint['effect'][] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const key = fc.constantFrom('a', 'b');
const value = fc.constantFrom('', '1', '2');

const taint: fc.Arbitrary<Taint> = fc.record({ key, value, effect: fc.constantFrom(...EFFECTS) });

const nodes: fc.Arbitrary<Node[]> = fc
  .array(
    fc.record({
      pairs: fc.dictionary(key, value),
      taints: fc.array(taint, { maxLength: 2 }),
      unschedulable: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) =>
    list.map(({ pairs, ...more }, i) =>
      node(`n${i}`, [], [], { ...more, meta: meta(`n${i}`, '', { labels: labels(pairs) }) }),
    ),
  );

const requirement: fc.Arbitrary<NodeSelectorRequirement> = fc.record({
  key,
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'),
  values: fc.array(value, { minLength: 1, maxLength: 1 }),
});

const toleration: fc.Arbitrary<Toleration> = fc.record({
  key: fc.constantFrom('', 'a', 'b'),
  operator: fc.constantFrom('Exists', 'Equal'),
  value,
  effect: fc.constantFrom('', ...EFFECTS),
});

const spec: fc.Arbitrary<PodSpec> = fc.record({
  nodeName: fc.constant(''),
  hostNetwork: fc.constant(false),
  ports: fc.constantFrom([], [port(80)], [{ ...port(80), hostPort: 8080 }]),
  nodeSelector: fc.dictionary(key, value, { maxKeys: 1 }).map(labels),
  nodeAffinity: fc.record({
    required: fc.array(
      fc.record({
        matchExpressions: fc.array(requirement, { minLength: 1, maxLength: 2 }),
        matchFields: fc.constant([]),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    preferred: fc.constant([]),
  }),
  tolerations: fc.array(toleration, { maxLength: 2 }),
  hostname: fc.constant(''),
  subdomain: fc.constant(''),
  serviceAccountName: fc.constant('default'),
});

const EVERYTHING: LabelSelector = { matchLabels: new Map(), matchExpressions: [] };

const template: fc.Arbitrary<PodTemplate> = fc.record({
  labels: fc.constant(labels({ app: 'x' })),
  annotations: fc.constant(labels({})),
  spec,
  hash: fc.constantFrom('bcdf', '2456'),
});

const KINDS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'] as const;

function workload(kind: (typeof KINDS)[number], name: string, replicas: number, own: PodTemplate): Workload {
  const parts = { meta: meta(name, 'shop'), selector: EVERYTHING, template: own };
  switch (kind) {
    case 'Deployment':
    case 'ReplicaSet':
      return { kind, ...parts, replicas };
    case 'StatefulSet':
      return { kind, ...parts, replicas, firstOrdinal: 0, serviceName: '' };
    case 'DaemonSet':
      return { kind, ...parts };
    case 'Job':
      return {
        kind,
        ...parts,
        parallelism: replicas,
        indexed: false,
        suspended: false,
        finished: false,
        succeeded: 0,
        completedIndexes: [],
      };
  }
}

/** Workloads with names of their own, as the API server would have them. */
const workloads: fc.Arbitrary<Workload[]> = fc
  .array(fc.record({ kind: fc.constantFrom(...KINDS), replicas: fc.nat(6), template }), { maxLength: 5 })
  .map((list) => list.map((one, i) => workload(one.kind, `w${i}`, one.replicas, one.template)));

describe('workloads', () => {
  test('made once, their pods are not made again', () => {
    fc.assert(
      fc.property(workloads, nodes, (list, all) => {
        const once = expandWorkloads({ workloads: list, pods: [], nodes: all });
        const twice = expandWorkloads({ ...once, nodes: all });
        return twice.pods.length === once.pods.length && twice.workloads.length === once.workloads.length;
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('no two pods of a namespace have one name, and names depend on their workload alone', () => {
    fc.assert(
      fc.property(workloads, nodes, (list, all) => {
        const { pods } = expandWorkloads({ workloads: list, pods: [], nodes: all });
        const names = pods.map((pod) => pod.meta.name);
        const apart = list.flatMap((one) =>
          expandWorkloads({ workloads: [one], pods: [], nodes: all }).pods.map((pod) => pod.meta.name),
        );
        return new Set(names).size === names.length && names.join() === apart.join();
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('the scheduler', () => {
  test('places a pod where its filters let it, and leaves out only what fits nowhere', () => {
    fc.assert(
      fc.property(workloads, nodes, (list, all) => {
        const { pods } = expandWorkloads({ workloads: list, pods: [], nodes: all });
        const placed = schedulePods(pods, all);
        const byName = new Map(all.map((one) => [one.meta.name, one]));
        const unplaced = placed.pods.filter((pod) => pod.nodeName === '');
        return (
          placed.diagnostics.length === unplaced.length &&
          placed.pods.every((pod) => {
            const own = byName.get(pod.nodeName);
            if (own !== undefined) return matchesNode(pod, own) && untoleratedTaint(pod, own) === undefined;
            // Host ports apart, a pod is left out only when no node lets it in.
            const wantsPort = pod.ports.some((one) => one.hostPort !== 0);
            return (
              wantsPort ||
              all.every((one) => one.unschedulable || !matchesNode(pod, one) || untoleratedTaint(pod, one))
            );
          })
        );
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('never gives one node two pods with one host port', () => {
    fc.assert(
      fc.property(workloads, nodes, (list, all) => {
        const { pods } = expandWorkloads({ workloads: list, pods: [], nodes: all });
        const holders = schedulePods(pods, all).pods.filter(
          (pod) => pod.nodeName !== '' && pod.ports.some((one) => one.hostPort === 8080),
        );
        return new Set(holders.map((pod) => pod.nodeName)).size === holders.length;
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('spreads replicas so that two nodes that take them differ by one at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.nat(20), fc.nat(3), (count, replicas, busy) => {
        const all = Array.from({ length: count }, (_, i) => node(`n${i}`));
        const plain: PodSpec = {
          nodeName: '',
          hostNetwork: false,
          ports: [],
          nodeSelector: labels({}),
          hostname: '',
          subdomain: '',
          serviceAccountName: 'default',
        };
        const own = (name: string, size: number, nodeName: string): Workload => ({
          kind: 'ReplicaSet',
          meta: meta(name, 'shop'),
          selector: EVERYTHING,
          template: {
            labels: labels({ app: name }),
            annotations: labels({}),
            spec: { ...plain, nodeName },
            hash: 'x',
          },
          replicas: size,
        });
        const { pods } = expandWorkloads({
          workloads: [own('busy', busy, 'n0'), own('web', replicas, '')],
          pods: [],
          nodes: all,
        });
        const placed = schedulePods(pods, all).pods.filter((pod) => pod.meta.labels.get('app') === 'web');
        const counts = all.map((one) => placed.filter((pod) => pod.nodeName === one.meta.name).length);
        return Math.max(...counts) - Math.min(...counts) <= 1;
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
