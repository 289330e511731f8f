import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  answerDns,
  buildCluster,
  type DnsRecord,
  type DnsServer,
  dnsServer,
  loadCluster,
  withDns,
} from '../../../../src/index.ts';

/** One of everything that has a name. */
const CLUSTER = readFileSync('test/golden/dns/cluster.yaml', 'utf8');

/** kubeadm's Corefile with other lines in its kubernetes block. */
function corefile(inside: string, before = ''): string {
  const block = [
    `kubernetes cluster.local in-addr.arpa ip6.arpa {`,
    ...inside.split('\n').map((l) => `  ${l}`),
    '}',
  ];
  const server = ['.:53 {', ...[...block, before, 'forward . /etc/resolv.conf'].map((l) => `  ${l}`), '}'];
  return [
    '---',
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata: { name: coredns, namespace: kube-system }',
    'data:',
    '  Corefile: |',
    ...server.map((line) => `    ${line}`),
  ].join('\n');
}

/** What the options of the kubernetes plugin change; `kubeadm` is a cluster without a Corefile. */
const CONFIGS = {
  kubeadm: '',
  bare: corefile(''),
  verified: corefile('pods verified\nttl 30'),
  podNames: corefile('endpoint_pod_names\nttl 30'),
  ignoreEmpty: corefile('ignore empty_service\nttl 30'),
  noEndpoints: corefile('noendpoints\nttl 30'),
  onlyDefault: corefile('namespaces default\nttl 30'),
  fallthrough: corefile('fallthrough\nttl 30'),
  long: corefile('ttl 3600'),
} as const;

const servers = new Map<string, DnsServer>();

function serverFor(config: keyof typeof CONFIGS): DnsServer {
  let server = servers.get(config);
  if (server === undefined) {
    const text = `${CLUSTER}\n${CONFIGS[config]}`;
    const loaded = loadCluster([{ file: 'cluster.yaml', text }]);
    const wrong = loaded.diagnostics.filter(({ severity }) => severity === 'error');
    if (wrong.length > 0) throw new Error(wrong.map(({ message }) => message).join('\n'));
    server = dnsServer(buildCluster(withDns(loaded.objects)).objects);
    servers.set(config, server);
  }
  return server;
}

const Z = 'cluster.local.';
const SOA = (ttl = 30): string =>
  `${Z} ${Math.min(ttl, 300)} SOA ns.dns.${Z} hostmaster.${Z} 1577836800 7200 1800 86400 ${ttl}`;

interface Row {
  /** The rule, as the specification or CoreDNS has it. */
  readonly rule: string;
  /** `NAME TYPE`; without a final dot the zone is behind it. */
  readonly query: string;
  readonly config?: keyof typeof CONFIGS;
  /** `NAME TTL TYPE DATA`, in any order; a name without a final dot is below the zone. */
  readonly answer?: readonly string[];
  readonly additional?: readonly string[];
  /** NODATA is NOERROR with nothing but the SOA; another zone's answers have none. */
  readonly rcode?: 'NXDOMAIN' | 'NODATA' | 'SERVFAIL' | 'REFUSED';
  readonly reason?: RegExp;
  /** `none`: a negative answer that CoreDNS does not give itself. */
  readonly soa?: 'none';
}

function full(name: string): string {
  return name.endsWith('.') ? name : `${name}.${Z}`;
}

function expected(line: string): string {
  const [name = '', ttl, type, ...data] = line.split(' ');
  return [
    full(name),
    ttl,
    type,
    ...data.map((word) => (/^[a-z].*[a-z]$|svc$/.test(word) ? full(word) : word)),
  ].join(' ');
}

function lines(records: readonly DnsRecord[]): string[] {
  return records.map(({ name, ttl, type, data }) => `${name} ${ttl} ${type} ${data}`).sort();
}

