import { describe, expect, it } from 'vitest';
import { checkPolicies } from '../../../src/intent/index.ts';
import { clusterOf } from '../../fixtures/objects.ts';

function pod(name: string, namespace: string, labels: object, spec: object = {}): object {
  const containers = [
    { name: 'c', image: 'registry.example/c', ports: [{ name: 'http', containerPort: 8080 }] },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { containers, ...spec },
  };
}

const WEB = pod('web', 'shop', { app: 'web' });
const OF_WEB = { podSelector: { matchLabels: { app: 'web' } } };

function findings(spec: object, ...others: readonly object[]) {
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'shop' },
    spec,
  };
  const text = [...others, policy].map((one) => JSON.stringify(one)).join('\n---\n');
  return checkPolicies(clusterOf(`# YAML\n${text}`).objects);
}

function told(spec: object, ...others: readonly object[]): string[] {
  return findings(spec, ...others).map(({ severity, code }) => `${severity} ${code}`);
}

describe('a policy that selects host-network pods', () => {
  const agent = pod('agent', 'shop', { app: 'agent' }, { hostNetwork: true });
  const spec = { podSelector: { matchLabels: { app: 'agent' } }, policyTypes: ['Ingress'] };

  it('is told that no policy protects them, never that no pod has the label', () => {
    for (const others of [[agent], [agent, WEB]]) {
      const [finding, ...more] = findings(spec, ...others);
      expect(more).toEqual([]);
      expect(finding?.severity).toBe('warning');
      expect(finding?.message).toBe(
        'NetworkPolicy shop/p: it selects one pod, a host-network pod, which no NetworkPolicy protects: shop/agent',
      );
    }
  });

  it('is noted where it selects others too', () => {
    expect(told({ podSelector: {}, policyTypes: ['Ingress'] }, agent, WEB)).toEqual(['note PW330']);
  });
});

describe('a policy that selects no pod', () => {
  it.each<[string, object, readonly object[]]>([
    ['without any pod in the input', { matchLabels: { app: 'web' } }, []],
    ['without any pod in its namespace', {}, [pod('x', 'other', { app: 'x' })]],
    ['that stands in many namespaces', { matchLabels: { app: 'web' } }, [pod('w', 'other', { app: 'web' })]],
    ['whose pods an operator labels', { matchLabels: { 'cnpg.io/cluster': 'pg' } }, [WEB]],
    ['by an expression', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, [WEB]],
  ])('%s is a note', (_, podSelector, others) => {
    expect(told({ podSelector, policyTypes: ['Ingress'] }, ...others)).toEqual(['note PW330']);
  });

  it.each<[string, object]>([
    ['a slip', { matchLabels: { app: 'wbe' } }],
    ['a slip in an expression', { matchExpressions: [{ key: 'app', operator: 'In', values: ['wbe'] }] }],
  ])('by %s is a warning', (_, podSelector) => {
    expect(told({ podSelector, policyTypes: ['Ingress'] }, WEB)).toEqual(['warning PW330']);
  });
});

describe('egress that cuts off DNS', () => {
  const kubeSystem = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } };
  const kubeDns = { ...kubeSystem, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } };
  const egress = (...rules: readonly object[]) => ({ ...OF_WEB, policyTypes: ['Egress'], egress: rules });

  it.each<[string, object]>([
    ['the named port of CoreDNS', { to: [kubeSystem], ports: [{ port: 'dns', protocol: 'UDP' }] }],
    ['its pods on any port', { to: [kubeDns] }],
    ['port 53 of everybody', { ports: [{ port: 53, protocol: 'UDP' }] }],
    ['UDP of its pods', { to: [kubeDns], ports: [{ protocol: 'UDP' }] }],
    ['a range that holds 53', { to: [kubeDns], ports: [{ port: 1, endPort: 1023, protocol: 'UDP' }] }],
    ['all addresses', { to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
    [
      'a NodeLocal cache',
      { to: [{ ipBlock: { cidr: '169.254.20.10/32' } }], ports: [{ port: 53, protocol: 'UDP' }] },
    ],
    ['everything', {}],
  ])('is not told where a rule opens %s', (_, rule) => {
    expect(told(egress(rule, { to: [{ podSelector: {} }] }), WEB)).toEqual([]);
  });

  it('is a warning where pods call pods and nothing opens it, or TCP alone', () => {
    const calls = { to: [{ podSelector: {} }] };
    expect(told(egress(calls), WEB)).toEqual(['warning PW336']);
    expect(told(egress(calls, { to: [kubeDns], ports: [{ port: 53 }] }), WEB)).toEqual(['warning PW336']);
  });

  it('is a note where it is meant: nothing is open, or addresses alone', () => {
    expect(told(egress(), WEB)).toEqual(['note PW336']);
    expect(told(egress({ to: [{ ipBlock: { cidr: '203.0.113.0/24' } }] }), WEB)).toEqual(['note PW336']);
  });

  it('is a note where the rule for DNS selects a namespace that the input does not show', () => {
    const rule = {
      to: [{ namespaceSelector: { matchLabels: { role: 'infrastructure' } } }],
      ports: [{ port: 53, protocol: 'UDP' }],
    };
    expect(told(egress(rule, { to: [{ podSelector: {} }] }), WEB)).toEqual(['note PW336']);
  });
});

