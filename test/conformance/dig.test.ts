import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digText } from '../../src/cli/actions/dig.ts';
import { type DnsSockets, openDnsSockets } from '../../src/cli/dns-sockets.ts';
import { buildCluster } from '../../src/cluster/index.ts';
import { answer, dnsServer, respond, withDns } from '../../src/controllers/dns/index.ts';
import { parseDigRequest } from '../../src/formats/dig/index.ts';
import { loadCluster } from '../../src/k8s/index.ts';
import { dig } from '../../src/trace/names/index.ts';
import { podwalk } from '../fixtures/cli.ts';

/** Debian's dig (bind9-dnsutils) asks what dns-serve serves; podwalk dig asks the same cluster. */
const CLUSTER = 'test/golden/dns/cluster.yaml';
const version = spawnSync('dig', ['-v'], { encoding: 'utf8' });
const there = version.error === undefined;
/** Other versions lay out a little differently; their records are the same. */
const sameLayout = there && /DiG 9\.18\./.test(version.stderr);
const run = promisify(execFile);

const Z = 'cluster.local';

/** Words as a person types them: names and types of every kind. */
const QUERIES: readonly string[] = [
  ...['A', 'AAAA', 'SRV', 'TXT', 'CNAME', 'MX', 'ANY', 'SOA', 'NS', 'HTTPS', 'TYPE65280'].map(
    (type) => `web.default.svc.${Z} ${type}`,
  ),
  ...['A', 'AAAA', 'SRV'].map((type) => `both.default.svc.${Z} ${type}`),
  ...['A', 'SRV', 'AAAA', 'CNAME'].map((type) => `db.shop.svc.${Z} ${type}`),
  ...['A', 'AAAA', 'CNAME', 'SRV'].map((type) => `outside.shop.svc.${Z} ${type}`),
  ...[
    'alias',
    'alias-of-alias',
    'dangling',
    'unknown',
    'loop-a',
    'nobody',
    'portless',
    'starting',
    'starting-too',
  ].map((name) => `${name}.shop.svc.${Z}`),
  ...['sixth', 'six', 'portless'].map((name) => `${name}.shop.svc.${Z} SRV`),
  `_http._tcp.web.default.svc.${Z} SRV`,
  `_postgres._tcp.db.shop.svc.${Z} SRV`,
  `_nope._tcp.web.default.svc.${Z} SRV`,
  `a-0.foo.default.svc.${Z}`,
  `db-2.db.shop.svc.${Z}`,
  `10-244-1-10.web.default.svc.${Z}`,
  `10-42-0-7.shop.pod.${Z}`,
  `sixth.shop.svc.${Z} AAAA`,
  `dns-version.${Z} TXT`,
  ...['A', 'NS', 'SOA', 'TXT'].map((type) => `${Z} ${type}`),
  `svc.${Z}`,
  `bare.svc.${Z}`,
  `nowhere.svc.${Z}`,
  `nope.default.svc.${Z}`,
  `WeB.Default.SVC.${Z}`,
  `WeB.Default.SVC.CLUSTER.LOCAL SRV`,
  `web.default.svc.${Z}.`,
  'db.example.com',
  'db.example.com AAAA',
  'www.example.net',
  'example.com NS',
  '.',
  '-x 10.96.0.20',
  '-x 10.244.1.20',
  '-x 10.244.1.10',
  '-x 192.0.2.1',
  '-x 203.0.113.50',
  '-x fd00:96::22',
  '-x 10.96',
  `${Z} AXFR`,
  `web.default.svc.${Z} CH`,
];