/** The records of DNS-based service discovery 1.1.0, as CoreDNS gives them. */
const RECORDS: readonly Row[] = [
  {
    rule: 'the schema version is a TXT record',
    query: 'dns-version TXT',
    answer: ['dns-version 28800 TXT 1.1.0'],
  },
  {
    rule: 'a Service has its ClusterIP',
    query: 'web.default.svc A',
    answer: ['web.default.svc 30 A 10.96.0.20'],
  },
  {
    rule: 'a Service without an IPv6 address has no AAAA record',
    query: 'web.default.svc AAAA',
    rcode: 'NODATA',
    reason: /no IPv6 address/,
  },
  {
    rule: 'a Service of both families has an A record',
    query: 'both.default.svc A',
    answer: ['both.default.svc 30 A 10.96.0.22'],
  },
  {
    rule: 'and an AAAA record',
    query: 'both.default.svc AAAA',
    answer: ['both.default.svc 30 AAAA fd00:96::22'],
  },
  {
    rule: 'a named port of a Service has an SRV record, with the address beside it',
    query: '_http._tcp.web.default.svc SRV',
    answer: ['_http._tcp.web.default.svc 30 SRV 0 100 80 web.default.svc'],
    additional: ['web.default.svc 30 A 10.96.0.20'],
  },
  {
    rule: 'the protocol is part of the name of a port',
    query: '_dns-udp._udp.web.default.svc SRV',
    answer: ['_dns-udp._udp.web.default.svc 30 SRV 0 100 53 web.default.svc'],
    additional: ['web.default.svc 30 A 10.96.0.20'],
  },
  {
    rule: 'a port of another protocol does not exist',
    query: '_dns-udp._tcp.web.default.svc SRV',
    rcode: 'NXDOMAIN',
    reason: /it has _http\._tcp, _dns-udp\._udp/,
  },
  {
    rule: 'a port without a name has no SRV record of its own',
    query: '_http._tcp.plain.default.svc SRV',
    rcode: 'NXDOMAIN',
    reason: /names none of its ports/,
  },
  {
    rule: 'SRV of the Service itself lists all ports (CoreDNS)',
    query: 'web.default.svc SRV',
    answer: [
      'web.default.svc 30 SRV 0 50 80 web.default.svc',
      'web.default.svc 30 SRV 0 50 53 web.default.svc',
    ],
    additional: ['web.default.svc 30 A 10.96.0.20'],
  },
  {
    rule: 'and that of a port without a name',
    query: 'plain.default.svc SRV',
    answer: ['plain.default.svc 30 SRV 0 100 8080 plain.default.svc'],
    additional: ['plain.default.svc 30 A 10.96.0.21'],
  },
  {
    rule: 'SRV of a Service of both families weighs both, and has both addresses beside it',
    query: '_http._tcp.both.default.svc SRV',
    answer: ['_http._tcp.both.default.svc 30 SRV 0 50 80 both.default.svc'],
    additional: ['both.default.svc 30 A 10.96.0.22', 'both.default.svc 30 AAAA fd00:96::22'],
  },
  {
    rule: 'a ClusterIP has a PTR record',
    query: '20.0.96.10.in-addr.arpa. PTR',
    answer: ['20.0.96.10.in-addr.arpa. 30 PTR web.default.svc'],
  },
  {
    rule: 'and so has one of IPv6',
    query: '2.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa. PTR',
    answer: [
      '2.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa. 30 PTR both.default.svc',
    ],
  },
  {
    rule: 'a headless Service has the address of every ready endpoint',
    query: 'db.shop.svc A',
    answer: ['db.shop.svc 30 A 10.244.1.2', 'db.shop.svc 30 A 10.244.2.2', 'db.shop.svc 30 A 10.244.1.3'],
  },
  {
    rule: 'one of IPv6 has AAAA records',
    query: 'sixth.shop.svc AAAA',
    answer: ['sixth.shop.svc 30 AAAA 2001:db8:1::', 'sixth.shop.svc 30 AAAA 2001:db8::7'],
  },
  { rule: 'and no A records', query: 'sixth.shop.svc A', rcode: 'NODATA', reason: /no IPv4 address/ },
  {
    rule: 'an endpoint counts as ready unless it says that it is not',
    query: 'six.shop.svc A',
    answer: [1, 2, 3, 4, 5, 6].map((n) => `six.shop.svc 30 A 198.51.100.${n}`),
  },
  {
    rule: 'a pod that is not ready is missing',
    query: 'starting.shop.svc A',
    answer: ['starting.shop.svc 30 A 10.244.1.30'],
  },
  {
    rule: 'until publishNotReadyAddresses',
    query: 'starting-too.shop.svc A',
    answer: ['starting-too.shop.svc 30 A 10.244.1.30', 'starting-too.shop.svc 30 A 10.244.2.30'],
  },
  {
    rule: 'an endpoint has a name: its hostname',
    query: 'a-0.foo.default.svc A',
    answer: ['a-0.foo.default.svc 30 A 10.244.1.20'],
  },
  {
    rule: 'all endpoints of one hostname share it',
    query: 'twin.six.shop.svc A',
    answer: ['twin.six.shop.svc 30 A 198.51.100.4', 'twin.six.shop.svc 30 A 198.51.100.5'],
  },
  {
    rule: 'without a hostname its address with dashes',
    query: '198-51-100-1.six.shop.svc A',
    answer: ['198-51-100-1.six.shop.svc 30 A 198.51.100.1'],
  },
  {
    rule: 'an IPv6 address that ends in colons gets a zero',
    query: '2001-db8-1--0.sixth.shop.svc AAAA',
    answer: ['2001-db8-1--0.sixth.shop.svc 30 AAAA 2001:db8:1::'],
  },
  {
    rule: 'or with endpoint_pod_names the name of its pod',
    config: 'podNames',
    query: 'web-a.web.default.svc A',
    answer: ['web-a.web.default.svc 30 A 10.244.1.10'],
  },
  {
    rule: 'endpoints of a Service with a ClusterIP have names too (CoreDNS)',
    query: '10-244-1-10.web.default.svc A',
    answer: ['10-244-1-10.web.default.svc 30 A 10.244.1.10'],
  },
  {
    rule: 'SRV of a headless Service: endpoints times ports',
    query: 'db.shop.svc SRV',
    answer: [0, 1, 2].flatMap((n) =>
      [5432, 9187].map((port) => `db.shop.svc 30 SRV 0 16 ${port} db-${n}.db.shop.svc`),
    ),
    additional: [
      'db-0.db.shop.svc 30 A 10.244.1.2',
      'db-1.db.shop.svc 30 A 10.244.2.2',
      'db-2.db.shop.svc 30 A 10.244.1.3',
    ],
  },
  {
    rule: 'of one port: the pods of the StatefulSet',
    query: '_postgres._tcp.db.shop.svc SRV',
    answer: [0, 1, 2].map((n) => `_postgres._tcp.db.shop.svc 30 SRV 0 33 5432 db-${n}.db.shop.svc`),
    additional: [
      'db-0.db.shop.svc 30 A 10.244.1.2',
      'db-1.db.shop.svc 30 A 10.244.2.2',
      'db-2.db.shop.svc 30 A 10.244.1.3',
    ],
  },
  {
    rule: 'weights are 100 parted by the answers, before those that are the same are left out: six give 16',
    query: '_http._tcp.six.shop.svc SRV',
    answer: ['198-51-100-1', '198-51-100-2', '198-51-100-3', 'twin', '198-51-100-6'].map(
      (host) => `_http._tcp.six.shop.svc 30 SRV 0 16 80 ${host}.six.shop.svc`,
    ),
    additional: [
      '198-51-100-1 1',
      '198-51-100-2 2',
      '198-51-100-3 3',
      'twin 4',
      'twin 5',
      '198-51-100-6 6',
    ].map((one) => {
      const [host, n] = one.split(' ');
      return `${host}.six.shop.svc 30 A 198.51.100.${n}`;
    }),
  },
  {
    rule: 'the address of an endpoint has a PTR record to its name',
    query: '20.1.244.10.in-addr.arpa. PTR',
    answer: ['20.1.244.10.in-addr.arpa. 30 PTR a-0.foo.default.svc'],
  },
  {
    rule: 'and one for each Service that lists it',
    query: '10.1.244.10.in-addr.arpa. PTR',
    answer: [
      '10.1.244.10.in-addr.arpa. 30 PTR 10-244-1-10.web.default.svc',
      '10.1.244.10.in-addr.arpa. 30 PTR 10-244-1-10.plain.default.svc',
    ],
  },
  {
    rule: 'a headless Service without ready endpoints does not exist',
    query: 'nobody.shop.svc A',
    rcode: 'NXDOMAIN',
    reason: /no ready endpoints/,
  },
  { rule: 'not even for SRV', query: 'nobody.shop.svc SRV', rcode: 'NXDOMAIN' },
  {
    rule: 'a headless Service without ports has addresses',
    query: 'portless.shop.svc A',
    answer: [
      'portless.shop.svc 30 A 10.244.1.2',
      'portless.shop.svc 30 A 10.244.2.2',
      'portless.shop.svc 30 A 10.244.1.3',
    ],
  },
  { rule: 'and no SRV records', query: 'portless.shop.svc SRV', rcode: 'NODATA', reason: /no ports/ },
  {
    rule: 'an ExternalName is a CNAME, and what a resolver outside says of it',
    query: 'outside.shop.svc A',
    answer: ['outside.shop.svc 30 CNAME db.example.com.', 'db.example.com. 30 A 203.0.113.50'],
  },
  {
    rule: 'asked for as a CNAME it is that alone',
    query: 'outside.shop.svc CNAME',
    answer: ['outside.shop.svc 30 CNAME db.example.com.'],
  },
  {
    rule: 'also when nobody outside knows its target',
    query: 'unknown.shop.svc A',
    answer: ['unknown.shop.svc 30 CNAME www.example.net.'],
  },
  {
    rule: 'inside the zone it is followed',
    query: 'alias.shop.svc A',
    answer: ['alias.shop.svc 30 CNAME web.default.svc', 'web.default.svc 30 A 10.96.0.20'],
  },
  {
    rule: 'over several aliases',
    query: 'alias-of-alias.shop.svc A',
    answer: [
      'alias-of-alias.shop.svc 30 CNAME alias.shop.svc',
      'alias.shop.svc 30 CNAME web.default.svc',
      'web.default.svc 30 A 10.96.0.20',
    ],
  },
  {
    rule: 'and is no answer when its target is not there',
    query: 'dangling.shop.svc A',
    rcode: 'NODATA',
    reason: /namespace shop has no Service gone/,
  },
  {
    rule: 'or leads back to itself',
    query: 'loop-a.shop.svc A',
    rcode: 'NODATA',
    reason: /leads back to loop-[ab]\.shop/,
  },
  {
    rule: 'an ExternalName has no SRV records',
    query: 'outside.shop.svc SRV',
    rcode: 'NODATA',
    reason: /has a CNAME, and no SRV/,
  },
  {
    rule: 'and nothing below it',
    query: '_postgres._tcp.outside.shop.svc SRV',
    rcode: 'NXDOMAIN',
    reason: /no names below it/,
  },
  {
    rule: 'a pod is its address with dashes, whether there is one or not (pods insecure)',
    query: '10-42-0-7.shop.pod A',
    answer: ['10-42-0-7.shop.pod 30 A 10.42.0.7'],
  },
  {
    rule: 'of a namespace that there is',
    query: '10-42-0-7.nowhere.pod A',
    rcode: 'NXDOMAIN',
    reason: /no namespace nowhere/,
  },
  {
    rule: 'with pods verified it is there',
    config: 'verified',
    query: '10-244-1-20.default.pod A',
    answer: ['10-244-1-20.default.pod 30 A 10.244.1.20'],
  },
  {
    rule: 'in its own namespace only',
    config: 'verified',
    query: '10-244-1-20.shop.pod A',
    rcode: 'NXDOMAIN',
    reason: /no pod of namespace shop/,
  },
  { rule: 'or not at all', config: 'verified', query: '10-42-0-7.default.pod A', rcode: 'NXDOMAIN' },
  {
    rule: 'and with pods disabled there are none',
    config: 'bare',
    query: '10-244-1-20.default.pod A',
    rcode: 'NXDOMAIN',
    reason: /pods disabled/,
  },
  {
    rule: 'a hostname and subdomain need a headless Service of the name',
    query: 'b-0.bar.default.svc A',
    rcode: 'NXDOMAIN',
    reason: /no Service bar/,
  },
  {
    rule: 'another Service that takes the pod knows it by its address',
    query: '10-244-2-20.foo.default.svc A',
    answer: ['10-244-2-20.foo.default.svc 30 A 10.244.2.20'],
  },
  {
    rule: 'a pod of a StatefulSet has its name',
    query: 'db-2.db.shop.svc A',
    answer: ['db-2.db.shop.svc 30 A 10.244.1.3'],
  },
  {
    rule: 'the case in which a name is asked for comes back',
    query: 'WEB.Default.svc A',
    answer: ['WEB.Default.svc 30 A 10.96.0.20'],
  },
];

