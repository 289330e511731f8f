import { describe, expect, it } from 'vitest';
import { checkPolicies, judgeService, policyModel, serviceTargets } from '../../../src/intent/index.ts';
import type { Protocol } from '../../../src/k8s/index.ts';
import { answer } from '../../../src/trace/index.ts';
import { clusterOf } from '../../fixtures/objects.ts';
import {
  allowed,
  block,
  DB,
  end,
  judge,
  pod,
  policy,
  textOf,
  toDb,
  WEB,
} from '../../support/statement-cluster.ts';

/**
 * NetworkPolicy v1 statement by statement, in the order of its documentation: what is not said, isolation, rules.
 * (policy-limits.test.ts goes on from 20.)
 */

describe('what is not said', () => {
  it('1: policyTypes is Ingress, and Egress when there is an egress rule; an empty list is no rule', () => {
    const open = policy({ podSelector: {}, egress: [] });
    expect(judge([open], 'shop/web dev/web').egress).toBe(true);
    expect(judge([open], 'dev/web shop/web').ingress).toBe(false);
    const rule = policy({ podSelector: {}, egress: [{ to: [{ podSelector: {} }] }] });
    expect(judge([rule], 'shop/web dev/web').egress).toBe(false);
    const only = policy({ podSelector: {}, policyTypes: ['Egress'] });
    expect(judge([only], 'shop/web dev/web').egress).toBe(false);
    expect(judge([only], 'dev/web shop/web').ingress).toBe(true);
  });

  it('2: a port is TCP, and no podSelector is every pod of the namespace', () => {
    const rule = policy({ ingress: [{ ports: [{ port: 80 }] }] });
    expect(allowed([rule], 'dev/web shop/web:80/TCP')).toBe(true);
    expect(allowed([rule], 'dev/web shop/web:80/UDP')).toBe(false);
    expect(allowed([rule], 'dev/web shop/db:81')).toBe(false);
  });

  it('3: a namespace has its name as a label, also one that no manifest has', () => {
    const from = (name: string): object =>
      toDb({ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } }] });
    expect(allowed([from('dev')], 'dev/web shop/db')).toBe(true);
    expect(allowed([from('shop')], 'dev/web shop/db')).toBe(false);
    expect(allowed([from('default')], 'default/lone shop/db')).toBe(true);
  });

  it('4: a policy or pod without a namespace is in default', () => {
    const deny = policy({ podSelector: {} }, '');
    expect(allowed([deny], 'dev/web default/lone')).toBe(false);
    expect(allowed([deny], 'dev/web shop/db')).toBe(true);
  });
});

describe('isolation', () => {
  const deny = policy({ podSelector: DB });
  it('5: a pod that no policy of its namespace selects for a direction is open', () => {
    expect(allowed([deny], 'dev/web shop/web')).toBe(true);
    expect(allowed([deny], 'dev/web shop/db')).toBe(false);
    expect(allowed([deny], 'shop/db dev/web')).toBe(true);
    expect(allowed([policy({ podSelector: DB }, 'dev')], 'dev/web shop/db')).toBe(true);
  });

  it('6: rules of all policies add up, in any order', () => {
    const fromWeb = policy({ podSelector: DB, ingress: [{ from: [{ podSelector: WEB }] }] }, 'shop', 'q');
    for (const both of [
      [deny, fromWeb],
      [fromWeb, deny],
    ]) {
      expect(allowed(both, 'shop/web shop/db')).toBe(true);
      expect(allowed(both, 'dev/web shop/db')).toBe(false);
    }
  });

  it("7: a connection needs its source's egress and its destination's ingress", () => {
    const shut = policy({ podSelector: WEB, policyTypes: ['Egress'] }, 'shop', 'q');
    const open = toDb({});
    expect(judge([shut, open], 'shop/web shop/db')).toEqual({ allowed: false, ingress: true, egress: false });
    expect(judge([deny], 'shop/web shop/db')).toEqual({ allowed: false, ingress: false, egress: true });
    expect(judge([open], 'shop/web shop/db')).toEqual({ allowed: true, ingress: true, egress: true });
  });

  it('8: replies need no rule', () => {
    const mute = policy({ podSelector: DB, policyTypes: ['Egress'] });
    expect(allowed([mute], 'shop/web shop/db:5432')).toBe(true);
    const question = { source: 'pod/shop/web', destination: 'pod/shop/db:5432', namespace: 'shop' };
    const found = answer(clusterOf(textOf(mute)), question, { all: true });
    expect(found.ok && found.value.trace.verdict).toBe('delivered');
  });

  it('9: pods that have finished are neither targets nor peers', () => {
    const fromWeb = toDb({ from: [{ podSelector: WEB }] });
    const { objects } = clusterOf(textOf(fromWeb));
    // The address may be another's by now.
    expect(allowed([fromWeb], '10.244.1.30 shop/db')).toBe(false);
    const selects = policy({ podSelector: { matchLabels: { app: 'gone' } } });
    const gone = {
      ...pod('shop', 'gone', 'node1', '10.244.1.31', { app: 'gone' }),
      status: { phase: 'Failed' },
    };
    expect(checkPolicies(clusterOf(textOf(gone, selects)).objects).map(({ code }) => code)).toEqual([
      'PW330',
    ]);
    expect(objects.pods.some(({ meta }) => meta.name === 'done')).toBe(true);
  });
});