describe('a namespaceSelector', () => {
  const from = (matchLabels: object) => ({
    ...OF_WEB,
    ingress: [{ from: [{ namespaceSelector: { matchLabels } }] }],
  });
  const namespace = (name: string, labels: object) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  });

  it('that looks for a name under another label is told the one that every namespace has', () => {
    const [finding] = findings(from({ name: 'kube-system' }), WEB);
    expect(finding?.code).toBe('PW316');
    expect(finding?.message).toContain('kube-system has no label "name", unless somebody gave it one');
    expect(finding?.fix).toBe('write kubernetes.io/metadata.name: kube-system');
  });

  it('that is a slip of a label of a Namespace is told', () => {
    expect(told(from({ team: 'paymnets' }), WEB, namespace('pay', { team: 'payments' }))).toEqual([
      'warning PW316',
    ]);
    expect(told(from({ 'kubernetes.io/metadata.name': 'kube-sytem' }), WEB)).toEqual(['warning PW316']);
  });

  it('that fits a Namespace, or one that is not in the input, is not told', () => {
    expect(told(from({ 'kubernetes.io/metadata.name': 'kube-system' }), WEB)).toEqual([]);
    expect(
      told(from({ name: 'kube-system' }), WEB, namespace('kube-system', { name: 'kube-system' })),
    ).toEqual([]);
    expect(told(from({ team: 'a' }), WEB)).toEqual([]);
    expect(told(from({ name: 'ingress-nginx' }), WEB)).toEqual([]);
  });
});

describe('rules of a direction that policyTypes leaves out', () => {
  it('are told, for they are not heeded', () => {
    const rule = { ports: [{ port: 53, protocol: 'UDP' }] };
    const [finding] = findings({ ...OF_WEB, policyTypes: ['Ingress'], egress: [rule] }, WEB);
    expect(finding?.code).toBe('PW317');
    expect(finding?.message).toContain('it has 1 egress rule, and policyTypes is Ingress: it is not heeded');
    expect(told({ ...OF_WEB, policyTypes: ['Egress'], ingress: [{}], egress: [rule] }, WEB)).toEqual([
      'warning PW317',
    ]);
    expect(told({ ...OF_WEB, egress: [rule] }, WEB)).toEqual([]);
  });
});

describe('ports of a rule', () => {
  const service = (port: number) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { app: 'web' }, ports: [{ port, targetPort: 8080 }] },
  });
  const dns = { ports: [{ port: 53, protocol: 'UDP' }] };

  it('that are a Service by accident are not told: everybody may have them', () => {
    const rule = { ports: [{ port: 443 }] };
    const spec = { ...OF_WEB, policyTypes: ['Egress'], egress: [rule, dns] };
    expect(told(spec, WEB, service(443))).toEqual([]);
    const others = { to: [{ podSelector: {} }], ports: [{ port: 443 }] };
    const mixed = { ...OF_WEB, policyTypes: ['Egress'], egress: [others, dns] };
    expect(told(mixed, WEB, service(443), pod('db', 'shop', { app: 'db' }))).toEqual([]);
  });

  it('by a name that pods which are not in the input may have are a note', () => {
    const rule = { to: [{ namespaceSelector: {} }], ports: [{ port: 'metrics' }] };
    const spec = { ...OF_WEB, policyTypes: ['Egress'], egress: [rule, dns] };
    expect(told(spec, WEB)).toEqual(['note PW335']);
    const chosen = { to: [OF_WEB], ports: [{ port: 'metrics' }] };
    expect(told({ ...OF_WEB, policyTypes: ['Egress'], egress: [chosen, dns] }, WEB)).toEqual([
      'warning PW335',
    ]);
  });

  it('of a block in a range that only podwalk assumes for Services are not told', () => {
    const block = (cidr: string) => ({ ...OF_WEB, ingress: [{ from: [{ ipBlock: { cidr } }] }] });
    expect(told(block('10.100.0.0/24'), WEB, service(80))).toEqual([]);
  });
});