/** NXDOMAIN against NODATA. */
const EXISTENCE: readonly Row[] = [
  { rule: 'the zone itself is there', query: 'cluster.local. A', rcode: 'NODATA' },
  { rule: 'so is svc', query: 'svc A', rcode: 'NODATA' },
  { rule: 'and pod', query: 'pod A', rcode: 'NODATA' },
  { rule: 'another second label is not', query: 'default.foo A', rcode: 'NXDOMAIN', reason: /end in svc/ },
  {
    rule: 'a name without svc is pointed to the right one',
    query: 'web.default A',
    rcode: 'NXDOMAIN',
    reason: /did you mean web\.default\.svc/,
  },
  { rule: 'a namespace is there, with or without Services', query: 'bare.svc A', rcode: 'NODATA' },
  { rule: 'unless there is none of the name', query: 'nowhere.svc A', rcode: 'NXDOMAIN' },
  {
    rule: 'or the Corefile does not expose it',
    config: 'onlyDefault',
    query: 'shop.svc A',
    rcode: 'NXDOMAIN',
    reason: /exposes only the namespaces default/,
  },
  { rule: 'nor what is in it', config: 'onlyDefault', query: 'db.shop.svc A', rcode: 'NXDOMAIN' },
  {
    rule: 'a Service that is not there, but elsewhere, is pointed to',
    query: 'db.bare.svc A',
    rcode: 'NXDOMAIN',
    reason: /namespace bare has no Service db; did you mean db\.shop\?/,
  },
  {
    rule: 'a Service that is misspelt is too',
    query: 'wep.default.svc A',
    rcode: 'NXDOMAIN',
    reason: /did you mean web\.default\?/,
  },
  {
    rule: 'a Service of a namespace that is not there',
    query: 'db.prod.svc A',
    rcode: 'NXDOMAIN',
    reason: /no namespace prod; did you mean db\.shop\?/,
  },
  {
    rule: 'one label before a Service is an endpoint',
    query: 'nope.db.shop.svc A',
    rcode: 'NXDOMAIN',
    reason: /no ready endpoint nope/,
  },
  {
    rule: 'two are a port and a protocol, underscores or not',
    query: 'http.tcp.web.default.svc SRV',
    answer: ['http.tcp.web.default.svc 30 SRV 0 100 80 web.default.svc'],
    additional: ['web.default.svc 30 A 10.96.0.20'],
  },
  {
    rule: 'three are no name',
    query: 'a._http._tcp.web.default.svc SRV',
    rcode: 'NXDOMAIN',
    reason: /too many labels/,
  },
  { rule: 'wildcards are gone', query: '*.default.svc A', rcode: 'NXDOMAIN' },
  {
    rule: 'a Service without records of the type is there',
    query: 'web.default.svc MX',
    rcode: 'NODATA',
    reason: /no MX record/,
  },
  { rule: 'a port that it does not have is not', query: '_nope._tcp.web.default.svc SRV', rcode: 'NXDOMAIN' },
  {
    rule: 'a Service with a ClusterIP and no endpoints is there',
    query: 'empty.default.svc A',
    answer: ['empty.default.svc 30 A 10.96.0.23'],
  },
  {
    rule: 'unless ignore empty_service',
    config: 'ignoreEmpty',
    query: 'empty.default.svc A',
    rcode: 'NXDOMAIN',
    reason: /no ready endpoints/,
  },
  {
    rule: 'with noendpoints a headless Service is not',
    config: 'noEndpoints',
    query: 'db.shop.svc A',
    rcode: 'NXDOMAIN',
    reason: /noendpoints in the Corefile/,
  },
  { rule: 'TXT of a Service is NODATA', query: 'web.default.svc TXT', rcode: 'NODATA' },
  { rule: 'of an unknown name NXDOMAIN', query: 'nope.default.svc TXT', rcode: 'NXDOMAIN' },
  {
    rule: 'PTR of an address that nobody has goes on to a resolver outside',
    query: '9.9.9.9.in-addr.arpa. PTR',
    rcode: 'NXDOMAIN',
    soa: 'none',
  },
  {
    rule: 'which knows the hosts of the Topology',
    query: '50.113.0.203.in-addr.arpa. PTR',
    answer: ['50.113.0.203.in-addr.arpa. 30 PTR db.example.com.'],
  },
  {
    rule: 'without fallthrough it is NXDOMAIN',
    config: 'bare',
    query: '9.9.9.9.in-addr.arpa. PTR',
    rcode: 'NXDOMAIN',
  },
  {
    rule: 'fallthrough without zones goes on for every name',
    config: 'fallthrough',
    query: 'nope.default.svc A',
    rcode: 'NXDOMAIN',
    soa: 'none',
  },
  { rule: 'SOA is answered at the apex', query: 'cluster.local. SOA', answer: [SOA()] },
  { rule: 'and nowhere else', query: 'web.default.svc SOA', rcode: 'NODATA' },
  {
    rule: 'its minimum is the ttl, and its own TTL 300 at most',
    config: 'long',
    query: 'cluster.local. SOA',
    answer: [SOA(3600)],
  },
  {
    rule: 'NS of the apex is the Service of CoreDNS',
    query: 'cluster.local. NS',
    answer: ['cluster.local. 30 NS kube-dns.kube-system.svc'],
    additional: ['kube-dns.kube-system.svc 30 A 10.96.0.10'],
  },
  { rule: 'NS below it is NODATA', query: 'svc NS', rcode: 'NODATA' },
  { rule: 'of a name that is not there NXDOMAIN', query: 'nope.default.svc NS', rcode: 'NXDOMAIN' },
  { rule: 'zone transfers are refused', query: 'cluster.local. AXFR', rcode: 'REFUSED' },
  {
    rule: 'a Corefile that sets no ttl means 5',
    config: 'bare',
    query: 'web.default.svc A',
    answer: ['web.default.svc 5 A 10.96.0.20'],
  },
  {
    rule: 'the schema keeps its own',
    config: 'bare',
    query: 'dns-version TXT',
    answer: ['dns-version 28800 TXT 1.1.0'],
  },
];

