import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatIp } from '../../src/addr/index.ts';
import { buildCluster, type Cluster } from '../../src/cluster/index.ts';
import { loadCluster, readSources } from '../../src/k8s/index.ts';
import { type Lab, missingFor, openLab, temporaryPrefix } from '../../src/lab/index.ts';
import {
  type Capture,
  keepOutsideWorld,
  type Question,
  resolveQuestion,
  runTrace,
  type TraceRequest,
} from '../../src/trace/index.ts';
import { podwalkBytes } from '../fixtures/cli.ts';
import { frameText, isOfFirstExchange } from '../support/frame-text.ts';
import { startDump } from '../support/tcpdump.ts';
import { titleOf } from './real-tools.ts';

const WALKS = [
  'trace -t two-nodes pod/client svc/web:80 --all',
  'trace -t two-nodes pod/client pod/web-0 -p icmp --size 4001',
  'trace -t no-endpoints pod/client svc/web:80 -v',
  'trace -t two-nodes pod/client http://web.default',
  'trace -t two-nodes pod/client webb:80',
];

function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version']).error === undefined;
}

/** Each reader, what it is asked, and what it must not say. */
const READERS = [
  ['tcpdump', ['-n', '-vv', '-e', '-r'], /bad|incorrect|truncated|\[\|/],
  [
    'tshark',
    [
      '-n',
      '-V',
      '-d',
      'udp.port==8472,vxlan',
      ...['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]),
      '-r',
    ],
    /Malformed|Status: Bad|incorrect/,
  ],
  ['capinfos', [], /error|Strict time order: +False/i],
] as const;

describe('a capture file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'podwalk-pcapng-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  for (const [program, argv, complaint] of READERS) {
    const missing = hasProgram(program) ? undefined : `needs ${program}`;
    test.skipIf(missing !== undefined).each(WALKS)(
      titleOf(`is read by ${program} without complaint: %s`, missing),
      async (walk) => {
        const { bytes } = await podwalkBytes([...walk.split(' '), '-o', 'pcapng']);
        const file = join(folder, 'walk.pcapng');
        writeFileSync(file, bytes);
        const { status, stdout, stderr } = spawnSync(program, [...argv, file], {
          encoding: 'utf8',
          maxBuffer: 1 << 26,
        });
        expect([status, stderr.replace(/^(reading from|Running as user).*\n?/gm, '')]).toEqual([0, '']);
        expect(stdout).not.toMatch(complaint);
        expect(stdout.length).toBeGreaterThan(500);
      },
    );
  }
});

describe('the DNS of a capture file', () => {
  const missing = hasProgram('tshark') ? undefined : 'needs tshark';
  const folder = mkdtempSync(join(tmpdir(), 'podwalk-dns-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.skipIf(missing !== undefined)(
    titleOf(
      'is read back by tshark: every query and answer of the lookup, on every device on the way',
      missing,
    ),
    async () => {
      const { bytes } = await podwalkBytes(
        'trace -t two-nodes pod/client web.default:80 -o pcapng'.split(' '),
      );
      const file = join(folder, 'names.pcapng');
      writeFileSync(file, bytes);
      const fields = ['dns.flags.response', 'dns.qry.name', 'dns.qry.type', 'dns.flags.rcode', 'dns.a'];
      const { status, stdout, stderr } = spawnSync(
        'tshark',
        ['-n', '-r', file, '-Y', 'dns', '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
        { encoding: 'utf8' },
      );
      expect([status, stderr.replace(/^Running as user.*\n?/gm, '')]).toEqual([0, '']);
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/\t+$/, ''));
      expect([...new Set(lines)]).toEqual([
        '0\tweb.default.default.svc.cluster.local\t1',
        '1\tweb.default.default.svc.cluster.local\t1\t3',
        '0\tweb.default.default.svc.cluster.local\t28',
        '1\tweb.default.default.svc.cluster.local\t28\t3',
        '0\tweb.default.svc.cluster.local\t1',
        '1\tweb.default.svc.cluster.local\t1\t0\t10.96.0.10',
        '0\tweb.default.svc.cluster.local\t28',
        '1\tweb.default.svc.cluster.local\t28\t0',
      ]);
      // Eight devices of a way through VXLAN show each packet as it is.
      expect(lines.length).toBe(8 * 8);
    },
  );
});

interface Probe extends Pick<Question, 'source' | 'destination' | 'protocol' | 'ttl' | 'size'> {
  readonly what: string;
}

/** Few and each of another kind; `podwalk conform` holds the way of many against the kernel. */
const CLUSTERS: readonly (readonly [topology: string, probes: readonly Probe[]])[] = [
  [
    'three-nodes',
    [
      { what: 'a Service, over VXLAN or on the node', source: 'pod/client', destination: 'svc/web:80' },
      {
        what: 'a Service of UDP',
        source: 'pod/client',
        destination: 'svc/resolver:53',
        protocol: 'udp',
        size: 1,
      },
      { what: 'its own Service, hairpin', source: 'pod/web-0', destination: 'svc/web:80' },
      { what: 'a nodePort from outside, over SNAT', source: 'external', destination: '192.168.56.11:30080' },
      { what: 'a ping', source: 'pod/client', destination: '10.244.2.2', protocol: 'icmp', size: 56 },
      {
        what: 'a ping in fragments',
        source: 'pod/client',
        destination: '10.244.2.2',
        protocol: 'icmp',
        size: 3000,
      },
      { what: 'a closed port: RST', source: 'pod/client', destination: '10.244.2.2:9' },
      {
        what: 'a closed port: ICMP',
        source: 'pod/client',
        destination: '10.244.2.2:9',
        protocol: 'udp',
        size: 1,
      },
      {
        what: 'a TTL that runs out',
        source: 'pod/client',
        destination: '10.244.2.2',
        protocol: 'icmp',
        ttl: 2,
        size: 8,
      },
      {
        what: 'an address that nobody has',
        source: 'pod/client',
        destination: '10.244.2.250',
        protocol: 'icmp',
        size: 8,
      },
    ],
  ],
  [
    'host-gw',
    [
      { what: 'a Service', source: 'pod/client', destination: 'svc/web:80' },
      {
        what: 'a node, from a pod, masqueraded',
        source: 'pod/client',
        destination: '192.168.56.12',
        protocol: 'icmp',
        size: 8,
      },
    ],
  ],
];

const missing = missingFor('conform')[0];

describe.skipIf(missing !== undefined).each(CLUSTERS)(
  titleOf('the frames of a real capture, in the lab of %s', missing),
  (topology, probes) => {
    let cluster: Cluster;
    let lab: Lab;

    beforeAll(async () => {
      const { sources } = readSources([new URL(`../../topologies/${topology}/`, import.meta.url).pathname]);
      cluster = buildCluster(loadCluster(sources, { set: [] }).objects);
      for (const probe of probes) keepOutsideWorld(cluster, requestOf(cluster, probe));
      lab = await openLab(cluster, temporaryPrefix('pcapng-'));
    }, 60_000);
    afterAll(() => lab?.close(), 60_000);

    test.each(probes.map((probe, i) => [probe.what, probe, 30_000 + i] as const))(
      '%s',
      async (_, probe, sport) => {
        // A machine under load may be late with an ARP answer, and be asked again: a second look is without haste.
        const first = await bothSides(lab, cluster, probe, sport);
        const { emulated, real } = first.same ? first : await bothSides(lab, cluster, probe, sport + 100);
        expect(real).toEqual(emulated);
        expect(Object.values(emulated).flat().length).toBeGreaterThan(3);
      },
      30_000,
    );
  },
);

/** The headers of each frame in words, by `NAMESPACE DEVICE`. */
type Texts = Readonly<Record<string, readonly string[]>>;

interface BothSides {
  readonly emulated: Texts;
  readonly real: Texts;
  readonly same: boolean;
}

/** The frames of the path that the kernel took, else of the first, and those that were captured on its devices. */
async function bothSides(lab: Lab, cluster: Cluster, probe: Probe, sport: number): Promise<BothSides> {
  const request = { ...requestOf(cluster, probe), ...(probe.protocol === 'icmp' ? {} : { sport }) };
  const { paths } = runTrace(cluster, request, { all: true, seed: 1, capture: true });
  const captures = paths.flatMap(({ capture: one }) => (one === undefined ? [] : [one]));
  const ports = [sport, 53, 80, 8080, 9, 30080];
  const frames = await capture(lab, cluster, request, captures);
  const ways = captures.map((one) => {
    const emulated = textsOf(one, ports);
    const real = Object.fromEntries(
      Object.keys(emulated).map((key) => [key, (frames.get(key) ?? []).map((f) => frameText(f, ports))]),
    );
    return { emulated, real, same: JSON.stringify(emulated) === JSON.stringify(real) };
  });
  const way = ways.find(({ same }) => same) ?? ways[0];
  if (way === undefined) throw new Error('a walk without a path');
  return way;
}

function requestOf(cluster: Cluster, { what: _, ...question }: Probe): TraceRequest {
  const ends = resolveQuestion(cluster, { ...question, namespace: 'default' });
  if (!ends.ok) throw new Error(ends.error.message);
  const { source, destinations } = ends.value;
  const { ttl, size } = question;
  return {
    source,
    destination: destinations[0],
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { size }),
  };
}

