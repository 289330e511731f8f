import { describe, expect, it } from 'vitest';
import { ip } from '../../../src/addr/index.ts';
import type { Cluster } from '../../../src/cluster/index.ts';
import {
  type Connection,
  judgeConnection,
  KUBE_ROUTER_MODES,
  type PolicyEnd,
  type PolicyModes,
  policyModel,
} from '../../../src/intent/index.ts';
import { answer, type Question, type Verdict } from '../../../src/trace/index.ts';
import { clusterOf } from '../../fixtures/objects.ts';
import { askedOf, DIFFERENCES, exampleText } from '../../support/policy-differences.ts';

/** That kube-router parts from the specification where the list says so, and nowhere by accident: one example each. */

function podEnd({ objects }: Cluster, name: string): PolicyEnd {
  const pod = objects.pods.find(({ meta }) => `${meta.namespace}/${meta.name}` === name);
  if (pod === undefined) throw new Error(name);
  return { kind: 'pod', pod };
}

function judge(cluster: Cluster, connection: Connection, modes: Partial<PolicyModes> = {}): boolean {
  const model = policyModel(cluster.objects, { ...KUBE_ROUTER_MODES, ...modes });
  return judgeConnection(model, connection).allowed;
}

function walked(cluster: Cluster, question: Omit<Question, 'namespace'>): Verdict | 'mixed' {
  const found = answer(cluster, { namespace: 'default', ...question }, { all: true });
  if (!found.ok) throw new Error(question.destination);
  return found.value.trace.verdict;
}

describe('where the datapath parts from the specification', () => {
  it.each(DIFFERENCES.map((one) => [one.name, one] as const))('%s', (_, { effect, shows, example }) => {
    const { policies, from, to, port } = example;
    const cluster = clusterOf(exampleText(policies));
    const ends = { from: podEnd(cluster, from), to: podEnd(cluster, to) };
    const verdict = judgeConnection(policyModel(cluster.objects), { ...ends, port, protocol: 'TCP' });
    const way = walked(cluster, { source: `pod/${from}`, destination: `pod/${to}:${port}` });
    const opens = way === 'delivered' && !verdict.allowed;
    const closes = way === 'refused' && verdict.allowed;
    expect(opens || closes).toBe(true);
    if (effect !== 'either') expect(opens ? 'opens' : 'closes').toBe(effect);
    const sides = [verdict.ingress, verdict.egress];
    const asked = sides.some((side) => shows(askedOf(cluster.objects, side, { ...ends, port })));
    expect(asked).toBe(true);
  });
});

const DENY = { podSelector: { matchLabels: { app: 'b' } }, policyTypes: ['Ingress'] };
const service = (name: string, to: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { clusterIP: '10.96.0.50', selector: { app: to }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
});

describe('what the specification leaves open, and the datapath decides', () => {
  it("a pod's own node is let through, another node is not", () => {
    const cluster = clusterOf(exampleText([DENY]));
    for (const [name, address, verdict] of [
      ['node2', '192.168.56.12', 'delivered'],
      ['node1', '192.168.56.11', 'refused'],
    ] as const) {
      const from: PolicyEnd = { kind: 'address', ip: ip(address) };
      const allowed = judge(cluster, { from, to: podEnd(cluster, 'default/b'), port: 8080, protocol: 'TCP' });
      expect([walked(cluster, { source: `node/${name}`, destination: 'pod/b:8080' }), allowed]).toEqual([
        verdict,
        verdict === 'delivered',
      ]);
    }
  });

  it('the mark has no direction: of a hairpin either side lets it through, where both would be needed', () => {
    const cluster = clusterOf(exampleText([DENY], [service('self', 'b')]));
    const self = podEnd(cluster, 'default/b');
    const connection = { from: self, to: self, port: 8080, protocol: 'TCP', viaService: true } as const;
    expect(walked(cluster, { source: 'pod/b', destination: 'svc/self' })).toBe('delivered');
    expect(judge(cluster, connection)).toBe(true);
    expect(judge(cluster, connection, { hairpin: 'both' })).toBe(false);
  });

  it('a rejected client is refused at once', () => {
    const cluster = clusterOf(exampleText([DENY]));
    const found = answer(
      cluster,
      { source: 'pod/a', destination: 'pod/b:8080', namespace: 'default' },
      { all: true },
    );
    const [path] = found.ok ? found.value.trace.paths : [];
    expect(path).toMatchObject({ verdict: 'refused', reason: 'POLICY', errno: 'ECONNREFUSED' });
  });

  it('ping passes every policy', () => {
    const nothing = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
    const cluster = clusterOf(exampleText([nothing]));
    expect(walked(cluster, { source: 'pod/a', destination: 'pod/b', protocol: 'icmp' })).toBe('delivered');
    expect(walked(cluster, { source: 'pod/a', destination: 'pod/b:8080' })).toBe('refused');
  });

  it("an ipBlock meets what masquerading has left of a client's address", () => {
    const client = '192.168.56.100';
    const from = [{ ipBlock: { cidr: `${client}/32` } }];
    const exposed = service('exposed', 'b', {
      type: 'NodePort',
      ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
    });
    const cluster = clusterOf(exampleText([{ ...DENY, ingress: [{ from }] }], [exposed]));
    const end: PolicyEnd = { kind: 'address', ip: ip(client) };
    expect(judge(cluster, { from: end, to: podEnd(cluster, 'default/b'), port: 8080, protocol: 'TCP' })).toBe(
      true,
    );
    const through = (node: string): string =>
      walked(cluster, { source: 'external', destination: `node/${node}:30080` });
    expect([through('node2'), through('node1')]).toEqual(['delivered', 'refused']);
  });
});
