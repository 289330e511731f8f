import { describe, expect, it } from 'vitest';
import {
  judgeConnection,
  judgeService,
  KUBE_ROUTER_MODES,
  type PolicyModes,
  policyModel,
  serviceTargets,
} from '../../../src/intent/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import { answer } from '../../../src/trace/index.ts';
import { clusterOf } from '../../fixtures/objects.ts';
import { allowed, block, DB, end, policy, textOf, toDb, WEB } from '../../support/statement-cluster.ts';

/**
 * NetworkPolicy v1 statement by statement, in the order of its documentation: blocks, nodes and
 * hosts, what the API server rejects. (policy-statements.test.ts has 1 to 19, test/unit/k8s/network-policy.test.ts every message.)
 */

function errorsOf(spec: object): string[] {
  const { diagnostics } = loadCluster([{ file: 'p.json', text: textOf(policy(spec)) }]);
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

describe('blocks', () => {
  it('20: except cuts from its own block only, and blocks hold pods too', () => {
    const wide = block('10.244.0.0/16', '10.244.1.0/24');
    const asked = ['shop/web shop/db', 'default/lone shop/db'];
    expect(asked.map((one) => allowed([toDb({ from: [wide] })], one))).toEqual([false, true]);
    expect(asked.map((one) => allowed([toDb({ from: [wide, block('10.244.1.10/32')] })], one))).toEqual([
      true,
      true,
    ]);
    const second = policy({ podSelector: DB, ingress: [{ from: [block('10.244.1.0/24')] }] }, 'shop', 'q');
    expect(asked.map((one) => allowed([toDb({ from: [wide] }), second], one))).toEqual([true, true]);
  });

  it('21: egress to a Service is judged behind DNAT, or before it as well', () => {
    const through = (cidr: string, serviceAddress: PolicyModes['serviceAddress']): number => {
      const out = policy({ podSelector: WEB, policyTypes: ['Egress'], egress: [{ to: [block(cidr)] }] });
      const { objects } = clusterOf(textOf(out));
      const [target] = serviceTargets(objects);
      if (target === undefined) throw new Error('no Service');
      const model = policyModel(objects, { ...KUBE_ROUTER_MODES, serviceAddress });
      return judgeService(model, end(objects, 'shop/web'), target).allowed;
    };
    expect([through('10.96.0.0/12', 'after-dnat'), through('10.244.0.0/16', 'after-dnat')]).toEqual([0, 2]);
    expect([through('10.244.0.0/16', 'before-dnat'), through('10.0.0.0/8', 'before-dnat')]).toEqual([0, 2]);
  });
});

describe('nodes, itself, the host network', () => {
  const deny = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  it("22: a pod's own node is let through, another is judged", () => {
    expect(allowed([deny], '192.168.56.12 shop/db')).toBe(true);
    expect(allowed([deny], '192.168.56.11 shop/db')).toBe(false);
    expect(allowed([toDb({ from: [block('192.168.56.11/32')] })], '192.168.56.11 shop/db')).toBe(true);
  });

  it('23: a pod cannot block itself by its own address; through its Service either side decides, or both, or none', () => {
    expect(allowed([deny], 'shop/db shop/db:5432')).toBe(true);
    const through = (policies: object, hairpin: PolicyModes['hairpin']): boolean => {
      const { objects } = clusterOf(textOf(policies));
      const self = end(objects, 'shop/db');
      const model = policyModel(objects, { ...KUBE_ROUTER_MODES, hairpin });
      return judgeConnection(model, { from: self, to: self, port: 5432, protocol: 'TCP', viaService: true })
        .allowed;
    };
    const modes = ['either', 'both', 'allowed'] as const;
    expect(modes.map((mode) => through(deny, mode))).toEqual([false, false, true]);
    expect(modes.map((mode) => through(policy({ podSelector: DB }), mode))).toEqual([true, false, true]);
  });

  it('24: a host-network pod is its node: no target, a peer by address only; or a pod like others', () => {
    expect(allowed([deny], 'dev/web shop/agent:9100')).toBe(true);
    expect(allowed([toDb({ from: [{ podSelector: WEB }] })], 'shop/agent shop/db')).toBe(false);
    expect(allowed([toDb({ from: [block('192.168.56.11/32')] })], 'shop/agent shop/db')).toBe(true);
    expect(allowed([deny], 'dev/web shop/agent:9100', { hostNetwork: 'pod' })).toBe(false);
    expect(
      allowed([toDb({ from: [{ podSelector: WEB }] })], 'shop/agent shop/db', { hostNetwork: 'pod' }),
    ).toBe(true);
  });

  it('25 and 26: what lives on and what comes late is time; every connection here is a first packet under all policies', () => {
    const cluster = clusterOf(textOf(deny));
    const question = { source: 'pod/dev/web', destination: 'pod/shop/db:5432', namespace: 'shop' };
    for (let i = 0; i < 2; i++) {
      const found = answer(cluster, question, { all: true });
      expect(found.ok && found.value.trace.verdict).toBe('refused');
    }
  });
});

describe('what the API server rejects', () => {
  const port = (words: object): object => ({ ingress: [{ ports: [words] }] });
  const from = (peer: unknown): object => ({ ingress: [{ from: [peer] }] });
  const selector = (words: object): object => ({
    podSelector: { matchExpressions: [{ key: 'a', ...words }] },
  });
  it.each<[string, object, string]>([
    [
      '27: another protocol',
      port({ protocol: 'ICMP' }),
      'Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
    ],
    ['28: a number that is no port', port({ port: 65_536 }), 'must be between 1 and 65535, inclusive'],
    [
      '28: a name of more than 15 characters',
      port({ port: 'a-very-long-name' }),
      'must be no more than 15 characters',
    ],
    ['28: a name without a letter', port({ port: '8080' }), 'must contain at least one letter (a-z)'],
    ['29: endPort below port', port({ port: 80, endPort: 79 }), 'must be greater than or equal to `port`'],
    ['29: endPort alone', port({ endPort: 80 }), 'may not be specified when `port` is not specified'],
    [
      '29: endPort with a name',
      port({ port: 'web', endPort: 80 }),
      'may not be specified when `port` is non-numeric',
    ],
    ['30: an empty peer', from({}), 'Required value: must specify a peer'],
    [
      '30: a block and a selector',
      from({ ...block('10.0.0.0/8'), podSelector: {} }),
      'may not specify both ipBlock and another peer',
    ],
    ['31: a block without cidr', from({ ipBlock: {} }), 'ipBlock.cidr: Required value'],
    ['31: a bad cidr', from(block('10.0.0.0/33')), 'must be a valid CIDR value'],
    [
      '31: except as large as its block',
      from(block('10.0.0.0/8', '10.0.0.0/8')),
      'must be a strict subset of `cidr`',
    ],
    [
      '31: except elsewhere',
      from(block('10.0.0.0/8', '192.168.0.0/16')),
      'must be a strict subset of `cidr`',
    ],
    [
      '32: another type',
      { policyTypes: ['ingress'] },
      'Unsupported value: "ingress": supported values: "Ingress", "Egress"',
    ],
    [
      '32: three types',
      { policyTypes: ['Ingress', 'Egress', 'Egress'] },
      'may not specify more than two policyTypes',
    ],
    [
      '33: In without values',
      selector({ operator: 'In' }),
      "must be specified when `operator` is 'In' or 'NotIn'",
    ],
    [
      '33: Exists with values',
      selector({ operator: 'Exists', values: ['b'] }),
      "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    ],
    ['33: another operator', selector({ operator: 'Equals' }), 'not a valid selector operator'],
    [
      '34: a null selector is none, and the peer empty',
      from({ podSelector: null }),
      'Required value: must specify a peer',
    ],
  ])('%s', (_, spec, message) => {
    const errors = errorsOf(spec);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
  });

  it('34: an empty list of peers is every peer, a list of an empty peer is an error', () => {
    expect(errorsOf({ ingress: [{ from: [] }] })).toEqual([]);
    expect(allowed([toDb({ from: [] })], '198.51.100.9 shop/db')).toBe(true);
  });
});
