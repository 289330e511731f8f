import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIp } from '../../../src/addr/index.ts';
import { buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { judgeConnection, type PolicyEnd, type PolicyModel, policyModel } from '../../../src/intent/index.ts';
import {
  type ClusterObjects,
  isFinished,
  loadCluster,
  matchSelector,
  type NetworkPolicy,
  type Pod,
  type PolicyType,
} from '../../../src/k8s/index.ts';
import { answer, type Path, type Question } from '../../../src/trace/index.ts';
import { manifestText, type RandomCluster, randomPolicyCluster } from '../../support/arbitrary/cluster.ts';

/**
 * Two answers to one question: what the specification of NetworkPolicy says (src/intent), and what a packet meets that
 * is walked through kube-router's rules (src/controllers/network-policy). They share no code. Where the program is
 * known to do something else than the specification, the difference has a name here, and only there they may part.
 */

interface Asked {
  readonly policies: readonly NetworkPolicy[];
  readonly direction: PolicyType;
  /** The end that is not isolated by them here. */
  readonly other: Pod | undefined;
}

/** What kube-router does otherwise, and which policies show it. */
const DIFFERENCES: Readonly<Record<string, (asked: Asked) => boolean>> = {
  'a policy for both directions is one chain: its ingress rules let its pods out to each other, its egress rules in':
    ({ policies, other }) =>
      policies.some(
        ({ meta, policyTypes, podSelector }) =>
          policyTypes.length > 1 &&
          meta.namespace === other?.meta.namespace &&
          matchSelector(podSelector, other.meta.labels),
      ),
  'a rule with pods as peers whose named ports nobody has opens every port': ({ policies, direction }) =>
    rulesOf(policies, direction).some(
      ({ peers, ports }) =>
        peers.some(({ kind }) => kind === 'pods') && ports.length > 0 && ports.every(isNamed),
    ),
  'what a block leaves out is cut out of the other blocks of its rule': ({ policies, direction }) =>
    rulesOf(policies, direction).some(({ peers }) => {
      const blocks = peers.flatMap((peer) => (peer.kind === 'ipBlock' ? [peer] : []));
      return blocks.length > 1 && blocks.some(({ except }) => except.length > 0);
    }),
  'an egress rule for a named port and a block has no port': ({ policies, direction }) =>
    direction === 'Egress' &&
    rulesOf(policies, direction).some(
      ({ peers, ports }) => peers.some(({ kind }) => kind === 'ipBlock') && ports.some(isNamed),
    ),
  "an egress rule for a named port and everybody opens the numbers that the name has in the policy's namespace":
    ({ policies, direction }) =>
      direction === 'Egress' &&
      rulesOf(policies, direction).some(({ peers, ports }) => peers.length === 0 && ports.some(isNamed)),
};

function isNamed({ port }: { readonly port?: number | string }): boolean {
  return typeof port === 'string';
}

function rulesOf(policies: readonly NetworkPolicy[], direction: PolicyType): NetworkPolicy['ingress'] {
  return policies.flatMap((policy) => (direction === 'Ingress' ? policy.ingress : policy.egress));
}

const PORTS = [
  { port: 8080, protocol: 'TCP' },
  { port: 9090, protocol: 'TCP' },
  { port: 8080, protocol: 'UDP' },
  { port: 8080, protocol: 'SCTP' },
] as const;

/** A cluster twice: with kube-router, and with nobody who enforces anything. */
function bothOf(random: RandomCluster): { readonly policed: Cluster; readonly open: Cluster } {
  const build = (policy: 'kube-router' | 'none'): Cluster => {
    const loaded = loadCluster([{ file: 'random.json', text: manifestText(random) }], {
      set: [...random.settings],
      policy,
    });
    return buildCluster(loaded.objects);
  };
  return { policed: build('kube-router'), open: build('none') };
}

function walk(cluster: Cluster, question: Question): Path {
  const result = answer(cluster, question, { all: true });
  const [path] = result.ok ? result.value.trace.paths : [];
  if (path === undefined) throw new Error(JSON.stringify(question));
  return path;
}

/** The packet came to a pod, whatever the pod said to it. */
function arrives({ verdict, reason }: Path): boolean {
  return verdict === 'delivered' || reason === 'NO_LISTENER';
}

/**
 * Who sends, to policies: a pod; a node to its own pods, whatever address its packet bears; else the source address
 * as the receiver's node sees it, which of a packet from another node is that of its flannel device.
 */
function sourceSeen(objects: ClusterObjects, path: Path, sender: Pod | undefined): PolicyEnd | undefined {
  if (sender?.hostNetwork === false) return { kind: 'pod', pod: sender };
  const places = new Set(path.hops.flatMap(({ kind, place }) => (kind === 'node' ? [place] : [])));
  const own = objects.nodes.find(({ meta }) => places.size === 1 && places.has(meta.name));
  if (own !== undefined) return { kind: 'address', ip: own.internalIPs[0] ?? 0 };
  const entered = path.hops.findLast(({ out }) => out === 'cni0')?.steps[0];
  const seen = entered?.type === 'receive' ? parseIp(entered.packet.src) : undefined;
  return seen === undefined ? undefined : { kind: 'address', ip: seen };
}

test('the datapath denies what the specification denies, but for the differences that have a name', () => {
  const counts = { allowed: 0, denied: 0, different: 0 };
  fc.assert(
    fc.property(randomPolicyCluster, (random) => {
      const { policed, open } = bothOf(random);
      const { objects } = policed;
      const model = policyModel(objects);
      const pods = objects.pods.filter(
        (pod) => !isFinished(pod) && pod.podIPs.some((ip) => typeof ip === 'number'),
      );
      const senders = [
        ...pods.map((pod) => ({ source: `pod/${pod.meta.namespace}/${pod.meta.name}`, pod })),
        ...objects.nodes.map(({ meta }) => ({ source: `node/${meta.name}`, pod: undefined })),
      ];
      for (const { source, pod: sender } of senders) {
        for (const receiver of pods) {
          if (receiver === sender) continue;
          for (const query of PORTS) {
            const destination = `pod/${receiver.meta.namespace}/${receiver.meta.name}:${query.port}`;
            const protocol = query.protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp';
            const question = { source, destination, protocol, namespace: 'default' };
            const free = walk(open, question);
            if (!arrives(free)) continue;
            const from = sourceSeen(objects, free, sender);
            if (from === undefined) continue;
            compare(policed, model, question, from, receiver, query, counts);
          }
        }
      }
    }),
    { numRuns: 25, seed: 11 },
  );
  // Both answers are met often, or the comparison would say little.
  expect(Math.min(counts.allowed, counts.denied)).toBeGreaterThan(200);
});

function compare(
  cluster: Cluster,
  model: PolicyModel,
  question: Question,
  from: PolicyEnd,
  receiver: Pod,
  query: (typeof PORTS)[number],
  counts: { allowed: number; denied: number; different: number },
): void {
  const verdict = judgeConnection(model, { from, to: { kind: 'pod', pod: receiver }, ...query });
  const names = Object.entries(DIFFERENCES).filter(([, shows]) =>
    [verdict.ingress, verdict.egress].some(({ policies, direction }) => {
      const sender = from.kind === 'pod' ? from.pod : undefined;
      return shows({ policies, direction, other: direction === 'Ingress' ? sender : receiver });
    }),
  );
  if (names.length > 0) {
    counts.different++;
    return;
  }
  const path = walk(cluster, question);
  const said = {
    question,
    allowed: verdict.allowed,
    ingress: verdict.ingress.why,
    egress: verdict.egress.why,
  };
  if (verdict.allowed) counts.allowed++;
  else counts.denied++;
  expect({ ...said, walked: path.reason !== 'POLICY' }, path.explanation).toEqual({
    ...said,
    walked: verdict.allowed,
  });
}
