import { describe, expect, it } from 'vitest';
import { type Break, buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { diagnose, unenforced, type Walked } from '../../../src/intent/index.ts';
import { type LoadOptions, loadCluster } from '../../../src/k8s/index.ts';
import { rulesetOf } from '../../../src/kernel/index.ts';
import { paintFor, renderText } from '../../../src/render/walk/index.ts';
import { answer, decisionsOf, type Question } from '../../../src/trace/index.ts';

/**
 * What a walk and its diagnosis say of NetworkPolicies. Nothing here is at fault but what `--break` broke: a policy
 * that denies is meant to, and what is proposed says how to allow it; every proposal was walked again.
 */
const SHOP = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { team: shop } }
---
apiVersion: v1
kind: Namespace
metadata: { name: dev, labels: { team: dev } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { nodeName: node1, containers: [{ name: c, image: x, ports: [{ name: http, containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: db, namespace: shop, labels: { app: db } }
spec: { nodeName: node2, containers: [{ name: c, image: x, ports: [{ name: sql, containerPort: 5432 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: test, namespace: dev, labels: { app: test, pod-template-hash: abc12 } }
spec: { nodeName: node1, containers: [{ name: c, image: x }] }
---
apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { type: NodePort, clusterIP: 10.96.0.20, selector: { app: db }, ports: [{ port: 3306, targetPort: sql, nodePort: 30306 }] }
`;

function policy(namespace: string, name: string, spec: string): string {
  return `---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: ${spec}\n`;
}

/** Of the database: who may ask it. */
function forDb(name: string, ingress: string): string {
  return policy('shop', name, `{ podSelector: { matchLabels: { app: db } }, ingress: ${ingress} }`);
}

const DENY_ALL = policy('shop', 'deny-all', '{ podSelector: {}, policyTypes: [Ingress, Egress] }');
const DNS_ONLY = policy(
  'dev',
  'dns-only',
  '{ podSelector: {}, policyTypes: [Egress], egress: [{ ports: [{ port: 53, protocol: UDP }] }] }',
);
const FROM_WEB = forDb(
  'from-web',
  '[{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: sql }] }]',
);

function clusterOf(text: string, breaks: readonly Break[] = [], options: LoadOptions = {}): Cluster {
  const loaded = loadCluster([{ file: 'shop.yaml', text: SHOP + text }], options);
  expect(loaded.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return buildCluster(loaded.objects, { breaks });
}

const ASKS: Question = { source: 'dev/test', destination: 'svc/shop/db', namespace: 'default' };

function walk(cluster: Cluster, ask: Partial<Question> = {}): Walked {
  const question = { ...ASKS, ...ask };
  const options = { all: true };
  const result = answer(cluster, question, options);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return { question, options, trace: result.value.trace };
}

const PEER_TEST =
  '{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: dev } }, podSelector: { matchLabels: { app: test } } }';

interface Case {
  readonly policies: string;
  readonly ask?: Partial<Question>;
  /** The pod and direction that denied, and what is said of the nearest rule. */
  readonly denied: string;
  readonly miss: string;
  readonly allow: string;
}

const CASES: Readonly<Record<string, Case>> = {
  'a selector that names other pods of the own namespace': {
    policies: FROM_WEB,
    denied: 'ingress of shop/db: denied: isolated by shop/from-web, and no rule allows dev/test on 5432/TCP',
    miss: 'shop/from-web 0 peer: dev/test is no such peer: from is pods app=web in namespace shop (its namespace is dev, and the pod has app=test, not web)',
    allow: `NetworkPolicy shop/from-web: add ${PEER_TEST} to spec.ingress[0].from`,
  },
  'a default deny without any rule': {
    policies: DENY_ALL,
    denied: 'ingress of shop/db: denied: isolated by shop/deny-all, and no rule allows dev/test on 5432/TCP',
    miss: 'shop/deny-all null both: it has no ingress rule: it denies all',
    allow: `NetworkPolicy shop/deny-all: add { from: [${PEER_TEST}], ports: [{ port: 5432, protocol: TCP }] } to spec.ingress`,
  },
  'a policy with egress only': {
    policies: DNS_ONLY,
    denied: 'egress of dev/test: denied: isolated by dev/dns-only, and no rule allows shop/db on 5432/TCP',
    miss: 'dev/dns-only 0 port: the peer matches, 5432/TCP does not: ports are 53/UDP',
    allow: 'NetworkPolicy dev/dns-only: add { port: 5432, protocol: TCP } to spec.egress[0].ports',
  },
  'egress and ingress that both deny, with an edit of each': {
    policies: DENY_ALL + DNS_ONLY,
    denied: 'egress of dev/test: denied: isolated by dev/dns-only, and no rule allows shop/db on 5432/TCP',
    miss: 'dev/dns-only 0 port: the peer matches, 5432/TCP does not: ports are 53/UDP',
    allow: `NetworkPolicy dev/dns-only: add { port: 5432, protocol: TCP } to spec.egress[0].ports; NetworkPolicy shop/deny-all: add { from: [${PEER_TEST}], ports: [{ port: 5432, protocol: TCP }] } to spec.ingress`,
  },
  'a name of a port that nobody has': {
    policies: forDb('named', '[{ ports: [{ port: mysql }] }]'),
    denied: 'ingress of shop/db: denied: isolated by shop/named, and no rule allows dev/test on 5432/TCP',
    miss: 'shop/named 0 port: the peer matches, 5432/TCP does not: ports are mysql/TCP (shop/db has no port of that name)',
    allow: 'NetworkPolicy shop/named: add { port: 5432, protocol: TCP } to spec.ingress[0].ports',
  },
  'a block that leaves the address out': {
    policies: forDb('block', '[{ from: [{ ipBlock: { cidr: 10.244.0.0/16, except: [10.244.1.0/24] } }] }]'),
    denied: 'ingress of shop/db: denied: isolated by shop/block, and no rule allows dev/test on 5432/TCP',
    miss: 'shop/block 0 peer: dev/test is no such peer: from is 10.244.0.0/16 except 10.244.1.0/24 (10.244.1.3 is in the exception 10.244.1.0/24)',
    allow: `NetworkPolicy shop/block: add ${PEER_TEST} to spec.ingress[0].from`,
  },
  'one peer with two selectors of which one matches': {
    policies: forDb(
      'both',
      '[{ from: [{ namespaceSelector: { matchLabels: { team: ops } }, podSelector: { matchLabels: { app: test } } }] }]',
    ),
    denied: 'ingress of shop/db: denied: isolated by shop/both, and no rule allows dev/test on 5432/TCP',
    miss: 'shop/both 0 peer: dev/test is no such peer: from is pods app=test in namespaces team=ops (its namespace dev has team=dev, not ops; one peer with both selectors needs both, as two peers either would do)',
    allow: `NetworkPolicy shop/both: add ${PEER_TEST} to spec.ingress[0].from`,
  },
  "the Service's port where the pod's is meant": {
    policies: forDb('service-port', '[{ from: [{ namespaceSelector: {} }], ports: [{ port: 3306 }] }]'),
    denied:
      'ingress of shop/db: denied: isolated by shop/service-port, and no rule allows dev/test on 5432/TCP',
    miss: "shop/service-port 0 port: the peer matches, 5432/TCP does not: ports are 3306/TCP; 3306 is the Service's port (10.96.0.20:3306), policies see the pod's, after DNAT",
    allow: 'NetworkPolicy shop/service-port: write 5432 in place of 3306 in spec.ingress[0].ports[0].port',
  },
  "the Service's address where the pod's is meant": {
    policies: policy(
      'dev',
      'services',
      '{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 10.96.0.0/12 } }] }] }',
    ),
    denied: 'egress of dev/test: denied: isolated by dev/services, and no rule allows shop/db on 5432/TCP',
    miss: 'dev/services 0 peer: shop/db is no such peer: to is 10.96.0.0/12 (10.244.2.2 is outside; it holds 10.96.0.20, but policies see what DNAT makes of it)',
    allow:
      'NetworkPolicy dev/services: add { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }, podSelector: { matchLabels: { app: db } } } to spec.egress[0].to',
  },
  'a client outside whose address masquerading hides': {
    policies: FROM_WEB,
    ask: { source: 'external', destination: 'node/node1:30306' },
    denied:
      'ingress of shop/db: denied: isolated by shop/from-web, and no rule allows 10.244.1.0 (node1), masqueraded for 192.168.56.100, on 5432/TCP',
    miss: 'shop/from-web 0 peer: 10.244.1.0 (node1), masqueraded for 192.168.56.100, is no such peer: from is pods app=web in namespace shop (it is no pod)',
    allow: 'NetworkPolicy shop/from-web: add { ipBlock: { cidr: 10.244.1.0/32 } } to spec.ingress[0].from',
  },
};

describe('a walk that NetworkPolicies end', () => {
  it.each(Object.entries(CASES))('names rule, selector or port, and what would allow it: %s', (_, given) => {
    const cluster = clusterOf(given.policies);
    const walked = walk(cluster, given.ask);
    const [path] = walked.trace.paths;
    expect([path?.verdict, path?.reason, path?.errno]).toEqual(['refused', 'POLICY', 'ECONNREFUSED']);
    const denied = decisionsOf(path?.hops ?? []).filter(({ verdict }) => verdict === 'denied');
    expect(denied.map(({ text }) => text)).toEqual([given.denied]);
    const [miss] = denied[0]?.misses ?? [];
    expect(`${miss?.policy} ${miss?.rule} ${miss?.failed}: ${miss?.text}`).toBe(given.miss);
    expect(path?.explanation).toContain(given.denied);
    const diagnosis = diagnose(cluster, walked);
    expect(diagnosis?.agrees).toBe(true);
    expect(diagnosis?.culprit).toBeUndefined();
    expect(diagnosis?.mend).toEqual({ text: given.allow, verified: true });
  });

  it('is promised: both directions are named where both deny', () => {
    const cluster = clusterOf(DENY_ALL + DNS_ONLY);
    expect(diagnose(cluster, walk(cluster))?.promised).toEqual({
      kind: 'refuse',
      why: 'NetworkPolicies deny it: egress of dev/test is isolated by dev/dns-only, and no rule allows it; ingress of shop/db is isolated by shop/deny-all, and no rule allows it',
    });
  });

  it('says in its text how to allow it, and calls nothing a culprit', () => {
    const cluster = clusterOf(FROM_WEB);
    const walked = walk(cluster);
    const diagnosis = diagnose(cluster, walked);
    if (diagnosis === undefined) throw new Error('no diagnosis');
    const text = renderText({ ...walked.trace, diagnosis }, { paint: paintFor(false, {}), verbose: false });
    expect(text).toContain('      policy             ingress of shop/db: denied: isolated by shop/from-web');
    expect(text).toContain('                           shop/from-web ingress[0]: dev/test is no such peer');
    expect(text).toMatch(/^promise {2}NetworkPolicies deny it: ingress of shop\/db/m);
    expect(text).toMatch(/^allow {4}NetworkPolicy shop\/from-web: add .* \(verified: delivers\)$/m);
    expect(text).toMatch(
      /^verdict {2}REFUSED {2}POLICY \(ECONNREFUSED\): node2: ingress of shop\/db: denied/m,
    );
    expect(text).not.toContain('culprit');
    expect(text).not.toMatch(/MARK 0x/);
  });
});

describe('a walk that NetworkPolicies allow', () => {
  const said = (policies: string, source = 'shop/web'): string[] => {
    const [path] = walk(clusterOf(policies), { source }).trace.paths;
    expect(path?.verdict).toBe('delivered');
    return decisionsOf(path?.hops ?? []).map(({ text }) => text);
  };

  it('names the rule, and which of its peers and ports', () => {
    expect(said(FROM_WEB)).toEqual([
      'egress of shop/web: allowed: no policy isolates it',
      'ingress of shop/db: allowed by shop/from-web ingress[0]: from pods app=web in namespace shop, port sql/TCP',
    ]);
  });

  it('names the peer that a dash too many opened', () => {
    const dash = forDb(
      'dash',
      '[{ from: [{ podSelector: { matchLabels: { app: web } } }, { namespaceSelector: { matchLabels: { team: dev } } }] }]',
    );
    expect(said(dash, 'dev/test').at(-1)).toBe(
      'ingress of shop/db: allowed by shop/dash ingress[0]: from[1] all pods in namespaces team=dev, every port',
    );
  });

  it("says that a node's own traffic and pings are never asked", () => {
    expect(said(DENY_ALL, 'node/node2')).toEqual(['ingress of shop/db: allowed: its own node always may']);
    const pinged = walk(clusterOf(DENY_ALL), { destination: '10.244.2.2', protocol: 'icmp' }).trace.paths[0];
    expect(pinged?.verdict).toBe('delivered');
    expect(decisionsOf(pinged?.hops ?? []).map(({ why }) => why)).toEqual(['icmp', 'icmp']);
  });

  it('says so where kube-router takes a rule of the other direction', () => {
    const both = policy('shop', 'both', '{ podSelector: {}, policyTypes: [Ingress, Egress], egress: [{}] }');
    expect(said(both).at(-1)).toBe(
      "ingress of shop/db: allowed by shop/both egress[0]: to everybody, every port, which is no ingress rule: kube-router's mark has no direction",
    );
  });
});

describe('state of the policy controller that was broken by hand', () => {
  const node2 = (run: string): Break[] => [{ on: 'node2', run }];
  const FROM = 'KUBE-SRC-EGJPBZSNG5VUEJGU';

  it('is the culprit of a refusal that the policies do not want', () => {
    const whole = clusterOf(FROM_WEB);
    const set = [...(whole.world.netns.get('node/node2')?.sets.keys() ?? [])].find((name) =>
      name.startsWith('KUBE-SRC-'),
    );
    const cluster = clusterOf(FROM_WEB, node2(`ipset del ${set ?? FROM} 10.244.1.2`));
    const walked = walk(cluster, { source: 'shop/web' });
    expect(walked.trace.paths[0]?.reason).toBe('POLICY');
    expect(decisionsOf(walked.trace.paths[0]?.hops ?? []).at(-1)?.misses?.[0]).toMatchObject({
      failed: 'state',
      text: 'its text allows it, but what the node holds of it does not',
    });
    const diagnosis = diagnose(cluster, walked);
    expect(diagnosis?.agrees).toBe(false);
    expect(diagnosis?.culprit?.what).toBe(`an entry of IP set ${set} is missing: 10.244.1.2 timeout 0`);
    expect(diagnosis?.mend).toMatchObject({
      text: `node2: ipset add ${set} 10.244.1.2 timeout 0`,
      verified: true,
    });
  });

  it('is the culprit of a delivery that the policies do not want', () => {
    const whole = clusterOf(FROM_WEB);
    const netns = whole.world.netns.get('node/node2');
    if (netns === undefined) throw new Error('no node2');
    const chains = rulesetOf(netns, 4).tables.get('filter')?.chains;
    const chain = [...(chains?.keys() ?? [])].find((name) => name.startsWith('KUBE-POD-FW-'));
    const cluster = clusterOf(FROM_WEB, node2(`iptables -F ${chain}`));
    const walked = walk(cluster);
    expect(walked.trace.verdict).toBe('delivered');
    const diagnosis = diagnose(cluster, walked);
    expect(diagnosis?.agrees).toBe(false);
    expect(diagnosis?.promised.kind).toBe('refuse');
    expect(diagnosis?.culprit?.what).toBe(`chain filter ${chain} is empty: its 8 rules are missing`);
    expect(diagnosis?.mend?.verified).toBe(true);
  });
});

describe('a cluster where nobody enforces its policies', () => {
  it('delivers, and says which policy would have denied it', () => {
    const cluster = clusterOf(FROM_WEB, [], { policy: 'none' });
    const walked = walk(cluster);
    expect(walked.trace.verdict).toBe('delivered');
    const found = unenforced(cluster, walked);
    expect(found).toMatchObject({
      policies: 1,
      verdict: 'refused',
      denied: [{ policies: ['shop/from-web'] }],
    });
    const trace = { ...walked.trace, ...(found === undefined ? {} : { unenforced: found }) };
    expect(renderText(trace, { paint: paintFor(false, {}), verbose: false })).toContain(
      'policy   the NetworkPolicy is not enforced (--policy none); it would have denied this: node2: ingress of shop/db: denied: isolated by shop/from-web',
    );
  });

  it('says that they would have let the others through', () => {
    const cluster = clusterOf(FROM_WEB, [], { policy: 'none' });
    expect(unenforced(cluster, walk(cluster, { source: 'shop/web' }))).toEqual({
      policies: 1,
      verdict: 'delivered',
    });
    expect(unenforced(clusterOf(FROM_WEB), walk(cluster))).toBeUndefined();
  });
});
