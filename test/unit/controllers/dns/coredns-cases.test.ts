import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../../src/addr/index.ts';
import { FORWARD_ALL } from '../../../../src/controllers/dns/index.ts';
import {
  answerDns,
  type ClusterObjects,
  type DnsRecord,
  dnsServer,
  kubernetesPlugin,
  loadCluster,
  parseDnsName,
} from '../../../../src/index.ts';

/** CoreDNS' own tests as data; a directory outside the repository. */
const corpus = process.env['PODWALK_CORPUS'];
const folder = corpus === undefined ? undefined : join(corpus, 'external', 'dns');
const there = folder !== undefined && existsSync(join(folder, 'cases.json'));

interface Fixture {
  readonly namespaces_that_do_not_exist?: readonly string[];
  readonly services: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly type: 'ClusterIP' | 'ExternalName';
    readonly clusterIPs?: readonly string[];
    readonly externalName?: string;
    readonly ports: readonly { name: string; protocol: 'TCP' | 'UDP'; port: number }[];
  }[];
  readonly endpoints: readonly {
    readonly service: string;
    readonly namespace: string;
    readonly slice: string;
    readonly addresses: readonly { ip: string; hostname?: string; zone?: string }[];
    readonly ports: readonly { name?: string; protocol?: 'TCP' | 'UDP'; port: number }[];
  }[];
  readonly pods: readonly { name: string; namespace: string; ip: string }[];
}

interface CaseSet {
  readonly set: string;
  readonly config: {
    readonly zones: readonly string[];
    readonly pods?: 'disabled' | 'insecure' | 'verified';
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
    readonly answer: readonly DnsRecord[];
    readonly authority: readonly DnsRecord[];
    readonly additional: readonly DnsRecord[];
  }[];
}

function read(name: string): unknown {
  return there ? JSON.parse(readFileSync(join(folder, name), 'utf8')) : undefined;
}

const { fixtures } = (read('fixtures.json') ?? { fixtures: {} }) as { fixtures: Record<string, Fixture> };
const { sets } = (read('cases.json') ?? { sets: [] }) as { sets: readonly CaseSet[] };
const names = (read('parse-request.json') ?? { zone: '', valid: [], invalid_means_nxdomain: [] }) as {
  zone: string;
  valid: readonly { query: string; expected: Record<string, string>; options: object }[];
  invalid_means_nxdomain: readonly { query: string; why: string; options?: object }[];
};

function ip(text: string): NonNullable<ReturnType<typeof parseIp>> {
  const found = parseIp(text);
  if (found === undefined) throw new Error(`no address: ${text}`);
  return found;
}

function metaOf(name: string, namespace: string): ClusterObjects['pods'][number]['meta'] {
  const empty = new Map<string, string>();
  return { name, namespace, labels: empty, annotations: empty, ownerReferences: [], deleting: false };
}

/** What one of CoreDNS' fixtures holds, past every check of the loader: they hold what no API server would take. */
function objectsOf(fixture: Fixture, set: CaseSet): ClusterObjects {
  const { objects } = loadCluster([{ file: 'empty', text: '' }]);
  const asked = set.cases.map(({ qname }) => parseDnsName(qname, 'cluster.local.')?.namespace ?? '');
  const missing = new Set(fixture.namespaces_that_do_not_exist);
  return {
    ...objects,
    // The fixture takes every namespace to exist, but for two.
    namespaces: [...new Set(asked)]
      .filter((name) => name !== '' && !missing.has(name))
      .map((name) => ({ kind: 'Namespace', meta: metaOf(name, '') })),
    services: fixture.services.map((service) => {
      const clusterIPs = (service.clusterIPs ?? []).filter((one) => one !== 'None').map(ip);
      return {
        kind: 'Service',
        meta: metaOf(service.name, service.namespace),
        type: service.type,
        clusterIPs,
        headless: service.clusterIPs?.[0] === 'None',
        ipFamilies: clusterIPs.map((one) => (typeof one === 'number' ? 4 : 6)),
        ports: service.ports.map((port) => ({ ...port, targetPort: port.port, nodePort: 0 })),
        externalIPs: [],
        externalName: service.externalName ?? '',
        loadBalancerIngress: [],
        loadBalancerSourceRanges: [],
        externalTrafficPolicy: 'Cluster',
        internalTrafficPolicy: 'Cluster',
        sessionAffinity: 'None',
        sessionAffinityTimeout: 10800,
        healthCheckNodePort: 0,
        publishNotReadyAddresses: false,
      };
    }),
    endpointSlices: fixture.endpoints.map((slice) => ({
      kind: 'EndpointSlice',
      meta: metaOf(slice.slice, slice.namespace),
      serviceName: slice.service,
      addressType: 'IPv4',
      ports: slice.ports.map((port) => ({ protocol: 'TCP', ...port })),
      endpoints: slice.addresses.map((address) => ({
        addresses: [ip(address.ip)],
        ready: true,
        serving: true,
        terminating: false,
        hostname: address.hostname ?? '',
        nodeName: '',
        zone: address.zone ?? '',
      })),
    })),
    pods: fixture.pods.map((pod) => ({
      kind: 'Pod',
      meta: metaOf(pod.name, pod.namespace),
      phase: 'Running',
      podIPs: [ip(pod.ip)],
      ready: true,
      nodeName: '',
      hostNetwork: false,
      ports: [],
      nodeSelector: new Map<string, string>(),
      hostname: '',
      subdomain: '',
      serviceAccountName: '',
    })),
    topology: {
      ...objects.topology,
      hosts: [{ name: 'ext.interwebs.test', ip: ip('1.2.3.4'), listens: [] }],
    },
  };
}

