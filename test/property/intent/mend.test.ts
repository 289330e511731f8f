import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Break, buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { diagnose } from '../../../src/intent/index.ts';
import { type ClusterObjects, loadCluster } from '../../../src/k8s/index.ts';
import { answer, type Question, type Trace } from '../../../src/trace/index.ts';

/** Three nodes, a Service with a pod on each, and everything that goes wrong by hand. */
const FILE = fileURLToPath(new URL('../../../topologies/three-nodes/cluster.yaml', import.meta.url));
const OBJECTS: ClusterObjects = loadCluster([
  { file: 'cluster.yaml', text: readFileSync(FILE, 'utf8') },
]).objects;

const ON_NODES = [
  'ip link set eth0 down',
  'ip link set flannel.1 down',
  'ip link set cni0 down',
  'ip link del cni0',
  'ip link del flannel.1',
  'ip link set flannel.1 mtu 1000',
  'ip link set flannel.1 address 02:00:00:00:00:aa',
  'ip addr flush dev cni0',
  'ip addr flush dev eth0',
  'ip addr add 10.200.0.1/24 dev eth0',
  'ip route flush dev flannel.1',
  'ip route del default',
  'ip route add blackhole 10.244.2.0/25',
  'ip route add 10.244.3.0/25 via 192.168.56.1',
  'ip rule add from 10.244.0.0/16 lookup 77 priority 5',
  'ip rule flush',
  'ip neigh flush dev flannel.1 nud permanent',
  'bridge fdb flush dev flannel.1',
  'sysctl -w net.ipv4.ip_forward=0',
  'sysctl -w net.ipv4.conf.all.rp_filter=1',
  'sysctl -w net.bridge.bridge-nf-call-iptables=0',
  'iptables -P FORWARD DROP',
  'iptables -F FORWARD',
  'iptables -F',
  'iptables -t nat -F',
  'iptables -t nat -F PREROUTING',
  'iptables -t nat -F KUBE-SERVICES',
  'iptables -t nat -D KUBE-POSTROUTING 1',
  'iptables -t nat -I POSTROUTING -j MASQUERADE',
  'iptables -t raw -A PREROUTING -p udp -j DROP',
  'iptables -I INPUT -p udp --dport 8472 -j DROP',
  'iptables -I FORWARD 2 -p tcp -j REJECT',
  'iptables -t mangle -A FORWARD -j MARK --set-mark 1',
] as const;
const ON_PODS = [
  'ip link set eth0 down',
  'ip link del eth0',
  'ip addr flush dev eth0',
  'ip route flush dev eth0',
  'ip route replace default via 10.244.9.9 dev eth0 onlink',
  'ip route add blackhole 10.244.0.0/16',
  'iptables -P INPUT DROP',
  'iptables -A OUTPUT -p tcp -j REJECT',
] as const;

const oneBreak: fc.Arbitrary<Break> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      on: fc.constantFrom('node1', 'node2', 'node3'),
      run: fc.constantFrom(...ON_NODES),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      on: fc.constantFrom('pod/client', 'pod/web-0', 'pod/web-1'),
      run: fc.constantFrom(...ON_PODS),
    }),
  },
);

const QUESTIONS: readonly Question[] = [
  { source: 'pod/client', destination: 'svc/web', namespace: 'default' },
  { source: 'pod/web-1', destination: 'svc/web', namespace: 'default' },
  { source: 'pod/client', destination: 'pod/web-1', namespace: 'default', protocol: 'icmp' },
  { source: 'node/node2', destination: 'svc/web', namespace: 'default' },
  { source: 'external', destination: 'svc/web', namespace: 'default' },
];

const ALL = { all: true };

function walk(cluster: Cluster, question: Question): Trace {
  const found = answer(cluster, question, ALL);
  if (!found.ok) throw new Error(found.error.message);
  return found.value.trace;
}

/** The cluster with the breaks of a list that work: a second one may find nothing left to break. */
function broken(breaks: readonly Break[]): { cluster: Cluster; done: readonly Break[] } {
  const done: Break[] = [];
  for (const one of breaks) {
    const tried = buildCluster(OBJECTS, { breaks: [...done, one] });
    if (!tried.diagnostics.some((d) => d.severity === 'error')) done.push(one);
  }
  return { cluster: buildCluster(OBJECTS, { breaks: done }), done };
}

describe('a cluster that somebody broke', () => {
  it('is mended by what the diagnosis of a failed walk proposes, whatever was broken', () => {
    let mended = 0;
    fc.assert(
      fc.property(fc.array(oneBreak, { minLength: 1, maxLength: 4 }), fc.nat(), (breaks, pick) => {
        const question = QUESTIONS[pick % QUESTIONS.length] as Question;
        const { cluster, done } = broken(breaks);
        const trace = walk(cluster, question);
        const diagnosis = diagnose(cluster, { question, options: ALL, trace });
        // The walk of before is the walk of after.
        expect(walk(cluster, question)).toEqual(trace);
        const what = JSON.stringify({ question, done, diagnosis });
        expect(diagnosis?.agrees, what).toBe(trace.verdict === 'delivered');
        if (trace.verdict === 'delivered') return;
        expect(diagnosis?.mend?.verified, what).toBe(true);
        const mends = (diagnosis?.mend?.commands ?? []).map((command) => {
          const colon = command.indexOf(': ');
          return { on: command.slice(0, colon), run: command.slice(colon + 2) };
        });
        const again = buildCluster(OBJECTS, { breaks: [...done, ...mends] });
        expect(
          again.diagnostics.filter((d) => d.severity === 'error'),
          what,
        ).toEqual([]);
        expect(walk(again, question).verdict, what).toBe('delivered');
        mended++;
      }),
      { seed: 20_241_121, numRuns: 120 },
    );
    expect(mended).toBeGreaterThan(50);
  });
});