describe.each([
  ['6.1 records', RECORDS],
  ['6.2 what is there', EXISTENCE],
])('%s', (_, rows) => {
  it.each(rows.map((row) => [`${row.rule}: ${row.query}`, row] as const))('%s', (__, row) => {
    const { config = 'kubeadm', query, answer = [], additional = [], rcode, reason, soa } = row;
    const [name = '', type = ''] = query.split(' ');
    const got = answerDns(serverFor(config), { name: full(name), type });
    expect(got.rcode).toBe(rcode === undefined || rcode === 'NODATA' ? 'NOERROR' : rcode);
    expect(lines(got.answer)).toEqual(answer.map(expected).sort());
    expect(lines(got.additional)).toEqual(additional.map(expected).sort());
    const negative = rcode === 'NODATA' || rcode === 'NXDOMAIN';
    const ttl = config === 'bare' ? 5 : 30;
    const zone = name.endsWith('.arpa.') ? /(in-addr|ip6)\.arpa\.$/.exec(name)?.[0] : Z;
    const authority = negative && soa === undefined ? [SOA(ttl).replaceAll(Z, zone ?? Z)] : [];
    expect(lines(got.authority)).toEqual(authority);
    expect(got.reason !== undefined).toBe(rcode !== undefined);
    if (reason !== undefined) expect(got.reason).toMatch(reason);
  });
});

describe('CoreDNS that has not read the cluster yet', () => {
  it('answers SERVFAIL to what it would call NXDOMAIN', () => {
    const loaded = loadCluster([{ file: 'cluster.yaml', text: CLUSTER }]);
    const { objects } = buildCluster(withDns(loaded.objects));
    const server = dnsServer(objects, objects.topology.hosts, { synced: false });
    expect(answerDns(server, { name: `nope.default.svc.${Z}`, type: 'A' }).rcode).toBe('SERVFAIL');
  });
});
