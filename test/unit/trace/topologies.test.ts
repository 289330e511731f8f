import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../src/addr/index.ts';
import { topologyNames, topologyPath } from '../../../src/cli/topologies.ts';
import { buildCluster } from '../../../src/cluster/index.ts';
import { loadCluster, readSources } from '../../../src/k8s/index.ts';
import { answer, checkTrace, type Question } from '../../../src/trace/index.ts';

/** From everywhere to everything, by every protocol that makes sense. */
function questions(cluster: ReturnType<typeof buildCluster>): Question[] {
  const { nodes, pods, services } = cluster.objects;
  const sources = [
    ...pods.map((pod) => `pod/${pod.meta.namespace}/${pod.meta.name}`),
    ...nodes.map((node) => `node/${node.meta.name}`),
    'external',
    'external/198.51.100.9',
  ];
  const destinations = [
    ...services.flatMap((service) => [
      `svc/${service.meta.namespace}/${service.meta.name}`,
      ...service.clusterIPs.map((ip) => `${formatIp(ip)}:9`),
    ]),
    ...pods.map((pod) => `pod/${pod.meta.namespace}/${pod.meta.name}:8080`),
    ...nodes.map((node) => `node/${node.meta.name}:30080`),
    ...nodes.map((node) => `node/${node.meta.name}`),
    '127.0.0.1:30080',
    '10.244.1.250:80',
    '192.168.56.1',
    '192.168.56.77:80',
    '203.0.113.99:443',
    '10.96.0.10',
  ];
  return sources.flatMap((source) =>
    destinations.map((destination) => ({ source, destination, namespace: 'default' })),
  );
}

describe('every walk through the topologies', () => {
  it.each(topologyNames())('keeps the grammar in %s', (name) => {
    const { sources } = readSources([topologyPath(name)]);
    const cluster = buildCluster(loadCluster(sources, { set: [] }).objects);
    const broken: string[] = [];
    let walked = 0;
    for (const question of questions(cluster)) {
      for (const all of [true, false]) {
        const found = answer(cluster, question, { all, summary: true });
        if (!found.ok) continue;
        walked++;
        for (const problem of checkTrace(found.value.trace))
          broken.push(`${question.source} -> ${question.destination}${all ? ' --all' : ''}: ${problem}`);
      }
    }
    expect(walked).toBeGreaterThan(100);
    expect(broken).toEqual([]);
  });
});