function textsOf({ devices, frames }: Capture, ports: readonly number[]): Texts {
  const texts: Record<string, string[]> = {};
  for (const { device, bytes } of frames) {
    const at = devices[device];
    if (at === undefined) throw new Error(`no device ${device}`);
    const key = `${at.kind}/${at.place} ${at.name}`;
    texts[key] = [...(texts[key] ?? []), frameText(Buffer.from(bytes, 'hex'), ports)];
  }
  return texts;
}

/** Sends the probe with nothing learnt before, and gives what tcpdump saw on every device, by namespace and name. */
async function capture(
  lab: Lab,
  { world }: Cluster,
  { source, destination, sport, ttl, size }: TraceRequest,
  captures: readonly Capture[],
): Promise<Map<string, Buffer[]>> {
  const keys = new Set(
    captures.flatMap(({ devices }) => devices.map((d) => `${d.kind}/${d.place} ${d.name}`)),
  );
  const dumps = await Promise.all(
    [...keys].map(async (key) => {
      const [id = '', device = ''] = key.split(' ');
      const netns = world.netns.get(id);
      if (netns === undefined) throw new Error(`no namespace ${id}`);
      return [key, await startDump(lab.realName(netns), device)] as const;
    }),
  );
  for (const id of world.netns.keys()) await lab.run(id, 'ip neigh flush all');
  await lab.probe(source.netnsId, {
    do: destination.protocol === 'icmp' ? 'ping' : destination.protocol === 'udp' ? 'udp' : 'tcp',
    host: formatIp(destination.ip),
    port: destination.port ?? 0,
    wait: 2500,
    ...(sport === undefined ? {} : { localPort: sport }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { size }),
  });
  const seen = new Map<string, Buffer[]>();
  for (const [key, dump] of dumps) seen.set(key, (await dump.stop()).filter(isOfFirstExchange));
  return seen;
}
