import { describe, expect, it } from 'vitest';
import { formatIp } from '../../src/addr/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import { printBridgeFdb, printConntrack, printIpNeigh, printIpsetSave } from '../../src/formats/index.ts';
import { connectionsOf, type Netns, withLearned } from '../../src/kernel/index.ts';
import { afterFlows, type Question, resolveQuestion } from '../../src/trace/index.ts';
import { HOLDING_CLIENT, HOLDING_SERVER } from '../support/flow-client.ts';
import { topologyCluster } from '../support/lab-cluster.ts';
import { inRealLab, type RealLab } from '../support/real-lab.ts';
import { whatTheLabLacks } from './lab-missing.ts';
import { titleOf } from './real-tools.ts';

type Flow = readonly [source: string, destination: string, protocol: 'tcp' | 'udp' | 'icmp'];

/** Flows without a choice of endpoints: connected, translated, masqueraded, refused, lost, never found. */
const CLUSTERS: readonly (readonly [topology: string, set: readonly string[], flows: readonly Flow[]])[] = [
  [
    'three-nodes',
    [],
    [
      ['pod/client', '10.244.2.99:80', 'tcp'],
      ['pod/client', 'pod/web-1', 'tcp'],
      ['pod/client', 'pod/web-0', 'tcp'],
      ['pod/client', 'node/node2:9999', 'tcp'],
      ['node/node1', 'pod/web-2', 'tcp'],
      ['pod/client', 'node/node3', 'icmp'],
      ['external', 'pod/web-1', 'icmp'],
    ],
  ],
  [
    'host-port',
    [],
    [
      ['external', 'node/node1:8080', 'tcp'],
      ['pod/client', 'node/node1:8080', 'tcp'],
      ['external', 'node/node1:5353', 'udp'],
      ['node/node2', 'node/node1:8080', 'tcp'],
    ],
  ],
  ['hairpin', [], [['pod/web-0', 'svc/web:80', 'tcp']]],
  [
    'host-gw',
    [],
    [
      ['pod/client', 'pod/web-0', 'tcp'],
      ['node/node1', 'pod/web-0', 'icmp'],
    ],
  ],
  ['two-nodes', ['flannel.Backend.DirectRouting=true'], [['pod/client', 'pod/web-0', 'tcp']]],
];

const FIRST_PORT = 20_000;

/** IPv6 and gratuitous ARP teach bridges what podwalk's packets do not; who is not there is given up soon. */
const QUIET = {
  namespace: [
    ['net/ipv6/conf/all/disable_ipv6', '1'],
    ['net/ipv6/conf/default/disable_ipv6', '1'],
  ],
  device: [
    ['net/ipv4/conf/%/arp_notify', '0'],
    ['net/ipv4/neigh/%/retrans_time_ms', '60'],
  ],
} as const;

/** What traffic leaves in a namespace. */
const LEARNT = ['conntrack -L', 'ip neigh', 'bridge fdb', 'ipset save'] as const;
type Learnt = Readonly<Record<(typeof LEARNT)[number], readonly string[]>>;

function questionOf([source, destination, protocol]: Flow, i: number): Question {
  const sport = protocol === 'icmp' ? {} : { sport: FIRST_PORT + i };
  return { source, destination, namespace: 'default', protocol, ...sport };
}

/**
 * Ports that both sides draw at random stand as `R`; the time that has passed, and who holds an entry right now, are left
 * out. So are groups that bridges join (IGMP). A SYN that is sent again goes by another port of the tunnel
 * (sk_rethink_txhash): how many ports there were is not compared.
 */
function connections(text: string): string[] {
  const lines = text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '' && !line.includes(' dst=224.0.0.'))
    .map((line) =>
      line
        .replace(
          /^(\w+ +\d+) (\d+)/,
          (_, head: string, time: string) => `${head} ${Math.ceil(Number(time) / 10) * 10}`,
        )
        .replace(/(?<= (?:sport|dport)=)\d+/g, (port) => (isDrawn(Number(port)) ? 'R' : port))
        .replace(/(?<= id=)\d+/g, 'R')
        .replace(/ use=\d+$/, ''),
    );
  const tunnel = new Set(lines.filter((line) => line.includes('port=8472 ')));
  return [...lines.filter((line) => !tunnel.has(line)), ...tunnel].sort();
}

