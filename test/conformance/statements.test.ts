import { describe, expect, test } from 'vitest';
import type { Crossing, Leg } from '../../src/lab/conform/way.ts';
import { type Lab, missingForConform, type Shown } from '../../src/lab/index.ts';
import { inFaultedLab } from '../support/faulted-lab.ts';
import { extentOf } from './clusters.ts';
import { titleOf } from './real-tools.ts';

/**
 * What test/unit/kernel/statements-*.test.ts says of the emulated kernel, of the real one: the numbered statements, and
 * the table of errors. Each flow is held against the walk as well, device by device and rule by rule.
 */

const missing = missingForConform();
const title = titleOf(
  'a statement about the datapath, in the real kernel',
  missing.length === 0 ? undefined : `missing: ${missing.join(', ')}`,
);
/** In smaller extents, those that say the most. */
const SOME: Readonly<Record<string, RegExp>> = {
  short: /^statement 18: /,
  ci: /^statement (1|18|22|24): /,
  full: /^/,
};
const extent = extentOf(process.env['PODWALK_CONFORMANCE']);

/** What the kernel showed, flow by flow. */
type Seen = readonly Shown[];

interface Statement {
  readonly breaks?: readonly string[];
  readonly flows: readonly string[];
  readonly check: (...seen: Seen) => void;
  readonly more?: (lab: Lab) => Promise<void>;
}

function statement(name: string, { breaks = [], flows, check, more }: Statement): void {
  const asked = SOME[extent]?.test(name) === true;
  const title = asked ? name : `${name} (skipped: npm run conformance runs it)`;
  test.skipIf(!asked)(title, { timeout: 120_000 }, async () => {
    const { differences, shown } = await inFaultedLab('statements', { breaks }, flows, more);
    expect(differences).toBe('');
    check(...shown);
  });
}

/** `mangle PREROUTING` and so on, in order, of a namespace. */
function tables(shown: Shown | undefined, netns: string, leg: Leg = 'request'): string[] {
  const walks = shown?.ways.walks[leg] ?? [];
  return walks.filter((walk) => walk.netns === netns).map(({ table, hook }) => `${table} ${hook}`);
}

function rules(shown: Shown | undefined, netns: string, at: string, leg: Leg = 'request'): readonly string[] {
  const walk = shown?.ways.walks[leg].find((w) => w.netns === netns && `${w.table} ${w.hook}` === at);
  return walk?.rules ?? [];
}

function crossing(shown: Shown | undefined, at: string, leg: Leg = 'request'): Crossing['addresses'] {
  return shown?.ways.crossings[leg].find((c) => `${c.netns} ${c.device} ${c.direction}` === at)?.addresses;
}

function devices(shown: Shown | undefined, netns: string, leg: Leg = 'request'): string[] {
  const crossings = shown?.ways.crossings[leg] ?? [];
  return crossings.filter((c) => c.netns === netns).map((c) => `${c.device} ${c.direction}`);
}

function outcome(shown: Shown | undefined): string {
  if (shown === undefined) return 'not sent';
  const { outcome: seen } = shown;
  switch (seen.kind) {
    case 'answer':
      return `${seen.who ?? 'ping'} sees ${seen.sees ?? seen.from}`;
    case 'errno':
      return seen.errno;
    case 'silence':
      return 'TIMEOUT';
  }
}

const outcomes = (seen: Seen): string[] => seen.map(outcome);

const FAR = 'pod/client 10.96.0.20:80';
const NEAR = 'pod/client 10.96.0.10:80';
const SELF = 'pod/client 10.96.0.1:80';
const EVERY_TABLE = [
  'node1: iptables -t raw -A PREROUTING -p tcp',
  'node1: iptables -t raw -A OUTPUT -p tcp',
  'node1: iptables -t security -A INPUT -p tcp',
  'node1: iptables -t security -A FORWARD -p tcp',
  'node1: iptables -t security -A OUTPUT -p tcp',
];

