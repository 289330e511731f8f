import { describe, expect, it } from 'vitest';
import { type Answer, answer, checkTrace, type Trace } from '../../../src/trace/index.ts';
import { resolveName } from '../../../src/trace/names/index.ts';
import { FORGETS_DNS, NAMES, namedCluster } from '../../fixtures/names.ts';

const cluster = namedCluster([NAMES]);

function answered(
  destination: string,
  { source = 'pod/client', in: within = cluster, all = true, seed = undefined as number | undefined } = {},
): Answer {
  const found = answer(
    within,
    { source, destination, namespace: 'default' },
    { all, names: resolveName, ...(seed === undefined ? {} : { seed }) },
  );
  if (!found.ok) throw new Error(found.error.message);
  expect(checkTrace(found.value.trace)).toEqual([]);
  return found.value;
}

function traced(...given: Parameters<typeof answered>): Trace {
  return answered(...given).trace;
}

describe('a trace to a name', () => {
  it('looks a short name up along the search list and walks to the ClusterIP', () => {
    const trace = traced('web.prod:80');
    expect(trace.resolution).toMatchObject({
      names: ['web.prod.default.svc.cluster.local.', 'web.prod.svc.cluster.local.'],
      addresses: ['10.96.0.80'],
    });
    expect(trace.flow.destination).toEqual({ kind: 'name', name: 'web.prod', ip: '10.96.0.80', port: 80 });
    expect(trace.paths.map(({ verdict, odds }) => [verdict, odds])).toEqual([
      ['delivered', '1/2'],
      ['delivered', '1/2'],
    ]);
  });

  it('goes the way of the address that the name has, whatever it is called by', () => {
    const byObject = traced('svc/prod/web:80').paths;
    for (const name of ['web.prod:80', 'web.prod.svc:80', 'http://web.prod.svc.cluster.local./'])
      expect(traced(name).paths).toEqual(byObject);
  });

  it('says which CoreDNS pod answered a query, and carries no walk of it', () => {
    const { resolution } = traced('web.prod:80');
    for (const query of resolution?.queries ?? []) {
      expect(query.by).toMatch(/^kube-system\/coredns-/);
      expect(query.trace).toBeUndefined();
    }
  });

  it('has a path for each pod of a headless Service, each as likely as the others', () => {
    const { trace, notes } = answered('db:5432');
    expect(trace.paths.map(({ endpoint, odds }) => [endpoint?.pod, odds])).toEqual([
      ['db-1', '1/2'],
      ['db-0', '1/2'],
    ]);
    expect(trace.flow.destination).toEqual({ kind: 'name', name: 'db', port: 5432 });
    expect(notes).toEqual([
      expect.stringMatching(/getaddrinfo gives 10\.244\.1\.\d first, as RFC 6724 sorts/),
    ]);
  });

  it('without --all walks to the address that the program gets first, and says what is left', () => {
    const trace = traced('db:5432', { all: false });
    expect(trace.paths.map(({ endpoint }) => endpoint?.ip)).toEqual([trace.resolution?.addresses[0]]);
    expect(trace.unexplored).toEqual({ branches: 1, probability: 0.5 });
  });

  it.each([
    'http://db-0.db:5432',
    'db-0.db.default.svc.cluster.local.:5432',
    'postgres://DB-0.db.default:5432/x',
  ])('reaches the one pod of a StatefulSet that %s is', (destination) => {
    expect(traced(destination).paths.map(({ endpoint }) => endpoint?.pod)).toEqual(['db-0']);
  });

  it.each([
    ['http://web.prod/', 80],
    ['https://web.prod', 443],
  ])('takes the port of the scheme of %s', (destination, port) => {
    expect(traced(destination).flow.destination.port).toBe(port);
  });

  it('pings a name that is given no port', () => {
    const found = answer(
      cluster,
      { source: 'pod/client', destination: 'db-1.db', namespace: 'default', protocol: 'icmp' },
      { all: true, names: resolveName },
    );
    expect(found.ok && found.value.trace.paths[0]?.verdict).toBe('delivered');
  });

  it.each(['warehouse:5432', 'svc/warehouse', 'svc/default/warehouse:5432'])(
    'follows the alias of an ExternalName Service out of the cluster for %s',
    (destination) => {
      const trace = traced(destination);
      expect(trace.resolution?.aliases).toEqual(['db.example.com.']);
      expect(trace.paths).toMatchObject([
        { verdict: 'delivered', endpoint: { host: 'db.example.com', ip: '203.0.113.50' } },
      ]);
    },
  );

  it('walks out of the cluster to a stand-in for an alias of which nothing but the name is known', () => {
    const { trace, notes } = answered('svc/elsewhere:443');
    expect(trace).toMatchObject({ verdict: 'timeout', paths: [{ reason: 'LEFT_CLUSTER' }] });
    expect(trace.resolution?.aliases).toEqual(['unknown.example.org.']);
    expect(notes).toEqual([expect.stringContaining('which address unknown.example.org has: 192.0.2.1')]);
  });

  it('gives the same trace for the same seed', () => {
    expect(traced('web.prod:80', { all: false, seed: 7 })).toEqual(
      traced('web.prod:80', { all: false, seed: 7 }),
    );
  });

  it('notes that a headless Service translates no port', () => {
    const moved = NAMES.replace('name: pg, port: 5432 }', 'name: pg, port: 15432, targetPort: 5432 }');
    const { trace, notes } = answered('db:15432', { in: namedCluster([moved]) });
    expect(trace.verdict).toBe('refused');
    expect(notes.join('\n')).toContain('service default/db is headless: no port is translated');
  });
});

