import { describe, expect, it } from 'vitest';
import { loadCluster, type NetworkPolicy } from '../../../src/k8s/index.ts';

function load(spec: object): { policy: NetworkPolicy | undefined; errors: string[] } {
  const text = JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p' },
    spec,
  });
  const { objects, diagnostics } = loadCluster([{ file: 'p.json', text }]);
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  return { policy: objects.networkPolicies[0], errors };
}

const EVERYBODY = { matchLabels: new Map(), matchExpressions: [] };

describe('a NetworkPolicy is defaulted as the API server does', () => {
  it.each([
    ['nothing said', {}, ['Ingress']],
    ['egress: []', { egress: [] }, ['Ingress']],
    ['an egress rule', { egress: [{}] }, ['Ingress', 'Egress']],
    ['Egress alone', { policyTypes: ['Egress'] }, ['Egress']],
    ['an empty list', { policyTypes: [], egress: [{}] }, ['Ingress', 'Egress']],
  ])('policyTypes: %s', (_, spec, types) => {
    const { policy, errors } = load(spec);
    expect(errors).toEqual([]);
    expect(policy?.policyTypes).toEqual(types);
  });

  it('selects all pods of namespace default where nothing is said', () => {
    const { policy } = load({});
    expect(policy?.podSelector).toEqual(EVERYBODY);
    expect(policy?.meta.namespace).toBe('default');
  });

  it('takes TCP for a port without protocol, and everybody for an empty list of peers', () => {
    const { policy } = load({ ingress: [{ from: [], ports: [{ port: 80 }] }] });
    expect(policy?.ingress).toEqual([{ peers: [], ports: [{ protocol: 'TCP', port: 80 }] }]);
  });
});

describe('a NetworkPolicy is refused in the words of the API server', () => {
  const ports = (port: object): object => ({ ingress: [{ ports: [port] }] });
  const from = (peer: object | null): object => ({ ingress: [{ from: [peer] }] });
  const block = (ipBlock: object): object => from({ ipBlock });
  it.each([
    [
      ports({ protocol: 'ICMP' }),
      'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
    ],
    [
      ports({ port: 0 }),
      'spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
    [
      ports({ port: '80' }),
      'spec.ingress[0].ports[0].port: Invalid value: "80": must contain at least one letter (a-z)',
    ],
    [
      ports({ port: 80, endPort: 79 }),
      'spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`',
    ],
    [
      ports({ endPort: 80 }),
      'spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is not specified',
    ],
    [
      ports({ port: 'web', endPort: 80 }),
      'spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric',
    ],
    [from({}), 'spec.ingress[0].from[0]: Required value: must specify a peer'],
    [from({ podSelector: null }), 'spec.ingress[0].from[0]: Required value: must specify a peer'],
    [
      from({ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }),
      'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
    ],
    [block({}), 'spec.ingress[0].from[0].ipBlock.cidr: Required value'],
    [
      block({ cidr: '10.0.0.0/33' }),
      'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      block({ cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] }),
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
    ],
    [
      block({ cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] }),
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    ],
    [
      { policyTypes: ['ingress'] },
      'spec.policyTypes[0]: Unsupported value: "ingress": supported values: "Ingress", "Egress"',
    ],
    [
      { policyTypes: ['Ingress', 'Egress', 'Ingress'] },
      'spec.policyTypes: Invalid value: ["Ingress", "Egress", "Ingress"]: may not specify more than two policyTypes',
    ],
    [
      { podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      "spec.podSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
    [
      { podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
      "spec.podSelector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    ],
    [
      { podSelector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } },
      'spec.podSelector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
    ],
  ])('%j', (spec, message) => {
    expect(load(spec).errors).toEqual([message]);
  });
});

it.each([
  [{ egress: [{ from: [{ podSelector: {} }] }] }, 'unknown field "spec.egress[0].from": it is ignored'],
  [{ ingress: [{ to: [{ podSelector: {} }] }] }, 'unknown field "spec.ingress[0].to": it is ignored'],
])('peers under the other key are told, since the rule is open without them: %j', (spec, message) => {
  const text = JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p' },
    spec,
  });
  const { diagnostics } = loadCluster([{ file: 'p.json', text }]);
  expect(diagnostics.filter(({ severity }) => severity === 'warning').map((d) => d.message)).toEqual([
    message,
  ]);
});