/** Asks over UDP from a port of its own choice and prints who answered. */
const ASK =
  `import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(3); ` +
  `s.bind(("", 45000)); s.connect(("10.96.0.53", 53)); s.send(b"q"); print(s.recv(99).decode().split("|")[0])`;
/** Connects, and gives up after the first SYN has been sent again. */
const KNOCK = (to: string): string =>
  `python3 -c 'import socket; s = socket.socket(); s.settimeout(1.6); s.connect(("${to}", 80))' 2>/dev/null || :`;
const HITS = `iptables -t nat -nvxL KUBE-SERVICES | awk '/10.96.0.20/ { print $1 }'`;

describe.skipIf(missing.length > 0)(title, () => {
  statement('statement 1: the tables of a forwarded packet, of one that comes in, and of an own one', {
    breaks: EVERY_TABLE,
    flows: [FAR, 'pod/client 192.168.56.11:9', 'node/node1 192.168.56.12:9'],
    check: (forwarded, incoming, own) => {
      expect(tables(forwarded, 'node/node1').slice(0, 8)).toEqual([
        'raw PREROUTING',
        'mangle PREROUTING',
        'nat PREROUTING',
        'mangle FORWARD',
        'filter FORWARD',
        'security FORWARD',
        'mangle POSTROUTING',
        'nat POSTROUTING',
      ]);
      expect(tables(incoming, 'node/node1')).toEqual([
        'raw PREROUTING',
        'mangle PREROUTING',
        'nat PREROUTING',
        'mangle INPUT',
        'filter INPUT',
        'nat INPUT',
        'security INPUT',
      ]);
      expect(tables(own, 'node/node1')).toEqual([
        'raw OUTPUT',
        'mangle OUTPUT',
        'nat OUTPUT',
        'filter OUTPUT',
        'security OUTPUT',
        'mangle POSTROUTING',
        'nat POSTROUTING',
      ]);
    },
  });

  statement(
    'statement 3: an answer walks no nat chain, and what lo brings back none of PREROUTING and INPUT',
    {
      flows: [FAR, 'node/node1 192.168.56.11:9'],
      check: (far, own) => {
        expect(tables(far, 'node/node1', 'back').filter((at) => !at.startsWith('nat'))).not.toEqual([]);
        // The outer packet of the answer is the first of its own connection.
        const inner = far?.ways.walks.back.filter(({ table }) => table === 'nat') ?? [];
        expect(
          inner.every(({ rules: matched }) => !matched.some((rule) => rule.startsWith('KUBE-SVC'))),
        ).toBe(true);
        expect(tables(own, 'node/node1')).toContain('nat OUTPUT');
        expect(tables(own, 'node/node1')).not.toContain('nat PREROUTING');
        expect(tables(own, 'node/node1')).not.toContain('nat INPUT');
      },
    },
  );

  statement('statement 4: each SYN that is dropped before it is confirmed asks nat again', {
    breaks: ['node1: iptables -I FORWARD -d 10.244.2.2 -j DROP'],
    flows: [FAR],
    check: (far) => expect(outcome(far)).toBe('TIMEOUT'),
    more: async (lab) => {
      await lab.run('node/node1', 'iptables -t nat -Z');
      await lab.run('pod/default/client', KNOCK('10.96.0.20'));
      expect(Number(await lab.run('node/node1', HITS))).toBeGreaterThanOrEqual(2);
    },
  });

  statement('statement 4: one that was forwarded and is never answered is found again', {
    breaks: ['node2: iptables -I FORWARD -d 10.244.2.2 -j DROP'],
    flows: [FAR],
    check: (far) => expect(outcome(far)).toBe('TIMEOUT'),
    more: async (lab) => {
      await lab.run('node/node1', 'iptables -t nat -Z');
      await lab.run('pod/default/client', KNOCK('10.96.0.20'));
      expect(Number(await lab.run('node/node1', HITS))).toBe(1);
    },
  });

  statement(
    'statement 5: a connection keeps its endpoint when the rules change, until conntrack forgets it',
    {
      flows: ['pod/client 10.96.0.53:53 -p udp'],
      check: (names) => expect(outcome(names)).toMatch(/^default\/db sees /),
      more: async (lab) => {
        const ask = (): Promise<string> =>
          lab.run('pod/default/client', `timeout 4 python3 -c '${ASK}' 2>&1 | tail -n 1`);
        expect(await ask()).toBe('default/db\n');
        const nobody = '-d 10.96.0.53 -p udp -j DNAT --to-destination 10.244.2.2:9';
        await lab.run('node/node1', `iptables -t nat -I KUBE-SERVICES ${nobody}`);
        expect(await ask()).toBe('default/db\n');
        await lab.run('node/node1', 'conntrack -D -p udp --orig-dst 10.96.0.53');
        expect(await ask()).toMatch(/ConnectionRefused/);
      },
    },
  );

  statement('statement 6: the reply tuple is the inverse of what both translations made', {
    flows: [SELF],
    check: (self) => expect(outcome(self)).toBe('default/client sees 10.244.1.1'),
    more: async (lab) => {
      const table = await lab.run('node/node1', 'conntrack -L -p tcp 2>/dev/null');
      expect(table).toMatch(
        /src=10\.244\.1\.2 dst=10\.96\.0\.1 sport=\d+ dport=80 src=10\.244\.1\.2 dst=10\.244\.1\.1 sport=8080 /,
      );
    },
  });

  statement('statement 7: FORWARD sees the destination after DNAT, and the source before SNAT', {
    breaks: [
      'node1: iptables -I FORWARD -s 10.244.1.2 -d 10.244.2.2 -p tcp --dport 8080',
      'node1: iptables -I FORWARD -s 192.168.56.100 -d 10.244.2.2 -p tcp --dport 8080',
    ],
    flows: [FAR, 'external 192.168.56.11:30020'],
    check: (far, outside) => {
      expect(rules(far, 'node/node1', 'filter FORWARD')).toContain('FORWARD:2');
      expect(rules(outside, 'node/node1', 'filter FORWARD')).toContain('FORWARD:1');
    },
  });

  statement('statement 8: MASQUERADE keeps the source port while it is free', {
    breaks: ['node1: iptables -t nat -I POSTROUTING -d 10.244.1.3 -p tcp -j MASQUERADE'],
    flows: ['pod/client 10.244.1.3:8080'],
    check: (masqueraded) => {
      const before = crossing(masqueraded, 'pod/default/client eth0 out');
      const after = crossing(masqueraded, 'pod/default/web eth0 in');
      expect(after).toMatchObject({ src: '10.244.1.1', sport: before?.sport });
    },
  });

  statement(
    'statement 9: a nodePort works at every local address, of cni0 and flannel.1 too, and from another node',
    {
      flows: [
        'pod/client 10.244.1.1:30010',
        'pod/client 10.244.1.0:30010',
        'pod/db 10.244.1.0:30010',
        'pod/db 10.244.1.1:30010',
        'external 192.168.56.11:30010',
        'node/node1 127.0.0.1:30010',
      ],
      check: (...seen) => {
        for (const one of seen) expect(outcome(one)).toMatch(/^default\/web sees 10\.244\.1\.1$/);
      },
    },
  );

  statement('statement 10: the source of a node is that of the device by which it reaches the destination', {
    flows: ['node/node1 10.244.2.2:8080', 'node/node1 10.244.1.3:8080', 'node/node1 192.168.56.12:9'],
    check: (remote, own, peer) => {
      expect(outcomes([remote, own].flatMap((one) => one ?? []))).toEqual([
        'default/db sees 10.244.1.0',
        'default/web sees 10.244.1.1',
      ]);
      expect(crossing(peer, 'node/node1 eth0 out')?.src).toBe('192.168.56.11');
    },
  });

  statement('statement 10: without a default route a ClusterIP is ENETUNREACH before any rule is asked', {
    breaks: ['node1: ip route del default'],
    flows: ['node/node1 10.96.0.10:80'],
    check: (near) => {
      expect(outcome(near)).toBe('ENETUNREACH');
      expect(tables(near, 'node/node1')).toEqual([]);
    },
  });

  statement('statement 11: a node asks a ClusterIP with its eth0 address, and is masqueraded on the way', {
    flows: ['node/node1 10.96.0.20:80', 'node/node1 10.96.0.10:80'],
    check: (far, near) => {
      expect([outcome(far), outcome(near)]).toEqual([
        'default/db sees 10.244.1.0',
        'default/web sees 10.244.1.1',
      ]);
      expect(rules(far, 'node/node1', 'nat POSTROUTING')).toContain('KUBE-POSTROUTING:3');
    },
  });

  statement('statement 12: MASQUERADE does not look at the src of the route, which the node itself follows', {
    breaks: [
      'node1: ip addr add 192.168.56.201/24 dev eth0',
      'node1: ip route replace default via 192.168.56.1 dev eth0 src 192.168.56.201',
    ],
    flows: ['node/node1 203.0.113.9:80', 'pod/client 203.0.113.9:80'],
    check: (node, pod) => {
      expect(crossing(node, 'node/node1 eth0 out')?.src).toBe('192.168.56.201');
      expect(crossing(pod, 'node/node1 eth0 out')?.src).toBe('192.168.56.11');
    },
  });

  statement('statement 13: without ip_forward nothing is routed; what is bridged or the node’s own is', {
    breaks: ['node1: sysctl -w net.ipv4.ip_forward=0'],
    flows: ['pod/client 10.244.2.2:8080', NEAR, 'pod/client 10.244.1.3:8080', 'node/node1 10.244.2.2:8080'],
    check: (...seen) =>
      expect(outcomes(seen)).toEqual([
        'TIMEOUT',
        'TIMEOUT',
        'default/web sees 10.244.1.2',
        'default/db sees 10.244.1.0',
      ]),
  });

  for (const [mode, end] of [
    ['1', 'TIMEOUT'],
    ['2', 'default/db sees 10.244.1.2'],
  ] as const) {
    statement(`statement 14: an asymmetric way with rp_filter ${mode} is ${end}`, {
      breaks: [
        'node1: ip route replace 10.244.2.0/24 via 192.168.56.12 dev eth0',
        `node2: sysctl -w net.ipv4.conf.all.rp_filter=${mode}`,
      ],
      flows: ['pod/client 10.244.2.2:8080'],
      check: (one) => expect(outcome(one)).toBe(end),
    });
  }

  statement('statement 15: 127.0.0.1:NodePort without route_localnet dies where OUTPUT routes again', {
    breaks: ['node1: sysctl -w net.ipv4.conf.all.route_localnet=0'],
    flows: ['node/node1 127.0.0.1:30010'],
    check: (one) => {
      expect(outcome(one)).toBe('TIMEOUT');
      expect(tables(one, 'node/node1')).toEqual(['mangle OUTPUT', 'nat OUTPUT']);
    },
  });

  statement('statement 16: between pods of one node iptables sees cni0, and the ports by physdev only', {
    breaks: [
      'node1: iptables -I FORWARD -i cni0 -o cni0',
      'node1: iptables -I FORWARD -m physdev --physdev-is-bridged',
      'node1: iptables -I FORWARD -i veth+',
    ],
    flows: ['pod/client 10.244.1.3:8080'],
    check: (one) => {
      expect(rules(one, 'node/node1', 'filter FORWARD').slice(0, 2)).toEqual(['FORWARD:2', 'FORWARD:3']);
      expect(devices(one, 'node/node1')).toEqual(['veth6844d090 in', 'veth82b3ade9 out']);
      expect(crossing(one, 'pod/default/web eth0 in')?.ttl).toBe(64);
    },
  });

  statement('statement 16: with bridge-nf-call-iptables=0 iptables sees nothing of it', {
    breaks: ['node1: sysctl -w net.bridge.bridge-nf-call-iptables=0'],
    flows: ['pod/client 10.244.1.3:8080'],
    check: (one) => {
      expect(outcome(one)).toBe('default/web sees 10.244.1.2');
      expect(tables(one, 'node/node1')).toEqual([]);
    },
  });

  statement('statement 17: a packet that is routed meets PREROUTING once, in the bridge', {
    flows: [FAR],
    check: (far) =>
      expect(tables(far, 'node/node1').filter((at) => at === 'mangle PREROUTING')).toHaveLength(1),
  });

  statement('statement 18: bridged DNAT stays on the bridge: a TTL of 1 is enough', {
    flows: [`${NEAR} --ttl 1`],
    check: (near) => {
      expect(outcome(near)).toBe('default/web sees 10.244.1.2');
      expect(devices(near, 'node/node1')).toEqual(['veth6844d090 in', 'veth82b3ade9 out']);
      expect(crossing(near, 'pod/default/web eth0 in')?.ttl).toBe(1);
    },
  });

  statement('statement 18: with bridge-nf=0 the answer is bridged past the NAT', {
    breaks: ['node1: sysctl -w net.bridge.bridge-nf-call-iptables=0'],
    flows: [NEAR],
    check: (near) => {
      expect(outcome(near)).toBe('TIMEOUT');
      expect(crossing(near, 'pod/default/web eth0 in')?.ttl).toBe(63);
      expect(crossing(near, 'pod/default/client eth0 in', 'back')?.src).toBe('10.244.1.3');
    },
  });

  for (const [breaks, end] of [
    [[], 'default/client sees 10.244.1.1'],
    [['node1: bridge link set dev veth6844d090 hairpin off'], 'TIMEOUT'],
    [
      [
        'node1: bridge link set dev veth6844d090 hairpin off',
        'node1: sysctl -w net.bridge.bridge-nf-call-iptables=0',
      ],
      'default/client sees 10.244.1.1',
    ],
  ] as const) {
    const when = breaks.length === 0 ? 'as it is' : breaks.map((one) => one.slice(7)).join(', ');
    statement(`statement 19: a pod asks itself (${when}): ${end}`, {
      breaks,
      flows: [SELF],
      check: (self) => expect(outcome(self)).toBe(end),
    });
  }

  statement('statement 20: the TTL with which a pod sees a packet', {
    flows: [
      'pod/client 10.244.1.3:8080',
      'pod/client 10.244.2.2:8080',
      'external 192.168.56.11:30010',
      'external 192.168.56.11:30020',
      'node/node1 10.244.1.3:8080',
    ],
    check: (...seen) => {
      const at = ['web', 'db', 'web', 'db', 'web'];
      const ttls = seen.map((one, i) => crossing(one, `pod/default/${at[i]} eth0 in`)?.ttl);
      expect(ttls).toEqual([64, 62, 63, 62, 64]);
    },
  });

  statement(
    'statement 21: the outer packet goes between the nodes to 8472, from a port of ip_local_port_range',
    {
      breaks: ['node1: sysctl -w net.ipv4.ip_local_port_range="40000 40010"'],
      flows: [FAR, 'pod/client 10.244.2.2 -p icmp'],
      check: (...seen) => {
        for (const one of seen) {
          const outer = crossing(one, 'node/node2 eth0 in');
          expect(outer).toMatchObject({ src: '192.168.56.11', dst: '192.168.56.12', dport: 8472, ttl: 64 });
          expect(outer?.sport).toBeGreaterThanOrEqual(40_000);
          expect(outer?.sport).toBeLessThanOrEqual(40_010);
        }
      },
    },
  );

  statement(
    'statement 22: the inner packet passes POSTROUTING by flannel.1, the outer one by eth0 with its mark',
    {
      breaks: [
        'node1: iptables -t mangle -A POSTROUTING -o flannel.1 -j MARK --set-mark 7',
        'node1: iptables -t mangle -A POSTROUTING -o eth0 -p udp --dport 8472 -m mark --mark 7',
      ],
      flows: ['pod/client 10.244.2.2:8080'],
      check: (one) => {
        const walks = one?.ways.walks.request.filter(
          ({ netns, table, hook }) => netns === 'node/node1' && `${table} ${hook}` === 'mangle POSTROUTING',
        );
        expect(walks?.map(({ rules: matched }) => matched)).toEqual([['POSTROUTING:1'], ['POSTROUTING:2']]);
        expect(tables(one, 'node/node2').slice(0, 5)).toEqual([
          'mangle PREROUTING',
          'nat PREROUTING',
          'mangle INPUT',
          'filter INPUT',
          'nat INPUT',
        ]);
      },
      more: async (lab) => {
        const table = await lab.run('node/node1', 'conntrack -L -p udp 2>/dev/null');
        for (const [src, dst] of [
          ['11', '12'],
          ['12', '11'],
        ]) {
          const entry = `src=192\\.168\\.56\\.${src} dst=192\\.168\\.56\\.${dst} sport=\\d+ dport=8472 \\[UNREPLIED\\]`;
          expect(table).toMatch(new RegExp(entry));
        }
      },
    },
  );

  for (const [what, run, end] of [
    ['no FDB entry', 'bridge fdb del f6:d6:83:f9:a0:52 dev flannel.1', 'TIMEOUT'],
    [
      'the wrong VTEP MAC',
      'ip neigh replace 10.244.2.0 lladdr 02:00:00:00:00:99 dev flannel.1 nud permanent',
      'TIMEOUT',
    ],
    ['no ARP entry', 'ip neigh del 10.244.2.0 dev flannel.1', 'EHOSTUNREACH'],
    ['no route', 'ip route del 10.244.2.0/24', 'TIMEOUT'],
  ] as const) {
    statement(`statement 23: ${what} is ${end}`, {
      breaks: [`node1: ${run}`],
      flows: ['pod/client 10.244.2.2:8080'],
      check: (one) => {
        expect(outcome(one)).toBe(end);
        // By the default route, and with the pod's own address.
        if (what === 'no route') expect(crossing(one, 'node/node1 eth0 out')?.src).toBe('10.244.1.2');
      },
    });
  }

  statement(
    'statement 24: an ICMP error comes from the address that routes back, or that was asked before DNAT',
    {
      flows: [
        'pod/client 10.244.2.2:8080 --ttl 1',
        'pod/client 10.244.2.2:8080 --ttl 2',
        `${FAR} --ttl 1`,
        `${FAR} --ttl 2`,
      ],
      check: (...seen) => {
        expect(outcomes(seen)).toEqual(['EHOSTUNREACH', 'EHOSTUNREACH', 'EHOSTUNREACH', 'EHOSTUNREACH']);
        expect(seen.map((one) => crossing(one, 'pod/default/client eth0 in', 'back')?.src)).toEqual([
          '10.244.1.1',
          '10.244.2.0',
          '10.96.0.20',
          '10.96.0.20',
        ]);
      },
    },
  );

  statement('statement 25: what is too long and need not stay whole goes in fragments, NAT or not', {
    flows: ['pod/client 10.244.2.2:5353 -p udp --size 3000', 'pod/client 10.96.0.53:53 -p udp --size 3000'],
    check: (...seen) => {
      for (const one of seen) expect(outcome(one)).toBe('default/db sees 10.244.1.2');
    },
  });

  statement('statement 27: how long conntrack remembers', {
    flows: [FAR],
    check: (far) => expect(outcome(far)).toMatch(/^default\/db/),
    // In a pod: kube-proxy sets two of them on its node.
    more: async (lab) => {
      const text = await lab.run(
        'pod/default/client',
        'sysctl -a -r "net.netfilter.nf_conntrack_(tcp|udp|icmp|generic)_?timeout" 2>/dev/null',
      );
      const settings = new Map(
        text.split('\n').map((line) => {
          const [key = '', value] = line.replace('net.netfilter.nf_conntrack_', '').split(' = ');
          return [key, Number(value)];
        }),
      );
      expect(Object.fromEntries(settings)).toMatchObject({
        tcp_timeout_syn_sent: 120,
        tcp_timeout_syn_recv: 60,
        tcp_timeout_established: 432_000,
        tcp_timeout_fin_wait: 120,
        tcp_timeout_close_wait: 60,
        tcp_timeout_last_ack: 30,
        tcp_timeout_time_wait: 120,
        tcp_timeout_close: 10,
        udp_timeout: 30,
        udp_timeout_stream: 120,
        icmp_timeout: 30,
        generic_timeout: 600,
      });
    },
  });

  const REJECTS = [
    ['icmp-port-unreachable', 'ECONNREFUSED', 'ECONNREFUSED'],
    ['icmp-net-unreachable', 'ENETUNREACH', 'TIMEOUT'],
    ['icmp-host-unreachable', 'EHOSTUNREACH', 'TIMEOUT'],
    ['icmp-proto-unreachable', 'ENOPROTOOPT', 'ENOPROTOOPT'],
    ['icmp-net-prohibited', 'ENETUNREACH', 'ENETUNREACH'],
    ['icmp-host-prohibited', 'EHOSTUNREACH', 'EHOSTUNREACH'],
    ['icmp-admin-prohibited', 'EHOSTUNREACH', 'EHOSTUNREACH'],
  ] as const;
  statement('error table: REJECT in FORWARD, by its type, to TCP and UDP; and a RST', {
    breaks: [
      ...REJECTS.flatMap(([type], i) =>
        ['tcp', 'udp'].map(
          (protocol) =>
            `node1: iptables -A FORWARD -p ${protocol} --dport ${1000 + i} -j REJECT --reject-with ${type}`,
        ),
      ),
      'node1: iptables -A FORWARD -p tcp --dport 1100 -j REJECT --reject-with tcp-reset',
      // Before flannel's chain, which accepts.
      'node1: iptables -D FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD',
    ],
    flows: [
      ...REJECTS.flatMap((_, i) =>
        ['tcp', 'udp'].map((protocol) => `pod/client 10.244.2.2:${1000 + i} -p ${protocol}`),
      ),
      'pod/client 10.244.2.2:1100',
    ],
    check: (...seen) =>
      expect(outcomes(seen)).toEqual([...REJECTS.flatMap(([, tcp, udp]) => [tcp, udp]), 'ECONNREFUSED']),
  });

  statement('error table: a closed port', {
    flows: ['pod/client 10.244.2.2:7', 'pod/client 10.244.2.2:7 -p udp'],
    check: (...seen) => expect(outcomes(seen)).toEqual(['ECONNREFUSED', 'ECONNREFUSED']),
  });

  statement('error table: DROP in PREROUTING, FORWARD and INPUT is silence', {
    breaks: [
      'node1: iptables -t mangle -A PREROUTING -d 10.244.2.2 -j DROP',
      'node1: iptables -I FORWARD -d 10.244.1.3 -j DROP',
      'node1: iptables -I INPUT -d 10.244.1.1 -j DROP',
    ],
    flows: ['10.244.2.2', '10.244.1.3', '10.244.1.1'].flatMap((ip) => [
      `pod/client ${ip}:8080`,
      `pod/client ${ip}:8080 -p udp`,
    ]),
    check: (...seen) => expect(new Set(outcomes(seen))).toEqual(new Set(['TIMEOUT'])),
  });

  statement('error table: DROP and REJECT in the sender’s own OUTPUT, DROP in its POSTROUTING', {
    breaks: [
      'node1: iptables -I OUTPUT -d 10.244.2.2 -j DROP',
      'node1: iptables -I OUTPUT -d 192.168.56.12 -p tcp -j REJECT',
      'node1: iptables -I OUTPUT -d 192.168.56.12 -p udp --dport 9 -j REJECT',
      'node1: iptables -t mangle -A POSTROUTING -d 10.244.1.3 -j DROP',
    ],
    flows: ['10.244.2.2:8080', '192.168.56.12:9', '10.244.1.3:8080'].flatMap((to) => [
      `node/node1 ${to}`,
      `node/node1 ${to} -p udp`,
    ]),
    check: (...seen) =>
      expect(outcomes(seen)).toEqual(['TIMEOUT', 'EPERM', 'ECONNREFUSED', 'EPERM', 'TIMEOUT', 'EPERM']),
  });

  for (const [type, router, sender] of [
    ['unreachable', ['EHOSTUNREACH', 'TIMEOUT'], 'EHOSTUNREACH'],
    ['prohibit', ['EHOSTUNREACH', 'EHOSTUNREACH'], 'EACCES'],
    ['blackhole', ['TIMEOUT', 'TIMEOUT'], 'EINVAL'],
  ] as const) {
    statement(`error table: a route of type ${type}, for a router and for the sender`, {
      breaks: [`node1: ip route add ${type} 10.244.2.2`],
      flows: ['pod/client', 'node/node1'].flatMap((from) => [
        `${from} 10.244.2.2:8080`,
        `${from} 10.244.2.2:8080 -p udp`,
      ]),
      check: (...seen) => expect(outcomes(seen)).toEqual([...router, sender, sender]),
    });
  }

  statement('error table: no route, for a router and for the sender', {
    breaks: ['node1: ip route del default'],
    flows: ['pod/client', 'node/node1'].flatMap((from) => [
      `${from} 203.0.113.9:80`,
      `${from} 203.0.113.9:80 -p udp`,
    ]),
    check: (...seen) =>
      expect(outcomes(seen)).toEqual(['ENETUNREACH', 'TIMEOUT', 'ENETUNREACH', 'ENETUNREACH']),
  });

  statement('error table: ARP that fails, on the own bridge and behind a router', {
    flows: [
      'pod/client 10.244.1.99:80',
      'pod/client 10.244.2.99:80',
      'pod/client 10.244.1.99:80 -p udp',
      'pod/client 10.244.2.99:80 -p udp',
    ],
    check: (...seen) => {
      expect(outcomes(seen)).toEqual(['EHOSTUNREACH', 'EHOSTUNREACH', 'TIMEOUT', 'TIMEOUT']);
      expect(crossing(seen[0], 'pod/default/client lo in', 'back')?.src).toBe('10.244.1.2');
      expect(crossing(seen[1], 'pod/default/client eth0 in', 'back')?.src).toBe('10.244.2.0');
    },
  });

  statement('error table: a TTL that runs out is EHOSTUNREACH to TCP and nothing to UDP', {
    flows: ['pod/client 10.244.2.2:8080 --ttl 1', 'pod/client 10.244.2.2:5353 -p udp --ttl 1'],
    check: (...seen) => expect(outcomes(seen)).toEqual(['EHOSTUNREACH', 'TIMEOUT']),
  });

  statement('error table: a packet with DF that is longer than an MTU, on the way and at the first link', {
    breaks: ['node1: ip link set flannel.1 mtu 1000'],
    flows: [
      'pod/client 10.244.2.2 -p icmp --size 1200 --df',
      'pod/client 10.244.2.2:5353 -p udp --size 1200 --df',
      'pod/client 10.244.2.2:5353 -p udp --size 1423 --df',
    ],
    check: (...seen) => {
      expect(outcomes(seen)).toEqual(['EMSGSIZE', 'EMSGSIZE', 'EMSGSIZE']);
      expect(devices(seen[2], 'pod/default/client')).toEqual([]);
    },
  });
});