/** dig's options, each on a name of its own kind. */
const OPTIONS: readonly string[] = [
  `db.shop.svc.${Z} SRV +short`,
  `outside.shop.svc.${Z} +short`,
  `dns-version.${Z} TXT +short`,
  `nope.default.svc.${Z} +short`,
  `db.shop.svc.${Z} SRV +noall +answer`,
  `db.shop.svc.${Z} SRV +noall +additional`,
  `nope.default.svc.${Z} +noall +authority`,
  `web.default.svc.${Z} +noall +comments`,
  `web.default.svc.${Z} +noall +question +stats`,
  `web.default.svc.${Z} +nocomments`,
  `web.default.svc.${Z} +nocmd +nostats`,
  `web.default.svc.${Z} +noquestion`,
  `db.shop.svc.${Z} SRV +nottlid`,
  `db.shop.svc.${Z} SRV +noclass`,
  `db.shop.svc.${Z} SRV +nottlid +noclass`,
  `web.default.svc.${Z} +noedns`,
  `web.default.svc.${Z} +nocookie`,
  `web.default.svc.${Z} +dnssec`,
  `web.default.svc.${Z} +cdflag`,
  `web.default.svc.${Z} +norecurse`,
  `web.default.svc.${Z} +noadflag`,
  `web.default.svc.${Z} +tcp`,
  `db.shop.svc.${Z} SRV +vc +bufsize=512`,
  `db.shop.svc.${Z} SRV +bufsize=512`,
  `db.shop.svc.${Z} SRV +bufsize=512 +ignore`,
  `db.shop.svc.${Z} SRV +noedns +short`,
  `six.shop.svc.${Z} SRV +noedns +ignore`,
  `six.shop.svc.${Z} SRV +noedns +noall +answer`,
  `db.shop.svc.${Z} SRV +noal +answ`,
  `web +domain=default.svc.${Z} +noall +question`,
  `web +domain=default.svc.${Z} +showsearch +noall +question +answer`,
  `nope +domain=default.svc.${Z} +showsearch +noall +question`,
];

/** What is the machine's, the moment's or chance: program, server, id, cookie, times. */
function steady(text: string): string {
  return text
    .replace(/^; <<>> DiG .*$/gm, '; <<>> DiG')
    .replace(/^; \(1 server found\)\n/gm, '')
    .replace(/, id: \d+$/gm, ', id: 1')
    .replace(/^; COOKIE: [0-9a-f]{16} /gm, '; COOKIE: 1 ')
    .replace(/^;; Query time: .*$/gm, ';; Query time')
    .replace(/^;; SERVER: \S+ /gm, ';; SERVER ')
    .replace(/^;; WHEN: .*$/gm, ';; WHEN');
}

/** Lines that are no comments, however they are spaced. */
function recordsOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith(';'))
    .map((line) => line.replace(/\s+/g, ' '));
}

describe.runIf(there)("podwalk dig prints what Debian's dig prints against dns-serve", () => {
  const loaded = loadCluster([{ file: CLUSTER, text: readFileSync(CLUSTER, 'utf8') }]);
  const cluster = buildCluster(withDns(loaded.objects));
  let sockets: DnsSockets;
  beforeAll(async () => {
    const server = dnsServer(cluster.objects);
    sockets = await openDnsSockets('127.0.0.1', 0, (bytes, transport) =>
      respond((query) => answer(server, query), bytes, transport),
    );
  });
  afterAll(() => sockets.close());

  /** As the command prints it: the cluster is read once. */
  function textOf(words: readonly string[]): string {
    const [first, second, ...rest] = words;
    const parsed = first === '-x' ? parseDigRequest(rest, second) : parseDigRequest(words);
    if (!parsed.ok) throw new Error(parsed.message);
    const found = dig(cluster, { namespace: 'default' }, parsed.request);
    if (!found.ok) throw new Error(found.error.message);
    return digText(found.value, parsed.request, words);
  }

  it('as the command line does', async () => {
    const line = ['dig', `web.default.svc.${Z}`, 'SRV'];
    const { stdout } = await podwalk([...line, '-f', CLUSTER]);
    expect(stdout).toBe(textOf(line.slice(1)));
  });

  it.each([...QUERIES, ...OPTIONS])('%s', async (line) => {
    const words = line.split(' ');
    const real = await run('dig', ['-r', '@127.0.0.1', '-p', String(sockets.port), ...words]);
    const ours = textOf(words);
    if (sameLayout) expect(steady(ours)).toBe(steady(real.stdout));
    else expect(recordsOf(ours)).toEqual(recordsOf(real.stdout));
  });

  it('asks for more than forty names', () => {
    expect(QUERIES.length).toBeGreaterThan(40);
  });
});

if (!there) {
  it.skip("podwalk dig against Debian's dig (skipped: dig is missing, Debian package bind9-dnsutils)", () =>
    undefined);
}