/** Flows are numbered from FIRST_PORT; services and node ports have their own numbers. */
function isDrawn(port: number): boolean {
  const known =
    port < 1024 || [8080, 8472, 9999, 5353].includes(port) || (port >= FIRST_PORT && port < FIRST_PORT + 50);
  return !known && (port < 30_000 || port > 32_767);
}

/** Groups of IPv6, of which the lab has none. */
function withoutGroups(lines: readonly string[]): string[] {
  return lines.filter((line) => !line.startsWith('33:33:'));
}

function sortedLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

function emulated(cluster: Cluster, flows: readonly Flow[]): Map<string, Learnt> {
  const found = afterFlows(cluster, flows.map(questionOf), 1, (session) => {
    const all = [...cluster.world.netns.values()].map((netns): [string, Learnt] => {
      const shown = withLearned(session, netns);
      return [
        netns.id,
        {
          'conntrack -L': connections(printConntrack(netns, connectionsOf(session, netns))),
          'ip neigh': sortedLines(printIpNeigh(shown)),
          'bridge fdb': withoutGroups(sortedLines(printBridgeFdb(shown, { world: cluster.world }))),
          'ipset save': sortedLines(printIpsetSave(shown.sets.values(), { initval: false })),
        },
      ];
    });
    return new Map(all);
  });
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  return found.value;
}

function quoted(program: string): string {
  return `'${program.replaceAll("'", "'\\''")}'`;
}

function listenEverywhere(cluster: Cluster, lab: RealLab): void {
  for (const { id, sockets } of cluster.world.netns.values()) {
    const specs = sockets.filter(({ owner }) => owner.kind !== 'vxlan').map((s) => `${s.protocol}/${s.port}`);
    if (specs.length === 0) continue;
    const started = lab.run(id, `python3 -c ${quoted(HOLDING_SERVER)} ${specs.join(' ')}`);
    if (started.code !== 0) throw new Error(started.stderr);
  }
}

function send(cluster: Cluster, lab: RealLab, question: Question): void {
  const ends = resolveQuestion(cluster, question);
  if (!ends.ok) throw new Error(JSON.stringify(ends.error));
  const { source, destinations } = ends.value;
  const [{ ip, port }] = destinations;
  const from = source.ip === undefined ? '-' : formatIp(source.ip);
  if (question.protocol === 'icmp') lab.run(source.netnsId, `ping -n -c 1 -W 1 -s 0 ${formatIp(ip)}`);
  else {
    const words = [question.protocol, question.sport, formatIp(ip), port, from].join(' ');
    const client = lab.run(source.netnsId, `python3 -c ${quoted(HOLDING_CLIENT)} ${words}`);
    if (client.code !== 0) throw new Error(client.stderr);
  }
}

function observed(lab: RealLab, { id }: Netns): Learnt {
  const lines = (command: string): string => lab.run(id, command).stdout;
  return {
    'conntrack -L': connections(lines('conntrack -L 2>/dev/null')),
    'ip neigh': sortedLines(lines('ip neigh')),
    'bridge fdb': withoutGroups(sortedLines(lines('bridge fdb'))),
    'ipset save': sortedLines(lines('ipset save').replace(/ initval 0x[0-9a-f]+/g, '')),
  };
}

const missing = whatTheLabLacks('conform');
const real = it.skipIf(missing !== undefined);

describe(titleOf('what packets leave behind in a lab is what podwalk says', missing), () => {
  real.each(CLUSTERS)('topology %s %j', async (name, set, flows) => {
    const cluster = topologyCluster(name, { set });
    const expected = emulated(cluster, flows);
    await inRealLab(cluster, { listeners: false, settings: QUIET }, (lab) => {
      listenEverywhere(cluster, lab);
      for (const [i, flow] of flows.entries()) send(cluster, lab, questionOf(flow, i));
      const found = new Map(
        [...cluster.world.netns.values()].map((netns) => [netns.id, observed(lab, netns)]),
      );
      for (const what of LEARNT) {
        for (const [id, texts] of found) {
          expect.soft(texts[what], `${id}: ${what}`).toEqual(expected.get(id)?.[what]);
        }
      }
    });
  });
});
