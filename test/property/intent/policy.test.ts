import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cidr, contains, type Ip, ip } from '../../../src/addr/index.ts';
import {
  judgeConnection,
  KUBE_ROUTER_MODES,
  type PolicyEnd,
  policyModel,
  reachability,
} from '../../../src/intent/index.ts';
import type {
  LabelSelector,
  Namespace,
  NetworkPolicy,
  Pod,
  PolicyPeer,
  PolicyPort,
  PolicyRule,
  Protocol,
} from '../../../src/k8s/index.ts';

const SPACES = ['a', 'b', 'c'];
const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

function meta(name: string, namespace: string, labels: Readonly<Record<string, string>> = {}): Pod['meta'] {
  return {
    name,
    namespace,
    labels: new Map(Object.entries(labels)),
    annotations: new Map(),
    ownerReferences: [],
    deleting: false,
  };
}

const labels = fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('x', 'y', 'z'), { maxKeys: 2 });

const pod = fc
  .record({
    space: fc.constantFrom(...SPACES),
    labels,
    last: fc.integer({ min: 0, max: 15 }),
    hostNetwork: fc.oneof(
      { weight: 6, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    node: fc.constantFrom('node1', 'node2'),
    named: fc.constantFrom(80, 8080, 0),
    protocol: fc.constantFrom(...PROTOCOLS),
  })
  .map(
    ({ space, labels: own, last, hostNetwork, node, named, protocol }): Pod => ({
      kind: 'Pod',
      meta: meta(`p${last}`, space, own),
      nodeName: node,
      hostNetwork,
      ports:
        named === 0 ? [] : [{ container: 'c', name: 'web', containerPort: named, protocol, hostPort: 0 }],
      nodeSelector: new Map(),
      hostname: '',
      subdomain: '',
      serviceAccountName: '',
      phase: 'Running',
      podIPs: [ip(`10.0.0.${last}`)],
      ready: true,
    }),
  );

const selector: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: labels.map((own) => new Map(Object.entries(own))),
  matchExpressions: fc.array(
    fc.oneof(
      fc.record({
        key: fc.constantFrom('app', 'tier'),
        operator: fc.constantFrom('In' as const, 'NotIn' as const),
        values: fc.subarray(['x', 'y', 'w'], { minLength: 1 }),
      }),
      fc.record({
        key: fc.constantFrom('app', 'tier'),
        operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const),
        values: fc.constant([]),
      }),
    ),
    { maxLength: 1 },
  ),
});

const peer: fc.Arbitrary<PolicyPeer> = fc.oneof(
  selector.map((podSelector): PolicyPeer => ({ kind: 'pods', podSelector })),
  selector.map((namespaceSelector): PolicyPeer => ({ kind: 'pods', namespaceSelector })),
  fc
    .tuple(selector, selector)
    .map(
      ([podSelector, namespaceSelector]): PolicyPeer => ({ kind: 'pods', podSelector, namespaceSelector }),
    ),
  fc.constantFrom(
    { kind: 'ipBlock' as const, cidr: cidr('10.0.0.0/29'), except: [cidr('10.0.0.4/31')] },
    { kind: 'ipBlock' as const, cidr: cidr('0.0.0.0/0'), except: [cidr('10.0.0.0/28')] },
    { kind: 'ipBlock' as const, cidr: cidr('192.168.56.11/32'), except: [] },
  ),
);

const port: fc.Arbitrary<PolicyPort> = fc
  .record({ protocol: fc.constantFrom(...PROTOCOLS) })
  .chain(({ protocol }) =>
    fc.constantFrom<PolicyPort>(
      { protocol },
      { protocol, port: 80 },
      { protocol, port: 79, endPort: 81 },
      { protocol, port: 'web' },
    ),
  );

const rule: fc.Arbitrary<PolicyRule> = fc.record({
  peers: fc.array(peer, { maxLength: 2 }),
  ports: fc.array(port, { maxLength: 2 }),
});

const policy: fc.Arbitrary<NetworkPolicy> = fc.record({
  kind: fc.constant('NetworkPolicy' as const),
  meta: fc.constantFrom(...SPACES).map((space) => meta('policy', space)),
  podSelector: selector,
  policyTypes: fc.subarray(['Ingress' as const, 'Egress' as const], { minLength: 1 }),
  ingress: fc.array(rule, { maxLength: 2 }),
  egress: fc.array(rule, { maxLength: 2 }),
});

const cluster = fc.record({
  pods: fc.array(pod, { minLength: 1, maxLength: 8 }),
  networkPolicies: fc.array(policy, { maxLength: 6 }),
  namespaces: fc
    .tuple(...SPACES.map(() => labels))
    .map((all): Namespace[] =>
      all.map((own, i) => ({ kind: 'Namespace', meta: meta(SPACES[i] ?? '', '', own) })),
    ),
});

const NODES = [
  { name: 'node1', ip: ip('192.168.56.11') },
  { name: 'node2', ip: ip('192.168.56.12') },
];
const nodes = NODES.map(({ name, ip: address }) => ({
  kind: 'Node' as const,
  meta: meta(name, ''),
  podCIDRs: [],
  internalIPs: [address],
  unschedulable: false,
  taints: [],
  ready: true,
}));

