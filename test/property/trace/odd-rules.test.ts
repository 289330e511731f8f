import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer, type Cluster, checkTrace } from '../../../src/index.ts';
import { topologyCluster } from '../../support/lab-cluster.ts';

const HOOKS = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'OUTPUT', 'POSTROUTING', 'INPUT'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
} as const;
type Table = keyof typeof HOOKS;

const MATCHES = [
  '',
  '',
  '',
  '-p tcp ',
  '! -p tcp ',
  '-m conntrack --ctstate NEW ',
  '-m statistic --mode random --probability 0.5 ',
  '-m ttl --ttl-lt 64 ',
  '-m mark --mark 0x1 ',
];
const ANYWHERE = ['ACCEPT', 'RETURN', 'MARK --set-mark 0x1', 'CONNMARK --save-mark', 'LOG --log-prefix x'];
const TARGETS: Readonly<Record<Table, readonly string[]>> = {
  raw: [...ANYWHERE, 'DROP', 'NOTRACK', 'CT --zone 3', 'TRACE'],
  mangle: [
    ...ANYWHERE,
    'DROP',
    ...[
      '--ttl-set 0',
      '--ttl-set 1',
      '--ttl-set 2',
      '--ttl-set 255',
      '--ttl-inc 1',
      '--ttl-inc 200',
      '--ttl-dec 1',
      '--ttl-dec 63',
      '--ttl-dec 64',
      '--ttl-dec 255',
    ].map((how) => `TTL ${how}`),
    'TOS --set-tos 0x10',
    'DSCP --set-dscp 10',
    'CONNMARK --restore-mark',
    'CLASSIFY --set-class 1:1',
  ],
  nat: [
    ...ANYWHERE,
    ...[
      'DNAT --to-destination 10.244.1.2',
      'DNAT --to-destination 10.244.2.3',
      'DNAT --to-destination 192.0.2.9',
      'DNAT --to-destination 127.0.0.1',
      'SNAT --to-source 192.168.56.77',
      'SNAT --to-source 10.244.2.9',
    ],
    'MASQUERADE',
    'REDIRECT',
    'NETMAP --to 10.244.1.0/24',
  ],
  filter: [
    ...ANYWHERE,
    'DROP',
    'REJECT',
    'REJECT --reject-with icmp-host-prohibited',
    'REJECT --reject-with icmp-admin-prohibited',
  ],
};
/** Ways that the marks above lead to. */
const ROUTES = [
  'ip rule add fwmark 1 table 7',
  'ip route add default via 192.168.56.1 table 7',
  'ip route add default via 192.168.56.12 table 7',
  'ip route add blackhole default table 7',
  'ip route add unreachable default table 7',
  'ip route add prohibit default table 7',
  'ip route add throw default table 7',
  'ip route add local default dev lo table 7',
];

const rule = fc.constantFrom<Table>('raw', 'mangle', 'mangle', 'nat', 'filter').chain((table) =>
  fc.record({
    table: fc.constant(table),
    chain: fc.constantFrom(...HOOKS[table]),
    match: fc.constantFrom(...MATCHES),
    target: fc.constantFrom(...TARGETS[table]),
  }),
);
const command = fc.oneof(
  {
    weight: 5,
    arbitrary: rule.map(
      ({ table, chain, match, target }) => `iptables -t ${table} -I ${chain} ${match}-j ${target}`,
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(...ROUTES) },
);
const place = fc.constantFrom('node1', 'node2', 'pod/default/client', 'pod/default/web-0');

const QUESTIONS = [
  { source: 'pod/client', destination: 'svc/web:80' },
  { source: 'pod/client', destination: 'pod/web-0:8080' },
  { source: 'node/node1', destination: 'svc/web:80' },
  { source: 'node/node2', destination: 'pod/web-0:8080' },
  { source: 'external', destination: 'node/node1:22' },
  { source: 'pod/client', destination: '192.168.56.100:443' },
] as const;

function built(breaks: readonly string[]): Cluster | undefined {
  try {
    return topologyCluster('two-nodes', { breaks });
  } catch (error) {
    if (/RULE_|RTNETLINK|Error: /.test(String(error))) return undefined;
    throw error;
  }
}

describe('a walk through rules that nobody would write', () => {
  it('keeps the grammar of traces, there and back', () => {
    let walked = 0;
    fc.assert(
      fc.property(
        fc.array(fc.record({ on: place, run: command }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...QUESTIONS),
        (breaks, question) => {
          // What the kernel refuses (SNAT in PREROUTING, the same rule of routing twice) is no walk.
          const commands = breaks.map(({ on, run }) => `${on}: ${run}`);
          const cluster = built(commands);
          if (cluster === undefined) return;
          const found = answer(cluster, { ...question, namespace: 'default' }, { all: true });
          if (!found.ok) return;
          walked++;
          expect(checkTrace(found.value.trace)).toEqual([]);
        },
      ),
      { seed: 20260403, numRuns: Number(process.env['PODWALK_ODD_RULES'] ?? 100) },
    );
    expect(walked).toBeGreaterThan(30);
  }, 3_600_000);

  it.each(['--ttl-set 0', '--ttl-set 255', '--ttl-inc 9', '--ttl-dec 64'])(
    'keeps it where a rule says %s',
    (how) => {
      const breaks = [`node2: iptables -t mangle -I PREROUTING -j TTL ${how}`];
      const found = answer(
        topologyCluster('two-nodes', { breaks }),
        { ...QUESTIONS[0], namespace: 'default' },
        { all: false },
      );
      expect(found.ok && checkTrace(found.value.trace)).toEqual([]);
    },
  );
});
