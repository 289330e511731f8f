import { describe, expect, it } from 'vitest';
import { buildCluster, type Cluster } from '../../src/cluster/index.ts';
import { conformTexts, renderTextDifference } from '../../src/lab/index.ts';
import { GOLDEN_CASES, loadGolden } from '../support/kube-proxy-golden.ts';
import { topologyCluster } from '../support/lab-cluster.ts';
import { inRealLab } from '../support/real-lab.ts';
import { whatTheLabLacks } from './lab-missing.ts';
import { titleOf } from './real-tools.ts';

/** `npm run conformance` takes them all, `npm test` some. */
const FULL = process.env['PODWALK_CONFORMANCE'] === 'full';

const TOPOLOGIES = FULL
  ? [
      'two-nodes',
      'three-nodes',
      'host-gw',
      'direct-routing',
      'host-port',
      'nodeport-local',
      'hairpin',
      'no-endpoints',
    ]
  : ['host-gw', 'direct-routing', 'host-port'];
/** Built anew, a large one takes longer than it tells. */
const CASES = FULL
  ? GOLDEN_CASES.filter((name) => name !== 'large-cluster')
  : ['dual-stack', 'udp-sctp', 'random-003'];

/** Breaks of every part of the state. */
const BROKEN: readonly (readonly [topology: string, breaks: readonly string[]])[] = [
  ['broken-eth0-down', []],
  ['broken-cni0-down', []],
  ['broken-pod-eth0-down', []],
  ['broken-flannel-down', []],
  ['broken-port-detached', []],
  [
    'two-nodes',
    ['node1: ip link set dev eth0 mtu 1400', 'node1: sysctl -w net.ipv4.conf.flannel/1.rp_filter=1'],
  ],
  ['two-nodes', ['node2: ip link del veth96603d4d', 'node1: ip link set cni0 mtu 1300']],
  [
    'three-nodes',
    [
      'node1: bridge fdb add 02:00:00:00:00:01 dev flannel.1 dst 192.168.56.77',
      'node1: ip route add 198.51.100.0/24 via 192.168.56.12 metric 5',
      'node1: ip route add prohibit 198.51.101.0/24',
      'node1: ip route add unreachable 198.51.102.0/24 table 77',
      'node1: ip rule add fwmark 0x1/0x1 lookup 77',
      'node1: ip addr del 10.244.1.1/24 dev cni0',
      'node2: ip addr add 192.0.2.1/32 dev lo',
      'node2: ip neigh add 192.168.56.99 lladdr 02:00:00:00:00:09 dev eth0 nud permanent',
      'node2: ip route add 192.0.2.9/32 dev eth0 scope link',
      'node3: ip link set flannel.1 mtu 1200',
      'node3: ipset create blocked hash:ip,port',
      'node3: ipset add blocked 198.51.100.7,tcp:80',
      'node3: iptables -t mangle -A FORWARD -m set --match-set blocked src,dst -j DROP',
    ],
  ],
];

async function differences(cluster: Cluster): Promise<string[]> {
  return inRealLab(cluster, { listeners: false }, async ({ prefix }) => {
    const found = await conformTexts(cluster.world, prefix);
    expect(found.texts).toBeGreaterThanOrEqual(60);
    expect(found.lines).toBeGreaterThan(400);
    return found.differences.map(renderTextDifference);
  });
}

const missing = whatTheLabLacks('conform');
const real = it.skipIf(missing !== undefined);

describe(titleOf('every tool prints in every namespace of a lab what podwalk prints', missing), () => {
  real.each(TOPOLOGIES)('topology %s', async (name) => {
    expect(await differences(topologyCluster(name))).toEqual([]);
  });

  real.each(CASES)('case %s', async (name) => {
    expect(await differences(buildCluster(loadGolden(name)))).toEqual([]);
  });

  real.each(FULL ? BROKEN : BROKEN.slice(-2))('topology %s, broken by %j', async (name, breaks) => {
    expect(await differences(topologyCluster(name, { breaks }))).toEqual([]);
  });
});
