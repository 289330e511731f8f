import { describe, expect, it } from 'vitest';
import { ip } from '../../../src/addr/index.ts';
import { buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import { isLocalAddress, RT_TABLE_MAIN } from '../../../src/kernel/index.ts';
import { answer, type Trace } from '../../../src/trace/index.ts';

const NODES = [1, 2, 3, 4, 5];

/** Five nodes, a pod on each, a Service with an external address that nobody has. */
function cluster(mode: 'iptables' | 'ipvs', breaks: readonly string[] = []): Cluster {
  const items = [
    ...NODES.map((n) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: `node${n}` } })),
    ...NODES.map((n) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `pod${n}`, namespace: 'default', labels: { app: 'web' } },
      spec: {
        nodeName: `node${n}`,
        containers: [{ name: 'c', image: 'c', ports: [{ containerPort: 80 }] }],
      },
    })),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }], externalIPs: ['192.168.56.77'] },
    },
  ];
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { objects } = loadCluster([{ file: 'wake.json', text }], { set: [`kube-proxy.mode=${mode}`] });
  return buildCluster(objects, { breaks: breaks.map((run) => ({ on: 'node5', run })) });
}

function walk(of: Cluster, destination: string): Trace {
  const found = answer(
    of,
    { source: 'node/node1', destination, namespace: 'default', protocol: 'icmp' },
    { all: false },
  );
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  return found.value.trace;
}

/** The nodes that have written their routes to the others. */
function woken({ world }: Cluster): number[] {
  return NODES.filter((n) =>
    world.netns
      .get(`node/node${n}`)
      ?.writtenRoutes.some((route) => route.table === RT_TABLE_MAIN && route.device === 'flannel.1'),
  );
}

describe('a broadcast for an address', () => {
  it('leaves the nodes asleep that do not have it', () => {
    const of = cluster('iptables');
    expect(woken(of)).toEqual([]);
    expect(walk(of, '192.168.56.12').verdict).toBe('delivered');
    expect(woken(of)).toEqual([1, 2]);
    expect(walk(of, 'pod/pod3').verdict).toBe('delivered');
    expect(woken(of)).toEqual([1, 2, 3]);
  });

  it('finds nobody where no node has it', () => {
    const of = cluster('iptables');
    expect(walk(of, '192.168.56.77').paths[0]?.reason).toBe('NEIGHBOUR_UNREACHABLE');
    expect(woken(of)).toEqual([1]);
  });

  it('is answered by a route of table local that was added by hand', () => {
    const of = cluster('iptables', ['ip route add local 192.168.56.77 dev lo table local']);
    const [path] = walk(of, '192.168.56.77').paths;
    expect(path?.endpoint).toMatchObject({ node: 'node5' });
  });

  it('is answered by a proxy', () => {
    const of = cluster('iptables', ['ip neigh add proxy 192.168.56.77 dev eth0']);
    const [path] = walk(of, '192.168.56.77').paths;
    expect(path?.hops.some(({ place }) => place === 'node5')).toBe(true);
  });

  it('is answered for the address of a Service that IPVS has yet to give a node', () => {
    const of = cluster('ipvs');
    const node3 = of.world.netns.get('node/node3');
    if (node3 === undefined) throw new Error('no node3');
    expect(isLocalAddress(node3, ip('192.168.56.78'))).toBe(false);
    expect(woken(of)).toEqual([]);
    expect(isLocalAddress(node3, ip('192.168.56.77'))).toBe(true);
    expect(woken(of)).toEqual([3]);
  });
});
