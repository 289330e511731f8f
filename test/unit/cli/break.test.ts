import { describe, expect, it } from 'vitest';
import type { Trace } from '../../../src/trace/index.ts';
import { podwalk } from '../../fixtures/cli.ts';

const CLIENT = ['trace', 'pod/client', 'svc/web', '-t', 'two-nodes'];
const ROUTE = 'node2: ip route del 10.244.1.0/24';

describe('podwalk --break', () => {
  it('breaks the state before the walk, which says what is at fault and what would mend it', async () => {
    const ran = await podwalk([...CLIENT, '--break', ROUTE]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toBe('');
    const lines = ran.stdout.trimEnd().split('\n');
    expect(lines.slice(-3)).toEqual([
      'culprit  node2: route 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink is missing (flannel, Node node1 spec.podCIDR)',
      'mend     node2: ip route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink (verified: delivers)',
      expect.stringMatching(/^verdict {2}TIMEOUT {2}LEFT_CLUSTER: /),
    ]);
    // A change that was tried out stands for the advice.
    expect(ran.stdout).not.toMatch(/^change/m);
  });

  it('takes several, in order, and a mend as another break delivers', async () => {
    const mend = 'node2: ip route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink';
    expect((await podwalk([...CLIENT, '--break', ROUTE, '--break', mend])).code).toBe(0);
    const twice = await podwalk([...CLIENT, '--break', ROUTE, '--break', ROUTE]);
    expect(twice.code).toBe(2);
    expect(twice.stderr).toBe(
      'error PW441 node2: ip route del 10.244.1.0/24: RTNETLINK answers: No such process\n',
    );
  });

  it('breaks pods, and says nothing of a walk that keeps its promise all the same', async () => {
    const gateway = 'pod/default/client: ip route replace default via 10.244.2.99';
    const broken = await podwalk([...CLIENT, '--break', gateway]);
    expect(broken.stdout).toMatch(/^verdict {2}UNREACHABLE {2}NEIGHBOUR_UNREACHABLE/m);
    const other = await podwalk([...CLIENT, '--break', 'pod/web-0: ip route del default']);
    expect([other.code, /culprit/.test(other.stdout)]).toEqual([0, false]);
  });

  it('names the fault of a walk that is delivered to somebody else', async () => {
    const rule = 'iptables -t nat -I PREROUTING -d 10.244.2.3 -j DNAT --to-destination 10.244.1.2';
    const ran = await podwalk([
      'trace',
      'pod/client',
      'pod/web-1',
      '-t',
      'two-nodes',
      '--break',
      `node2: ${rule}`,
    ]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^culprit {2}node2: rule 1 of nat PREROUTING was added by hand: /m);
    expect(ran.stdout).toMatch(/^mend .*iptables -t nat -D PREROUTING .*\(verified: delivers\)$/m);
  });

  it('finds the few of many things that have to be mended', async () => {
    const breaks = [
      'node1: ip route del 10.244.2.0/24',
      'node1: ip route add 10.99.0.0/16 via 192.168.56.1',
      'node2: sysctl -w net.ipv4.ip_forward=0',
      'node2: iptables -A INPUT -p tcp --dport 9 -j DROP',
    ];
    const argv = ['trace', 'pod/client', 'pod/web-0', '-t', 'broken-selector', '-o', 'json'];
    const { stdout } = await podwalk([...argv, ...breaks.flatMap((one) => ['--break', one])]);
    const { diagnosis }: Trace = JSON.parse(stdout);
    expect(diagnosis).toMatchObject({
      promised: {
        kind: 'answer',
        endpoints: [{ namespace: 'default', pod: 'web-0', node: 'node2', port: 8080 }],
      },
      walked: { verdict: 'timeout', reason: 'LEFT_CLUSTER' },
      agrees: false,
      culprit: {
        place: 'node1',
        origin: { program: 'flannel', kind: 'Node', name: 'node2', field: 'spec.podCIDR' },
      },
      mend: {
        commands: [
          'node1: ip route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink',
          'node2: sysctl -w net.ipv4.ip_forward=1',
        ],
        verified: true,
      },
    });
  });

  const mistakes: [string, RegExp][] = [
    ['node1 ip route', /^error: --break "node1 ip route": write it as 'NODE: COMMAND'/],
    [': ip route', /write it as 'NODE: COMMAND'/],
    ['node1:', /write it as 'NODE: COMMAND'/],
    [
      'nod1: ip link set eth0 down',
      /^error PW440 "nod1" is no node or pod to break\n {2}fix: did you mean "node1"\?/,
    ],
    ['pod/default/web-9: ip link set eth0 down', /^error PW440 /],
    ['node1: tc qdisc', /^error PW441 node1: tc qdisc: "tc" is not understood\n {2}fix: understood: ip link/],
    ['node1: ipset add a 1.2.3.4', /: ipset v7\.17: The set with the given name does not exist$/m],
    ['node1: ipset flush a', /: ipset v7\.17: The set with the given name does not exist$/m],
  ];
  it.each(mistakes)('"%s" is bad usage', async (text, message) => {
    const ran = await podwalk([...CLIENT, '--break', text]);
    expect([ran.code, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toMatch(message);
  });

  it('warns of a sysctl that nothing reads', async () => {
    const ran = await podwalk([...CLIENT, '--break', 'node1: sysctl -w net.core.somaxconn=1']);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/^warning PW442 .*nothing in the emulated kernel reads it$/m);
  });

  it('shows in dumps, of everything that the programs wrote before', async () => {
    const rules = ['dump', 'iptables-save', '--node', 'node1', '-t', 'two-nodes'];
    const before = (await podwalk(rules)).stdout;
    const after = (await podwalk([...rules, '--break', 'node1: iptables -A FORWARD -j DROP'])).stdout;
    const added = after.split('\n').filter((line) => !before.split('\n').includes(line));
    expect(added).toEqual(['-A FORWARD -j DROP']);
    const fdb = ['dump', 'bridge-fdb', '--node', 'node1', '--dev', 'flannel.1', '-t', 'two-nodes'];
    expect((await podwalk([...fdb, '--break', 'node1: ip link set flannel.1 down'])).stdout).toContain(
      ' dst ',
    );
    const neigh = ['dump', 'ip-neigh', '--node', 'node1', '-t', 'two-nodes'];
    expect((await podwalk([...neigh, '--break', 'node1: ip link set flannel.1 down'])).stdout).toBe('');
    expect((await podwalk([...rules, '--program', 'cni', '--break', ROUTE])).code).toBe(2);
  });
});

describe('podwalk trace --batch --break', () => {
  const stdin =
    '{"source":"pod/client","destination":"svc/web"}\n{"source":"pod/client","destination":"pod/web-1"}\n';
  const argv = ['trace', '--batch', '-', '-t', 'two-nodes', '--all', '--break', ROUTE];
  const traces = (text: string): Trace[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('breaks once, and says nothing of faults unless asked', async () => {
    const [service, pod] = traces((await podwalk(argv, { stdin })).stdout);
    expect([service?.verdict, pod?.verdict]).toEqual(['mixed', 'delivered']);
    expect([service?.diagnosis, pod?.diagnosis]).toEqual([undefined, undefined]);
  });

  it('with --diagnose says of every walk what was promised, and of those that broke it why', async () => {
    const [service, pod] = traces((await podwalk([...argv, '--diagnose'], { stdin })).stdout);
    expect(service?.diagnosis).toMatchObject({ agrees: false, mend: { verified: true } });
    expect(pod?.diagnosis).toMatchObject({ agrees: true, promised: { kind: 'answer' } });
    expect(pod?.diagnosis?.culprit).toBeUndefined();
  });
});

describe('breaks of a Topology', () => {
  const cluster = (breaks: string): string => `
apiVersion: v1
kind: Node
metadata: { name: node1 }
---
apiVersion: podwalk/v1
kind: Topology
breaks:
${breaks}
`;
  const lint = (text: string) => podwalk(['dump', 'ip-route', '--node', 'node1', '-f', '-'], { stdin: text });

  it('are run in order', async () => {
    const ran = await lint(
      cluster(`  - { on: node1, run: ip route del default }
  - { on: node1, run: ip route add default via 192.168.56.2 }`),
    );
    expect(ran.stdout).toMatch(/^default via 192\.168\.56\.2 dev eth0 $/m);
  });

  const mistakes: [string, RegExp][] = [
    [
      '  - { on: node1, run: ip route del 10.9.0.0/16 }',
      /^<stdin>:\d+:\d+: error PW441 node1: ip route del 10\.9\.0\.0\/16: RTNETLINK answers: No such process$/m,
    ],
    [
      '  - { on: node9, run: ip route del default }',
      /^<stdin>:\d+:\d+: error PW440 "node9" is no node or pod/m,
    ],
    ['  - { on: node1 }', /breaks\[0\]\.run: Required value/],
    ['  - { on: node1, run: ip route del default, rnu: x }', /unknown field "breaks\[0\]\.rnu"/],
    ['  - ip route del default', /breaks\[0\]: Invalid value: .*must be a mapping/],
  ];
  it.each(mistakes)('%s is told with its place', async (breaks, message) => {
    expect((await lint(cluster(breaks))).stderr).toMatch(message);
  });
});
