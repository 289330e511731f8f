import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Break, buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { diagnose } from '../../../src/intent/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import { answer, type Question, type Reason, type Trace, type Verdict } from '../../../src/trace/index.ts';

/**
 * What can be wrong in the state that kube-proxy leaves in IPVS mode: each walk ends where the kernel's rules end it, the
 * piece that is wrong is named, and what is proposed, run as a further break, delivers.
 */
const TWO_NODES = new URL('../../../topologies/two-nodes/cluster.yaml', import.meta.url);
const MODE = `---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ipvs
clusterCIDR: 10.244.0.0/16
`;
const TEXT = `${readFileSync(TWO_NODES, 'utf8')}${MODE}`;

interface Broken {
  /** Commands on node2, where the client is. */
  readonly run: readonly string[];
  readonly ask?: Partial<Question>;
  readonly ends: readonly (readonly [Verdict, Reason])[];
  readonly culprit: string;
  readonly mend: string;
}

const WEB = 'virtual server tcp 10.96.0.10:80';
const REAL_0 = 'ipvsadm -a -t 10.96.0.10:80 -r 10.244.1.2:8080 -m -w 1';
const REAL_1 = 'ipvsadm -a -t 10.96.0.10:80 -r 10.244.2.3:8080 -m -w 1';
const EDIT = 'ipvsadm -e -t 10.96.0.10:80';
const AGAIN = `node2: ipvsadm -A -t 10.96.0.10:80 -s rr; node2: ${REAL_0}; node2: ${REAL_1}`;

const TABLE: Readonly<Record<string, Broken>> = {
  'a virtual server that is missing': {
    run: ['ipvsadm -D -t 10.96.0.10:80'],
    ends: [['refused', 'NO_LISTENER']],
    culprit: `${WEB} is missing`,
    mend: AGAIN,
  },
  'a table that was cleared': {
    run: ['ipvsadm -C'],
    ends: [['refused', 'NO_LISTENER']],
    culprit: `${WEB} is missing`,
    mend: AGAIN,
  },
  'real servers without weight': {
    run: [`${EDIT} -r 10.244.1.2:8080 -m -w 0`, `${EDIT} -r 10.244.2.3:8080 -m -w 0`],
    ends: [['refused', 'NO_REAL_SERVER']],
    culprit: `real server 10.244.1.2:8080 of ${WEB} has weight 0, not 1`,
    mend: `node2: ${EDIT} -r 10.244.1.2:8080 -m -w 1`,
  },
  'real servers that are missing': {
    run: ['ipvsadm -d -t 10.96.0.10:80 -r 10.244.1.2:8080', 'ipvsadm -d -t 10.96.0.10:80 -r 10.244.2.3:8080'],
    ends: [['refused', 'NO_REAL_SERVER']],
    culprit: `real server 10.244.1.2:8080 of ${WEB} is missing`,
    mend: `node2: ${REAL_0}`,
  },
  'a wrong real server': {
    run: [
      'ipvsadm -d -t 10.96.0.10:80 -r 10.244.2.3:8080',
      'ipvsadm -a -t 10.96.0.10:80 -r 10.244.2.9:8080 -m',
    ],
    ends: [
      ['unreachable', 'NEIGHBOUR_UNREACHABLE'],
      ['delivered', 'OK'],
    ],
    culprit: `real server 10.244.2.9:8080 of ${WEB} is there instead of 10.244.2.3:8080`,
    mend: `node2: ${REAL_1}; node2: ipvsadm -d -t 10.96.0.10:80 -r 10.244.2.9:8080`,
  },
  'a real server too many': {
    run: ['ipvsadm -a -t 10.96.0.10:80 -r 10.244.2.9:8080 -m'],
    ends: [
      ['unreachable', 'NEIGHBOUR_UNREACHABLE'],
      ['delivered', 'OK'],
      ['delivered', 'OK'],
    ],
    culprit: `real server 10.244.2.9:8080 of ${WEB} was added by hand`,
    mend: 'node2: ipvsadm -d -t 10.96.0.10:80 -r 10.244.2.9:8080',
  },
  'a scheduler that was changed': {
    run: ['ipvsadm -D -t 10.96.0.10:80', 'ipvsadm -A -t 10.96.0.10:80 -s ovf', REAL_0, REAL_1],
    ends: [['unknown', 'UNSUPPORTED']],
    culprit: `${WEB} has scheduler ovf, not rr`,
    mend: 'node2: ipvsadm -E -t 10.96.0.10:80 -s rr',
  },
  'an address that is missing on kube-ipvs0': {
    run: ['ip addr del 10.96.0.10/32 dev kube-ipvs0'],
    ends: [['timeout', 'LEFT_CLUSTER']],
    culprit: 'address 10.96.0.10/32 dev kube-ipvs0 is missing',
    mend: 'node2: ip addr add 10.96.0.10/32 dev kube-ipvs0',
  },
  'kube-ipvs0 that is gone': {
    run: ['ip link del kube-ipvs0'],
    ends: [['timeout', 'LEFT_CLUSTER']],
    culprit: 'kube-ipvs0 is missing',
    mend: 'node2: ip link add kube-ipvs0 address 7e:00:0c:f9:8a:9f mtu 1500 type dummy; node2: ip addr add 10.96.0.10/32 dev kube-ipvs0',
  },
  'an entry that is missing in the set of ClusterIPs': {
    run: ['ipset del KUBE-CLUSTER-IP 10.96.0.10,tcp:80'],
    ends: [['refused', 'REJECT_RULE']],
    culprit: 'an entry of IP set KUBE-CLUSTER-IP is missing: 10.96.0.10,tcp:80',
    mend: 'node2: ipset add KUBE-CLUSTER-IP 10.96.0.10,tcp:80',
  },
  'an entry that is missing in the set of hairpins': {
    run: [
      'ipset del KUBE-LOOP-BACK 10.244.2.3,tcp:8080,10.244.2.3',
      'ipvsadm -d -t 10.96.0.10:80 -r 10.244.1.2:8080',
    ],
    ask: { source: 'pod/web-1' },
    ends: [['timeout', 'MARTIAN_SOURCE']],
    culprit: 'an entry of IP set KUBE-LOOP-BACK is missing: 10.244.2.3,tcp:8080,10.244.2.3',
    mend: 'node2: ipset add KUBE-LOOP-BACK 10.244.2.3,tcp:8080,10.244.2.3',
  },
  'conntrack that does not follow IPVS': {
    run: ['sysctl -w net.ipv4.vs.conntrack=0', 'ipvsadm -d -t 10.96.0.10:80 -r 10.244.1.2:8080'],
    ask: { source: 'pod/web-1' },
    ends: [['timeout', 'MARTIAN_SOURCE']],
    culprit: 'net.ipv4.vs.conntrack is 0, not 1',
    mend: 'node2: sysctl -w net.ipv4.vs.conntrack=1',
  },
};

