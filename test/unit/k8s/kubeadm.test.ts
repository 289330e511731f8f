import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../src/addr/index.ts';
import { buildCluster } from '../../../src/cluster/index.ts';
import { checkMeaning, formatDiagnostics, loadCluster } from '../../../src/k8s/index.ts';
import { answer } from '../../../src/trace/index.ts';

/**
 * `kubectl get all,nodes,endpointslices,netpol -A -o yaml` of a cluster that kubeadm and flannel made: static pods,
 * DaemonSets, two rollouts of a Deployment, a StatefulSet, finished Jobs whose addresses others have, an evicted and
 * a terminating pod.
 */
const FILE = new URL('../../golden/k8s/kubeadm.yaml', import.meta.url);
const loaded = loadCluster([{ file: 'kubeadm.yaml', text: readFileSync(FILE, 'utf8') }]);
const cluster = buildCluster(loaded.objects);

function trace(source: string, destination: string) {
  const result = answer(cluster, { source, destination, namespace: 'shop' }, { all: true, summary: false });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  const { verdict, paths } = result.value.trace;
  return { verdict, by: paths.map(({ endpoint }) => endpoint?.pod ?? endpoint?.node).sort() };
}

describe('a whole cluster as kubectl prints it', () => {
  it('loads without an error or a warning, and lint has nothing to add', () => {
    const all = [...loaded.diagnostics, ...cluster.diagnostics, ...checkMeaning(cluster.objects)];
    expect(formatDiagnostics(all, loaded.sources)).toEqual([
      'note PW113 a CronJob makes no pods here: the Jobs that are in the input do\n  fix: kubectl create job --from=cronjob/NAME --dry-run=client -o yaml gives one',
      'note PW229 nothing reads these: 1 HorizontalPodAutoscaler',
    ]);
  });

  it('is read whole: what nothing reads yet is counted', () => {
    const { nodes, pods, workloads, services, endpointSlices, ignored } = loaded.objects;
    expect([nodes, pods, workloads, services, endpointSlices].map((list) => list.length)).toEqual([
      3, 21, 10, 4, 4,
    ]);
    expect([...ignored.keys()]).not.toContain('Deployment');
    expect(ignored.get('CronJob')).toBe(1);
  });

  it('keeps its pods: no workload makes others, and none is moved', () => {
    const before = loaded.objects.pods.map(({ meta, nodeName, podIPs }) => [meta.name, nodeName, podIPs]);
    const after = cluster.objects.pods.map(({ meta, nodeName, podIPs }) => [meta.name, nodeName, podIPs]);
    expect(after).toEqual(before);
    expect(cluster.objects.workloads).toEqual(loaded.objects.workloads);
  });

  it('gives finished pods no part in the network, though others have their addresses', () => {
    const done = cluster.objects.pods.filter((pod) => pod.phase === 'Succeeded');
    expect(done.map((pod) => pod.podIPs.map(formatIp))).toEqual([['10.244.2.11'], ['10.244.1.5']]);
    for (const { meta } of done) expect(cluster.world.netns.has(`pod/shop/${meta.name}`)).toBe(false);
  });

  it('answers: a Service by its ready pods, the API server by its pod, DNS, a pod of the StatefulSet', () => {
    const client = 'shop/web-6f7c9d8b5c-4t9qw';
    expect(trace('pod/db-0', 'svc/web:80')).toEqual({
      verdict: 'delivered',
      by: ['web-6f7c9d8b5c-4t9qw', 'web-6f7c9d8b5c-c2m6h', 'web-6f7c9d8b5c-vj7kd'],
    });
    expect(trace(client, 'svc/default/kubernetes:443')).toEqual({
      verdict: 'delivered',
      by: ['kube-apiserver-cp1'],
    });
    expect(trace(client, 'svc/kube-system/kube-dns:53')).toMatchObject({ verdict: 'delivered' });
    expect(trace(client, 'pod/db-1:5432')).toEqual({ verdict: 'delivered', by: ['db-1'] });
    expect(trace('external', 'svc/web').verdict).toBe('delivered');
  });
});
