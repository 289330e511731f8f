import { decode } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/index.ts';
import { checkTrace, parseSource, resolveSource, type Source } from '../../../src/trace/index.ts';
import {
  type LookUpOptions,
  lookUp,
  type QueryView,
  type Resolution,
} from '../../../src/trace/names/index.ts';
import { FORGETS_DNS, NAMES, namedCluster } from '../../fixtures/names.ts';

const cluster = namedCluster([NAMES]);

function sourceOf(within: Cluster, text: string): Source {
  const spec = parseSource(text, 'default');
  const source = spec.ok ? resolveSource(spec.value, within) : spec;
  if (!source.ok) throw new Error(source.error.message);
  return source.value;
}

function walked(
  name: string,
  within: Cluster = cluster,
  options: Partial<LookUpOptions> = {},
  from = 'pod/client',
): Resolution {
  const how: LookUpOptions = { libc: 'glibc', walk: true, ...options };
  const found = lookUp(within, sourceOf(within, from), name, how);
  for (const { trace } of found.queries) if (trace !== undefined) expect(checkTrace(trace)).toEqual([]);
  return found;
}

/** What a lookup came to, without how the queries got there. */
function outcomeOf({ queries, ...rest }: Resolution): unknown {
  const bare = queries.map(({ trace: _, by: __, ...query }) => query);
  return { ...rest, queries: bare };
}

function payloadOf({ trace }: QueryView): { readonly request: Buffer; readonly answer: Buffer } {
  const { request = '', answer = '' } = trace?.paths[0]?.payload ?? {};
  return { request: Buffer.from(request, 'hex'), answer: Buffer.from(answer, 'hex') };
}

describe('queries that are walked', () => {
  it.each([
    'web.prod',
    'web',
    'db',
    'db-1.db',
    'warehouse',
    'elsewhere',
    'db.example.com',
    'nobody.example.com.',
    'kubernetes.default',
    'kube-dns.kube-system',
    '10-244-1-2.default.pod.cluster.local.',
    'localhost',
    '10.96.0.1',
  ])('come to the same for %s as the servers say when they are asked directly', (name) => {
    for (const from of ['pod/client', 'pod/agent', 'node/node2', 'external'])
      for (const libc of ['glibc', 'musl'] as const)
        expect(outcomeOf(walked(name, cluster, { libc }, from))).toEqual(
          outcomeOf(walked(name, cluster, { libc, walk: false }, from)),
        );
  });

  it('carry DNS messages that a DNS library reads, and the answer is what the message says', () => {
    const { queries } = walked('db');
    const [first] = queries;
    if (first === undefined) throw new Error('no query');
    const { request, answer } = payloadOf(first);
    expect(decode(request)).toMatchObject({
      type: 'query',
      questions: [{ name: 'db.default.svc.cluster.local', type: 'A', class: 'IN' }],
    });
    const message = decode(answer);
    expect(message.id).toBe(decode(request).id);
    expect(message).toMatchObject({ type: 'response', rcode: 'NOERROR', flag_aa: true });
    expect(message.answers?.map((record) => 'data' in record && record.data)).toEqual(
      first.answer.map(({ data }) => data),
    );
  });

  it('go from the pod to a CoreDNS pod by the address of kube-dns, and back from there', () => {
    const [query] = walked('web.prod').queries;
    const [path] = query?.trace?.paths ?? [];
    expect(query?.by).toBe(`kube-system/${path?.endpoint?.pod}`);
    expect(path).toMatchObject({ endpoint: { port: 53 }, replySource: { ip: '10.96.0.10', port: 53 } });
    const steps = path?.hops.flatMap((hop) => hop.steps) ?? [];
    expect(steps.find((step) => step.type === 'nat')).toMatchObject({
      manip: 'DNAT',
      before: { ip: '10.96.0.10', port: 53 },
    });
  });

  it('turn to TCP where an answer is too long for a datagram, as glibc does and musl 1.2.3 does not', () => {
    const many = [NAMES.replace('serviceName: db\n  replicas: 2', 'serviceName: db\n  replicas: 60')];
    const [query] = walked('db', namedCluster(many)).queries;
    if (query === undefined) throw new Error('no query');
    const { answer } = payloadOf(query);
    expect(answer.length).toBeLessThanOrEqual(512);
    expect(decode(answer)).toMatchObject({ flag_tc: true });
    expect(query).toMatchObject({ truncated: true, rcode: 'NOERROR' });
    expect(query.answer).toHaveLength(60);
    const short = walked('db', namedCluster(many), { libc: 'musl' }).addresses;
    expect(short.length).toBeGreaterThan(10);
    expect(short.length).toBeLessThan(60);
    const deaf = namedCluster(many, {
      breaks: [{ on: 'node1', run: 'iptables -I FORWARD -p tcp --dport 53 -j DROP' }],
    });
    const lost = walked('db.default.svc.cluster.local.', deaf);
    expect(lost).toMatchObject({ error: 'EAI_AGAIN' });
    expect(lost.explanation).toMatch(/the answer was cut, and over TCP: timeout, DROP_RULE/);
  });

  it('share a socket for both types of a name, and with it the CoreDNS pod', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { queries } = walked('web.prod', cluster, { seed });
      const [a, aaaa, next] = queries.map(({ trace }) => trace?.paths[0]);
      expect(a?.observedSource).toEqual(aaaa?.observedSource);
      expect(a?.endpoint).toEqual(aaaa?.endpoint);
      expect(next?.observedSource?.port).not.toBe(a?.observedSource?.port);
    }
  });

  it('leave the cluster as it was', () => {
    const before = walked('db.example.com');
    walked('web', namedCluster([NAMES, FORGETS_DNS]));
    expect(walked('db.example.com')).toEqual(before);
  });
});