/** A packet as the specification's sentences see it, said again without classes, bits or the code under test. */
function naive(
  objects: { pods: Pod[]; networkPolicies: NetworkPolicy[]; namespaces: Namespace[] },
  from: PolicyEnd,
  to: PolicyEnd,
  number: number,
  protocol: Protocol,
): { ingress: boolean; egress: boolean } {
  const addressOf = (end: PolicyEnd): Ip =>
    end.kind === 'address'
      ? end.ip
      : end.pod.hostNetwork
        ? (NODES.find(({ name }) => name === end.pod.nodeName)?.ip ?? 0)
        : (end.pod.podIPs[0] ?? 0);
  const podOf = (end: PolicyEnd): Pod | undefined =>
    end.kind === 'pod' && !end.pod.hostNetwork ? end.pod : undefined;
  const holds = (
    { matchLabels, matchExpressions }: LabelSelector,
    own: ReadonlyMap<string, string>,
  ): boolean => {
    for (const [key, value] of matchLabels) if (own.get(key) !== value) return false;
    for (const { key, operator, values } of matchExpressions) {
      const value = own.get(key);
      if (operator === 'Exists' && value === undefined) return false;
      if (operator === 'DoesNotExist' && value !== undefined) return false;
      if (operator === 'In' && !(value !== undefined && values.includes(value))) return false;
      if (operator === 'NotIn' && value !== undefined && values.includes(value)) return false;
    }
    return true;
  };
  const isPeer = (one: PolicyPeer, space: string, end: PolicyEnd): boolean => {
    if (one.kind === 'ipBlock') {
      const address = addressOf(end);
      return contains(one.cidr, address) && one.except.every((cut) => !contains(cut, address));
    }
    const other = podOf(end);
    if (other === undefined) return false;
    const namespace = objects.namespaces.find(({ meta: m }) => m.name === other.meta.namespace);
    if (one.namespaceSelector === undefined && other.meta.namespace !== space) return false;
    if (
      one.namespaceSelector !== undefined &&
      !holds(one.namespaceSelector, namespace?.meta.labels ?? new Map())
    )
      return false;
    return one.podSelector === undefined || holds(one.podSelector, other.meta.labels);
  };
  const isPort = (one: PolicyPort): boolean => {
    if (one.protocol !== protocol) return false;
    if (one.port === undefined) return true;
    if (typeof one.port === 'number') return one.port <= number && number <= (one.endPort ?? one.port);
    const names = (podOf(to)?.ports ?? []).filter(
      (own) => own.containerPort === number && own.protocol === protocol,
    );
    return names.some((own) => own.name === one.port);
  };
  const side = (own: PolicyEnd, other: PolicyEnd, direction: 'Ingress' | 'Egress'): boolean => {
    const subject = podOf(own);
    if (subject === undefined) return true;
    let isolated = false;
    for (const { meta: m, podSelector, policyTypes, ingress, egress } of objects.networkPolicies) {
      if (m.namespace !== subject.meta.namespace || !holds(podSelector, subject.meta.labels)) continue;
      if (!policyTypes.includes(direction)) continue;
      isolated = true;
      for (const { peers, ports } of direction === 'Ingress' ? ingress : egress) {
        const peered = peers.length === 0 || peers.some((one) => isPeer(one, m.namespace, other));
        if (peered && (ports.length === 0 || ports.some(isPort))) return true;
      }
    }
    return !isolated;
  };
  const target = podOf(to);
  const ownNode =
    target !== undefined &&
    podOf(from) === undefined &&
    NODES.some(({ name, ip: address }) => name === target.nodeName && address === addressOf(from));
  return { ingress: ownNode || side(to, from, 'Ingress'), egress: side(from, to, 'Egress') };
}

it('matrix, single judgement and a plain reading of the specification agree on every pair and port', () => {
  fc.assert(
    fc.property(cluster, (objects) => {
      const model = policyModel({ ...objects, nodes }, KUBE_ROUTER_MODES);
      const ends: PolicyEnd[] = [
        ...objects.pods.map((one): PolicyEnd => ({ kind: 'pod', pod: one })),
        { kind: 'address', ip: ip('198.51.100.9') },
        { kind: 'address', ip: ip('192.168.56.11') },
      ];
      const all = reachability(model, ends);
      for (const number of [80, 81, 8080]) {
        for (const protocol of PROTOCOLS) {
          const reach = all.on({ port: number, protocol });
          for (const [s, from] of ends.entries()) {
            for (const [d, to] of ends.entries()) {
              if (s === d) continue;
              const wanted = naive(objects, from, to, number, protocol);
              const verdict = judgeConnection(model, { from, to, port: number, protocol });
              expect({ ingress: verdict.ingress.allowed, egress: verdict.egress.allowed }).toEqual(wanted);
              expect({ ingress: reach.ingress(s, d), egress: reach.egress(s, d) }).toEqual(wanted);
              expect(verdict.allowed).toBe(wanted.ingress && wanted.egress);
            }
          }
        }
      }
    }),
    { seed: 20260801, numRuns: 150 },
  );
});