describe('rules', () => {
  it('10: no rule denies all, an empty rule allows all', () => {
    for (const spec of [{}, { ingress: [] }]) {
      expect(
        allowed([policy({ podSelector: DB, policyTypes: ['Ingress'], ...spec })], 'shop/web shop/db'),
      ).toBe(false);
    }
    expect(allowed([toDb({})], '198.51.100.9 shop/db:9/SCTP')).toBe(true);
    const egress = (rules: object): object => policy({ podSelector: WEB, policyTypes: ['Egress'], ...rules });
    expect(allowed([egress({ egress: [] })], 'shop/web 198.51.100.9')).toBe(false);
    expect(allowed([egress({ egress: [{}] })], 'shop/web 198.51.100.9')).toBe(true);
  });

  it('11: no peers are every peer, outside and nodes too', () => {
    for (const rule of [{ ports: [{ port: 80 }] }, { from: [], ports: [{ port: 80 }] }]) {
      for (const from of ['dev/web', '198.51.100.9', '192.168.56.11']) {
        expect(allowed([toDb(rule)], `${from} shop/db`)).toBe(true);
      }
    }
  });

  it('12: no ports are every port; a protocol alone is every port of it', () => {
    for (const rule of [{ from: [{ podSelector: {} }] }, { from: [{ podSelector: {} }], ports: [] }]) {
      expect(allowed([toDb(rule)], 'shop/web shop/db:1234/UDP')).toBe(true);
    }
    const udp = toDb({ ports: [{ protocol: 'UDP' }] });
    expect(allowed([udp], 'shop/web shop/db:1234/UDP')).toBe(true);
    expect(allowed([udp], 'shop/web shop/db:1234/TCP')).toBe(false);
  });

  it('13: a rule needs one of its peers and one of its ports; one rule of several is enough', () => {
    const rules = policy({
      podSelector: DB,
      ingress: [
        { from: [{ podSelector: WEB }, block('198.51.100.0/24')], ports: [{ port: 80 }, { port: 81 }] },
        { from: [{ podSelector: WEB }], ports: [{ port: 90 }] },
      ],
    });
    expect(
      ['shop/web shop/db:80', '198.51.100.9 shop/db:81', 'shop/web shop/db:90'].map((one) =>
        allowed([rules], one),
      ),
    ).toEqual([true, true, true]);
    expect(
      ['shop/web shop/db:82', '198.51.100.9 shop/db:90', 'dev/web shop/db:80'].map((one) =>
        allowed([rules], one),
      ),
    ).toEqual([false, false, false]);
  });

  it("14: podSelector is of the policy's namespace, namespaceSelector of all their pods, both together are both", () => {
    const dev = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'dev' } } };
    const who = (...from: object[]): boolean[] =>
      ['shop/web', 'shop/db-2', 'dev/web', 'default/lone', '198.51.100.9'].map((one) =>
        allowed([toDb({ from })], `${one} shop/db`),
      );
    expect(who({ podSelector: WEB })).toEqual([true, false, false, false, false]);
    expect(who({ podSelector: {} })).toEqual([true, true, false, false, false]);
    expect(who(dev)).toEqual([false, false, true, false, false]);
    expect(who({ ...dev, podSelector: DB })).toEqual([false, false, false, false, false]);
    expect(who({ ...dev, podSelector: WEB })).toEqual([false, false, true, false, false]);
    expect(who(dev, { podSelector: DB })).toEqual([false, true, true, false, false]);
    expect(who({ namespaceSelector: {} })).toEqual([true, true, true, true, false]);
    expect(who({ namespaceSelector: {}, podSelector: {} })).toEqual([true, true, true, true, false]);
  });

  it('15: operators; NotIn and DoesNotExist also of who has no such label; all of them together', () => {
    const who = (...matchExpressions: object[]): boolean[] =>
      ['shop/web', 'shop/db-2'].map((one) =>
        allowed([toDb({ from: [{ podSelector: { matchExpressions } }] })], `${one} shop/db`),
      );
    const tier = (operator: string, ...values: string[]): object => ({ key: 'tier', operator, values });
    expect(who(tier('In', 'front', 'back'))).toEqual([true, false]);
    expect(who(tier('NotIn', 'front'))).toEqual([false, true]);
    expect(who(tier('Exists'))).toEqual([true, false]);
    expect(who(tier('DoesNotExist'))).toEqual([false, true]);
    expect(who(tier('Exists'), tier('NotIn', 'front'))).toEqual([false, false]);
    const both = { podSelector: { ...WEB, matchExpressions: [tier('In', 'back')] } };
    expect(allowed([toDb({ from: [both] })], 'shop/web shop/db')).toBe(false);
  });

  it('16: a named port is looked up in each destination, with its protocol, and means nothing outside', () => {
    const sql = toDb({ ports: [{ port: 'sql' }] });
    const asked = ['shop/db:5432', 'shop/db:6543', 'shop/db-2:6543', 'shop/db-2:5432', 'shop/db:5432/UDP'];
    expect(asked.map((to) => allowed([sql], `shop/web ${to}`))).toEqual([true, false, true, false, false]);
    expect(allowed([toDb({ ports: [{ port: 'nobodys' }] })], 'shop/web shop/db:5432')).toBe(false);
    const out = policy({ podSelector: WEB, policyTypes: ['Egress'], egress: [{ ports: [{ port: 'sql' }] }] });
    expect(allowed([out], 'shop/web shop/db:5432')).toBe(true);
    expect(allowed([out], 'shop/web 198.51.100.9:5432')).toBe(false);
  });

  it('17: endPort is the last port; without support the first alone', () => {
    const range = toDb({ ports: [{ port: 5000, endPort: 5432 }] });
    const asked = [4999, 5000, 5432, 5433].map((port) => `shop/web shop/db:${port}`);
    expect(asked.map((one) => allowed([range], one))).toEqual([false, true, true, false]);
    expect(asked.map((one) => allowed([range], one, { endPort: 'first' }))).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });

  it('18: TCP, UDP and SCTP do not open each other', () => {
    const all: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
    for (const protocol of all) {
      const rule = toDb({ ports: [{ protocol, port: 5432 }] });
      expect(all.map((one) => allowed([rule], `shop/web shop/db:5432/${one}`))).toEqual(
        all.map((one) => one === protocol),
      );
    }
  });

  it("19: the port is the pod's, never the Service's", () => {
    const through = (port: number): number => {
      const { objects } = clusterOf(textOf(toDb({ ports: [{ port }] })));
      const [target] = serviceTargets(objects);
      if (target === undefined) throw new Error('no Service');
      return judgeService(policyModel(objects), end(objects, 'shop/web'), target).allowed;
    };
    expect([through(5432), through(3306)]).toEqual([2, 0]);
  });
});