const ALL = { all: true };

function cluster(breaks: readonly Break[]): Cluster {
  const loaded = loadCluster([{ file: 'cluster.yaml', text: TEXT }]);
  const built = buildCluster(loaded.objects, { breaks });
  const errors = [...loaded.diagnostics, ...built.diagnostics].filter((d) => d.severity === 'error');
  expect(errors).toEqual([]);
  return built;
}

function question({ ask }: Broken): Question {
  return { source: 'pod/client', destination: 'svc/web', namespace: 'default', ...ask };
}

function walk(built: Cluster, broken: Broken): Trace {
  const result = answer(built, question(broken), ALL);
  if (!result.ok) throw new Error(result.error.message);
  return result.value.trace;
}

describe('in IPVS mode', () => {
  it.each(Object.entries(TABLE))('%s is named, and its mend delivers', (_, broken) => {
    const breaks = broken.run.map((run): Break => ({ on: 'node2', run }));
    const built = cluster(breaks);
    const trace = walk(built, broken);
    const ends = trace.paths.map(({ verdict, reason }) => [verdict, reason] as const);
    expect(ends.toSorted()).toEqual(broken.ends.toSorted());

    const found = diagnose(built, { question: question(broken), options: ALL, trace });
    expect(`${found?.culprit?.place}: ${found?.culprit?.what}`).toBe(`node2: ${broken.culprit}`);
    expect(found?.mend?.verified).toBe(true);
    expect(found?.mend?.text).toBe(broken.mend);
    expect(walk(built, broken)).toEqual(trace);

    const mends = (found?.mend?.commands ?? []).map((command): Break => {
      const colon = command.indexOf(': ');
      return { on: command.slice(0, colon), run: command.slice(colon + 2) };
    });
    expect(mends.length).toBeGreaterThan(0);
    expect(walk(cluster([...breaks, ...mends]), broken).verdict).toBe('delivered');
  });
});