function serverOf(set: CaseSet): ReturnType<typeof dnsServer> {
  const { config } = set;
  const fixture = fixtures[config.fixture ?? 'default'];
  if (fixture === undefined) throw new Error(`no fixture ${config.fixture}`);
  const kubernetes = {
    ...kubernetesPlugin(config.zones),
    ttl: config.ttl,
    pods: config.pods ?? 'disabled',
    namespaces: config.namespaces ?? [],
    ignoreEmptyService: config.ignoreEmptyService ?? false,
    zonal: config.zonal ?? false,
  };
  const objects = objectsOf(fixture, set);
  return dnsServer(objects, objects.topology.hosts, {
    config: { servers: [{ zones: ['.'], kubernetes, forward: [FORWARD_ALL] }] },
    localIPs: (config.localIPs ?? []).map(ip),
    synced: config.synced ?? true,
  });
}

/** Records as lines; of a SOA only whose it is: its numbers are the server's. */
function lines(records: readonly DnsRecord[]): string[] {
  return records
    .map(({ name, ttl, type, data }) => (type === 'SOA' ? `${name} SOA` : `${name} ${ttl} ${type} ${data}`))
    .sort();
}

describe.skipIf(!there)("CoreDNS' own queries ($PODWALK_CORPUS)", () => {
  it('are all there', () => {
    expect(sets.reduce((sum, { cases }) => sum + cases.length, 0)).toBe(97);
  });

  for (const set of sets) {
    const server = serverOf(set);
    it.each(set.cases.map((one) => [`${one.qname} ${one.qtype}`, one] as const))(
      `${set.set}: %s is answered as CoreDNS answers it`,
      (_, { qname, qtype, rcode, answer, authority, additional }) => {
        const got = answerDns(server, { name: qname, type: qtype });
        expect(got.rcode).toBe(rcode);
        expect(lines(got.answer)).toEqual(lines(answer));
        expect(lines(got.authority)).toEqual(lines(authority));
        expect(lines(got.additional)).toEqual(lines(additional));
        const targets = got.answer.map(({ name }) => name);
        for (const [i, { type, data }] of got.answer.entries())
          if (type === 'CNAME' && targets.includes(data)) expect(targets.indexOf(data)).toBeGreaterThan(i);
      },
    );
  }

  it.each(names.valid.map((one) => [one.query, one] as const))('%s is read as CoreDNS reads it', (_, one) => {
    const found = parseDnsName(one.query, names.zone, one.options);
    const { branch: podOrSvc, port, protocol, endpoint, cluster, service, namespace } = found ?? {};
    expect({ podOrSvc, port, protocol, endpoint, cluster, service, namespace }).toMatchObject(
      // CoreDNS leaves the branch empty where nothing stands before it.
      one.expected,
    );
  });

  it.each(names.invalid_means_nxdomain.map((one) => [one.query, one.why, one] as const))(
    '%s is no name: %s',
    (_, __, one) => {
      expect(parseDnsName(one.query, names.zone, one.options ?? {})).toBeUndefined();
    },
  );
});

if (!there) it.skip("CoreDNS' own queries (skipped: PODWALK_CORPUS is not set)", () => undefined);
