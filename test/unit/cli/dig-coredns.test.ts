import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDnsName } from '../../../src/index.ts';
import { podwalk } from '../../fixtures/cli.ts';

/** CoreDNS' own tests as manifests and command lines; a directory outside the repository. */
const corpus = process.env['PODWALK_CORPUS'];
const folder = corpus === undefined ? undefined : join(corpus, 'external', 'dns');
const there = folder !== undefined && existsSync(join(folder, 'cases.json'));

interface Address {
  readonly ip: string;
  readonly hostname?: string;
  readonly zone?: string;
}

interface Fixture {
  readonly namespaces_that_do_not_exist?: readonly string[];
  readonly services: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly type: string;
    readonly clusterIPs?: readonly string[];
    readonly externalName?: string;
    readonly ports: readonly object[];
  }[];
  readonly endpoints: readonly {
    readonly service: string;
    readonly namespace: string;
    readonly slice: string;
    readonly addresses: readonly Address[];
    readonly ports: readonly { readonly port: number }[];
  }[];
  readonly pods: readonly { readonly name: string; readonly namespace: string; readonly ip: string }[];
}

interface Record {
  readonly name: string;
  readonly ttl: number;
  readonly type: string;
  readonly data: string;
}

interface CaseSet {
  readonly set: string;
  readonly config: {
    readonly zones: readonly string[];
    readonly pods?: string;
    readonly ttl: number;
    readonly namespaces?: readonly string[];
    readonly synced?: boolean;
    readonly localIPs?: readonly string[];
    readonly ignoreEmptyService?: boolean;
    readonly zonal?: boolean;
    readonly fixture?: string;
  };
  readonly cases: readonly {
    readonly qname: string;
    readonly qtype: string;
    readonly rcode: string;
    readonly answer: readonly Record[];
    readonly authority: readonly Record[];
    readonly additional: readonly Record[];
  }[];
}

function read(name: string): unknown {
  return there ? JSON.parse(readFileSync(join(folder, name), 'utf8')) : undefined;
}

const { fixtures } = (read('fixtures.json') ?? { fixtures: {} }) as { fixtures: { [name: string]: Fixture } };
const { sets } = (read('cases.json') ?? { sets: [] }) as { sets: readonly CaseSet[] };

/** Two Services of one address: no API server would take both. */
const IMPOSSIBLE = 'svcempty';

function corefileOf({ config }: CaseSet): string {
  const { zones, pods, ttl, namespaces = [], ignoreEmptyService, zonal } = config;
  const inside = [
    ...(pods === undefined ? [] : [`pods ${pods}`]),
    `ttl ${ttl}`,
    ...(namespaces.length === 0 ? [] : [`namespaces ${namespaces.join(' ')}`]),
    ...(ignoreEmptyService === true ? ['ignore empty_service'] : []),
    ...(zonal === true ? ['zonal'] : []),
  ];
  return `.:53 {\n  kubernetes ${zones.join(' ')} {\n    ${inside.join('\n    ')}\n  }\n  forward . /etc/resolv.conf\n}\n`;
}

/** The fixture as `kubectl get -o yaml` would give it. */
function manifestsOf(fixture: Fixture, set: CaseSet): string {
  const missing = new Set(fixture.namespaces_that_do_not_exist);
  const asked = set.cases.map(
    ({ qname }) => parseDnsName(qname.toLowerCase(), 'cluster.local.')?.namespace ?? '',
  );
  const items: object[] = [...new Set(asked)]
    .filter((name) => /^[a-z-]+$/.test(name) && !missing.has(name))
    .map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  for (const { name, namespace, type, clusterIPs = [], externalName, ports } of fixture.services) {
    if (name === IMPOSSIBLE) continue;
    const families = clusterIPs.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4'));
    const spec = {
      type,
      ports,
      ...(externalName === undefined ? { clusterIP: clusterIPs[0], clusterIPs } : { externalName }),
      ...(clusterIPs[0] === 'None' || externalName !== undefined
        ? {}
        : { ipFamilies: families, ipFamilyPolicy: families.length > 1 ? 'RequireDualStack' : 'SingleStack' }),
    };
    items.push({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec });
  }
  for (const { service, namespace, slice, addresses, ports } of fixture.endpoints) {
    if (service === IMPOSSIBLE) continue;
    for (const addressType of ['IPv4', 'IPv6']) {
      const own = addresses.filter(({ ip }) => ip.includes(':') === (addressType === 'IPv6'));
      if (own.length === 0) continue;
      items.push({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${slice}-${addressType.toLowerCase()}`,
          namespace,
          labels: { 'kubernetes.io/service-name': service },
        },
        addressType,
        ports: ports.filter(({ port }) => port !== -1),
        endpoints: own.map(({ ip, hostname, zone }) => ({
          addresses: [ip],
          ...(hostname === undefined ? {} : { hostname }),
          ...(zone === undefined ? {} : { zone }),
        })),
      });
    }
  }
  for (const { name, namespace, ip } of fixture.pods)
    items.push({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace },
      spec: { containers: [{ name: 'c', image: 'x' }] },
      status: { phase: 'Running', podIP: ip },
    });
  items.push({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace: 'kube-system' },
    data: { Corefile: corefileOf(set) },
  });
  items.push({
    apiVersion: 'podwalk/v1',
    kind: 'Topology',
    networks: [{ name: 'lan', cidr: '192.168.56.0/24', gateway: '192.168.56.1' }],
    hosts: [{ name: 'ext.interwebs.test', ip: '1.2.3.4' }],
  });
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** Of a SOA record only whose it is: its numbers are the server's. */
function lines(records: readonly Record[]): string[] {
  return records
    .map(({ name, ttl, type, data }) => (type === 'SOA' ? `${name} SOA` : `${name} ${ttl} ${type} ${data}`))
    .sort();
}

/** Sets whose server is what a cluster has: it has read the objects, and is the cluster's own. */
const usable = sets.filter(({ config }) => config.synced !== false && config.localIPs === undefined);

describe.skipIf(!there)("dig -o json answers CoreDNS' own queries ($PODWALK_CORPUS)", () => {
  for (const set of usable) {
    const fixture = fixtures[set.config.fixture ?? 'default'];
    if (fixture === undefined) throw new Error(`no fixture ${set.config.fixture}`);
    const stdin = manifestsOf(fixture, set);
    const cases = set.cases.filter(({ qname }) => !qname.includes(IMPOSSIBLE));
    it.runIf(cases.length > 0).each(cases.map((one) => [`${one.qname} ${one.qtype}`, one] as const))(
      `${set.set}: %s`,
      async (_, { qname, qtype, rcode, answer, authority, additional }) => {
        const ran = await podwalk(['dig', qname, qtype, '-o', 'json', '-f', '-'], { stdin });
        expect(ran.stderr).not.toMatch(/error/);
        const got = JSON.parse(ran.stdout) as {
          rcode: string;
          answer: Record[];
          authority: Record[];
          additional: Record[];
        };
        expect(Object.keys(got)).toEqual(['rcode', 'answer', 'authority', 'additional']);
        expect(got.rcode).toBe(rcode);
        expect(lines(got.answer)).toEqual(lines(answer));
        expect(lines(got.authority)).toEqual(lines(authority));
        expect(lines(got.additional)).toEqual(lines(additional));
        expect(ran.code).toBe(rcode === 'NOERROR' && answer.length > 0 ? 0 : 1);
      },
    );
  }
});

if (!there) {
  it.skip("dig -o json against CoreDNS' own queries (skipped: PODWALK_CORPUS is not set)", () => undefined);
}