describe('a name that is not resolved', () => {
  it('is unreachable: the path is the query that was answered with NXDOMAIN', () => {
    const trace = traced('wep.prod:80');
    expect(trace).toMatchObject({
      verdict: 'unreachable',
      flow: { protocol: 'tcp', destination: { kind: 'name', name: 'wep.prod', port: 80 } },
      paths: [{ reason: 'NAME_NOT_FOUND', errno: 'EAI_NONAME', endpoint: null, odds: '1' }],
    });
    expect(trace.paths[0]?.explanation).toContain(
      'namespace prod has no Service wep; did you mean web.prod?',
    );
    expect(trace.paths[0]?.hops.at(-1)?.place).toMatch(/^kube-system\/coredns/);
    expect(trace.paths[0]?.returned?.hops.at(-1)?.place).toBe('default/client');
    expect(trace.paths[0]?.payload?.answer).toMatch(/^[0-9a-f]{24,}$/);
  });

  it('is refused or lost as its query was, by the policy that forgets DNS', () => {
    const trace = traced('db:5432', { in: namedCluster([NAMES, FORGETS_DNS]) });
    expect(trace.paths).toMatchObject([{ verdict: 'refused', reason: 'POLICY', errno: 'ECONNREFUSED' }]);
    expect(trace.paths[0]?.explanation).toMatch(
      /^db is not resolved: no answer from nameserver 10\.96\.0\.10/,
    );
    // The address needs no name.
    expect(traced('pod/db-0:5432', { in: namedCluster([NAMES, FORGETS_DNS]) }).verdict).toBe('delivered');
  });

  it('fails where no CoreDNS is ready, with the Service that has no endpoints', () => {
    const dead = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: coredns, namespace: kube-system }
spec:
  replicas: 0
  selector: { matchLabels: { k8s-app: kube-dns } }
  template:
    metadata: { labels: { k8s-app: kube-dns } }
    spec: { containers: [{ name: coredns, image: registry.example/coredns, ports: [{ containerPort: 53, protocol: UDP }] }] }
`;
    const trace = traced('db:5432', { in: namedCluster([NAMES, dead]) });
    expect(trace.paths[0]).toMatchObject({ verdict: 'refused', reason: 'REJECT_RULE' });
    expect(trace.paths[0]?.explanation).toContain('kube-system/kube-dns');
    expect(trace.resolution?.error).toBe('EAI_AGAIN');
  });

  it('is not known outside the cluster, and that resolver is named', () => {
    for (const source of ['external', 'node/node1', 'pod/agent']) {
      const [path] = traced('web.prod:80', { source }).paths;
      expect(path).toMatchObject({ verdict: 'unreachable', reason: 'NAME_NOT_FOUND' });
      expect(path?.explanation).toContain('does not know the names of the cluster');
    }
    expect(traced('web.prod:80', { source: 'pod/agent' }).paths[0]?.fix).toBe(
      'set dnsPolicy: ClusterFirstWithHostNet',
    );
    expect(traced('db.example.com:5432', { source: 'external' }).verdict).toBe('delivered');
  });

  it('is an error of the question where nobody looks up names, or no port is given', () => {
    const question = { source: 'pod/client', namespace: 'default' };
    expect(answer(cluster, { ...question, destination: 'web.prod:80' }, { all: true })).toMatchObject({
      ok: false,
      error: { message: 'names are not looked up here: "web.prod"' },
    });
    expect(
      answer(cluster, { ...question, destination: 'web.prod' }, { all: true, names: resolveName }),
    ).toMatchObject({
      ok: false,
      error: { message: 'destination "web.prod" names no TCP port' },
    });
  });
});
