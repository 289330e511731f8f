import { describe, expect, test } from 'vitest';
import { buildCluster, nodeNetnsId, podNetnsId } from '../../../src/cluster/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import {
  type Backend,
  canonicalTexts,
  NODES,
  PODS,
  printTexts,
  readCaptures,
  type TextKind,
} from '../../support/captures.ts';

/** The captured set-up as manifests. */
function manifests(backend: Backend): string {
  const near = { name: 'lan-a', cidr: '192.168.50.0/24', gateway: '192.168.50.1' };
  const far = { name: 'lan-b', cidr: '192.168.60.0/24', gateway: '192.168.60.1' };
  const topology = {
    apiVersion: 'podwalk/v1',
    kind: 'Topology',
    networks: backend === 'direct' ? [near, far] : [near],
    routers: backend === 'direct' ? [{ name: 'under', networks: ['lan-a', 'lan-b'] }] : [],
  };
  const backends = {
    vxlan: { Type: 'vxlan' },
    'host-gw': { Type: 'host-gw' },
    direct: { Type: 'vxlan', DirectRouting: true },
  };
  const network = { Network: '10.244.0.0/16', Backend: backends[backend] };
  const flannel = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-flannel-cfg', namespace: 'kube-flannel' },
    data: { 'net-conf.json': JSON.stringify(network) },
  };
  const nodes = NODES.map((name, n) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: { podCIDR: `10.244.${n + 1}.0/24`, podCIDRs: [`10.244.${n + 1}.0/24`] },
    status: {
      addresses: [
        {
          type: 'InternalIP',
          address: backend === 'direct' && name === 'n3' ? '192.168.60.13' : `192.168.50.1${n + 1}`,
        },
      ],
    },
  }));
  const pods = PODS.map((name) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { nodeName: `n${name[1]}`, containers: [{ name: 'c', image: 'example.com/c' }] },
    status: { phase: 'Running', podIP: `10.244.${name[1]}.${name.endsWith('a') ? 2 : 3}` },
  }));
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [topology, flannel, ...nodes, ...pods] });
}

const BACKENDS: readonly Backend[] = ['vxlan', 'host-gw', 'direct'];

describe.each(BACKENDS)('three nodes from manifests (%s)', (backend) => {
  const loaded = loadCluster([{ file: 'captured.json', text: manifests(backend) }], { set: [] });
  const { objects, world, diagnostics } = buildCluster(loaded.objects);
  const ids = new Map([
    ...NODES.map((name): [string, string] => [name, nodeNetnsId(name)]),
    ...objects.pods.map((pod): [string, string] => [pod.meta.name, podNetnsId(pod)]),
  ]);
  const keys = new Map([...ids].map(([key, id]) => [world.netns.get(id)?.name ?? '', key]));
  const printed = canonicalTexts(printTexts(world, ids), (name) => keys.get(name) ?? 'under');
  const captured = canonicalTexts(readCaptures(backend), (name) => name.replace(/^fl/, ''));

  test('load and build without a complaint', () => {
    expect([...loaded.diagnostics, ...diagnostics].filter((found) => found.severity === 'error')).toEqual([]);
  });

  test.each([...NODES, ...PODS])('%s prints what the kernel printed', (key) => {
    const texts = Object.entries(captured.get(key) ?? {});
    expect(texts).toHaveLength(key.startsWith('n') ? 7 : 3);
    for (const [kind, text] of texts) {
      expect(printed.get(key)?.[kind as TextKind], `${key}.${kind}`).toBe(text);
    }
  });
});