describe('a lookup whose queries are lost', () => {
  function broken(...breaks: readonly (readonly [string, string])[]): Cluster {
    return namedCluster([NAMES], { breaks: breaks.map(([on, run]) => ({ on, run })) });
  }

  it('asks again after silence, and another CoreDNS pod answers', () => {
    const way = broken(['node1', 'iptables -t raw -I PREROUTING -s 10.244.1.5 -j DROP']);
    const found = walked('web.prod', way);
    expect(found.queries.slice(0, 4).map(({ rcode }) => rcode)).toEqual([null, null, 'NXDOMAIN', 'NXDOMAIN']);
    expect(found).toMatchObject({ addresses: ['10.96.0.80'] });
    expect(found.waited).toBeGreaterThanOrEqual(5);
  });

  it('ends with EAI_AGAIN when no attempt is answered, and says where the queries are dropped', () => {
    const found = walked('web.prod', broken(['node1', 'iptables -I FORWARD -p udp --dport 53 -j DROP']));
    expect(found).toMatchObject({ error: 'EAI_AGAIN', addresses: [] });
    expect(found.explanation).toMatch(
      /no answer from nameserver 10\.96\.0\.10 \(\d+ s of waiting\): timeout, DROP_RULE: dropped by filter FORWARD rule 1 at node1/,
    );
    expect(found.queries.length).toBeLessThanOrEqual(8);
  });

  it('finds the same way broken for musl, which asks every attempt at once', () => {
    const way = broken(['node1', 'iptables -I FORWARD -p udp --dport 53 -j DROP']);
    expect(walked('web.prod', way, { libc: 'musl' })).toMatchObject({ error: 'EAI_AGAIN' });
  });

  it('gives SERVFAIL for a name outside when CoreDNS cannot reach its own resolver', () => {
    const way = broken(['node1', 'ip route del default'], ['node2', 'ip route del default']);
    const lost = walked(
      'db.example.com',
      broken(
        ['node1', 'iptables -t raw -I PREROUTING -d 192.168.56.1 -j DROP'],
        ['node2', 'iptables -t raw -I PREROUTING -d 192.168.56.1 -j DROP'],
      ),
    );
    expect(lost.error).toBe('EAI_AGAIN');
    expect(lost.explanation).toContain('CoreDNS could not ask its resolver');
    expect(walked('web.prod', way).addresses).toEqual(['10.96.0.80']);
  });
});
