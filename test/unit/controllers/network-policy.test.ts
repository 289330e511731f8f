import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatIp } from '../../../src/addr/index.ts';
import { buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { printIpsetSave, printIptablesSave } from '../../../src/formats/index.ts';
import { loadCluster, type PolicyEnforcement } from '../../../src/k8s/index.ts';
import { commit, formatOrigin, type IpSet, type Netns, rulesetOf } from '../../../src/kernel/index.ts';
import { answer } from '../../../src/trace/index.ts';

const GOLDEN = new URL('../../golden/network-policy/', import.meta.url);

function golden(file: string): string {
  return readFileSync(new URL(file, GOLDEN), 'utf8');
}

function built(text: string, policy: PolicyEnforcement = 'kube-router', alone = false): Cluster {
  const loaded = loadCluster([{ file: 'cluster.yaml', text }], { policy });
  const cluster = buildCluster(
    loaded.objects,
    alone ? { programs: new Set(['network-policy'] as const) } : {},
  );
  expect([...loaded.diagnostics, ...cluster.diagnostics].filter((d) => d.severity === 'error')).toEqual([]);
  return cluster;
}

function nodeOf(cluster: Cluster, name: string): Netns {
  const found = [...cluster.world.netns.values()].find((netns) => netns.label === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function members(set: IpSet | undefined): string[] {
  return [...(set?.entries.values() ?? [])].map(({ fields: [field], nomatch }) => {
    const text = field?.kind === 'ip' || field?.kind === 'net' ? formatIp(field.ip) : '?';
    const length = field?.kind === 'net' ? `/${field.length}` : '';
    return `${text}${length}${nomatch ? ' nomatch' : ''}`;
  });
}

const CLUSTER = golden('cluster.yaml');

describe.each(['node1', 'node2'])('what the controller writes on %s', (name) => {
  const node = nodeOf(built(CLUSTER, 'kube-router', true), name);

  test('is, as iptables-save, ip6tables-save and ipset save print it, what kube-router v2.9.0 would write', () => {
    expect(printIptablesSave(rulesetOf(node, 4))).toBe(golden(`${name}.iptables-save`));
    expect(printIptablesSave(rulesetOf(node, 6))).toBe(golden(`${name}.ip6tables-save`));
    expect(printIpsetSave(node.sets.values())).toBe(golden(`${name}.ipset-save`));
  });

  test('says of each rule and each element which object it is for', () => {
    const table = rulesetOf(node, 4).tables.get('filter');
    const origins = [...(table?.chains.values() ?? [])].flatMap(({ rules }) =>
      rules.map((r) => formatOrigin(r.origin)),
    );
    expect(origins).toContain('NetworkPolicy shop/both spec.ingress[0].ports[1] (network-policy)');
    expect(origins).toContain('NetworkPolicy shop/both spec.egress[2].ports[0] (network-policy)');
    const elements = [...node.sets.values()].flatMap(({ entries }) =>
      [...entries.values()].map((e) => formatOrigin(e.origin)),
    );
    expect(elements).toContain('Pod dev/client status.podIPs (network-policy)');
    expect(elements).toContain(
      'NetworkPolicy shop/both spec.ingress[0].from[1].ipBlock.except[0] (network-policy)',
    );
  });
});

describe('the controller among the other programs', () => {
  const cluster = built(CLUSTER);

  test('is first in the built-in chains, whatever kube-proxy and kubelet have put there', () => {
    for (const chain of ['INPUT', 'FORWARD', 'OUTPUT']) {
      const [first, ...rest] =
        rulesetOf(nodeOf(cluster, 'node1'), 4).tables.get('filter')?.chains.get(chain)?.rules ?? [];
      expect(first?.target).toEqual({ kind: 'jump', chain: `KUBE-ROUTER-${chain}` });
      expect(rest.length).toBeGreaterThan(0);
    }
  });

  test('keeps sets and chains of policies once for all nodes, until one of them changes a set by hand', () => {
    const [one, two] = [nodeOf(cluster, 'node1'), nodeOf(cluster, 'node2')];
    const [name = ''] = one.sets.keys();
    expect(one.sets.get(name)).toBe(two.sets.get(name));
    const before = members(two.sets.get(name));
    expect(commit(cluster.world, [{ op: 'ipset-flush', netns: one.id, name }])).toBeUndefined();
    expect(members(one.sets.get(name))).toEqual([]);
    expect(members(two.sets.get(name))).toEqual(before);
    expect([...one.sets.keys()]).toEqual([...two.sets.keys()]);
  });

  test('does nothing where there are no policies, or nobody enforces them', () => {
    const without = CLUSTER.split('---\n')
      .filter((text) => !text.includes('kind: NetworkPolicy'))
      .join('---\n');
    for (const other of [built(without), built(CLUSTER, 'none')]) {
      const node = nodeOf(other, 'node1');
      expect(node.sets.size).toBe(0);
      expect(rulesetOf(node, 4).tables.get('filter')?.chains.has('KUBE-ROUTER-FORWARD')).toBe(false);
    }
  });
});

test('a walk says when policies stand and nobody enforces them', () => {
  const question = { source: 'pod/dev/client', destination: 'pod/shop/db:5432', namespace: 'default' };
  const walk = (policy: PolicyEnforcement): unknown => {
    const result = answer(built(CLUSTER, policy), question, { all: true });
    if (!result.ok) throw new Error('no answer');
    const { verdict, paths, notes } = result.value.trace;
    return [verdict, paths.map(({ reason }) => reason), notes];
  };
  expect(walk('kube-router')).toEqual(['refused', ['POLICY'], undefined]);
  expect(walk('none')).toEqual([
    'delivered',
    ['OK'],
    ['the 4 NetworkPolicies are not enforced (--policy none), as on a cluster with flannel alone'],
  ]);
});

test('sets have the names that kube-router gives them', () => {
  // The names of its own fixture: two policies, both families.
  const cluster = built(
    `
apiVersion: v1
kind: Node
metadata: { name: node1 }
spec: { podCIDRs: [10.244.1.0/24, 'fd00:10:244:1::/64'] }
---
apiVersion: v1
kind: Pod
metadata: { name: whoami, labels: { name: whoami } }
spec: { nodeName: node1, containers: [{ name: c, image: x }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: debug }
spec:
  podSelector: { matchLabels: { name: debug-toolbox } }
  policyTypes: [Egress]
  egress: [{ to: [{ podSelector: { matchLabels: { name: whoami } } }] }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: whoami }
spec:
  podSelector: { matchLabels: { name: whoami } }
  ingress:
    - from: [{ podSelector: { matchLabels: { name: debug-toolbox } } }, { ipBlock: { cidr: 10.95.0.239/32 } }]
      ports: [{ port: 5000 }]
`,
  );
  expect([...nodeOf(cluster, 'node1').sets.keys()]).toEqual([
    'KUBE-DST-IZ5JGF4W6BKI7CEV',
    'KUBE-DST-P226T6HGLTLDGDLC',
    'KUBE-SRC-C2EUPKL23CCP4COF',
    'KUBE-SRC-KLLOHJLFVAV654Z2',
    'inet6:KUBE-DST-GZIEGRFLGG6BN3N7',
    'inet6:KUBE-DST-KSECZGZUJPU4SKA3',
    'inet6:KUBE-SRC-VY6KNKQ4BF6Y4J2K',
  ]);
});

test('of a block that another block of its rule leaves out, the later of the two stands', () => {
  const policy = (blocks: string): string => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: p }
spec: { podSelector: {}, ingress: [{ from: [${blocks}] }] }
`;
  const wide = '{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }';
  const narrow = '{ ipBlock: { cidr: 10.1.0.0/16 } }';
  const blocksOf = (text: string): string[] =>
    members([...nodeOf(built(text), 'node1').sets.values()].find(({ type }) => type === 'hash:net'));
  expect(blocksOf(policy(`${wide}, ${narrow}`))).toEqual(['10.0.0.0/8', '10.1.0.0/16']);
  expect(blocksOf(policy(`${narrow}, ${wide}`))).toEqual(['10.1.0.0/16 nomatch', '10.0.0.0/8']);
});

/** A pod on node1, for policies that are odd. */
const ODD_POD = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { nodeName: node1, containers: [{ name: c, image: x, ports: [{ name: http, containerPort: 8080 }] }] }
`;

function oddPolicy(name: string, spec: object): string {
  const object = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec };
  return `${ODD_POD}---\n${JSON.stringify(object)}\n`;
}

test('of a comment that is longer than iptables takes the beginning stays, as in the kernel', () => {
  const name = 'p'.repeat(250);
  const node = nodeOf(built(oddPolicy(name, { podSelector: {}, ingress: [{}] })), 'node1');
  const lines = printIptablesSave(rulesetOf(node, 4)).split('\n');
  const [line] = lines.filter((text) => text.includes('from all sources'));
  const text = `rule to ACCEPT traffic from all sources to dest pods selected by policy name: ${name}`;
  expect(line).toContain(`--comment "${text.slice(0, 255)}" -m set`);
});

test('a rule takes hundreds of blocks, each an element', () => {
  const from = Array.from({ length: 600 }, (_, i) => ({
    ipBlock: {
      cidr: `10.${Math.floor(i / 256)}.${i % 256}.0/24`,
      except: [`10.${Math.floor(i / 256)}.${i % 256}.128/25`],
    },
  }));
  const cluster = built(oddPolicy('many', { podSelector: {}, ingress: [{ from }] }));
  const nets = [...nodeOf(cluster, 'node1').sets.values()].find(({ type }) => type === 'hash:net');
  expect(members(nets)).toHaveLength(1200);
});

test('IPv6 blocks are nothing where there is no IPv6, and their rule lets nobody in', () => {
  const from = [{ ipBlock: { cidr: '2001:db8::/32', except: ['2001:db8:1::/48'] } }];
  const cluster = built(oddPolicy('six', { podSelector: {}, ingress: [{ from }] }));
  const { sets } = nodeOf(cluster, 'node1');
  expect([...sets.values()].map(({ type }) => type)).toEqual(['hash:ip']);
  const other = { source: 'node/node2', destination: 'pod/web:8080', namespace: 'default' };
  const refused = answer(cluster, other, { all: true });
  expect(refused.ok && refused.value.trace.paths.map(({ reason }) => reason)).toEqual(['POLICY']);
});

test('a named port is a set of pods for each number that it has', () => {
  const other = ODD_POD.replace('name: web, labels', 'name: web-2, labels').replace('8080', '9090');
  const caller = ODD_POD.replace('name: web, labels: { app: web }', 'name: caller');
  const policy = oddPolicy('named', {
    podSelector: { matchLabels: { app: 'web' } },
    ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 'http' }] }],
  });
  const cluster = built([policy, other, caller].join('---'));
  const verdict = (to: string): string => {
    const question = { source: 'pod/caller', destination: `pod/${to}`, namespace: 'default' };
    const found = answer(cluster, question, { all: true });
    return found.ok ? (found.value.trace.paths[0]?.reason ?? '') : 'no walk';
  };
  expect(['web:8080', 'web:9090', 'web-2:8080', 'web-2:9090'].map(verdict)).toEqual([
    'OK',
    'POLICY',
    'POLICY',
    'OK',
  ]);
});
