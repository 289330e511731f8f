import type { Ip } from '../addr/index.ts';
import {
  announceOperations,
  type Cluster,
  externalHostNetns,
  externalHostOperations,
} from '../cluster/index.ts';
import type { Service } from '../k8s/index.ts';
import { addNetns, commitReversible, type Operation, type Origin } from '../kernel/index.ts';
import type { TraceRequest } from './run-trace.ts';

/**
 * Runs a walk with what exists only for it: a host for `external/IP`, and for a client outside the announcement
 * of the LoadBalancer (or external) address that it asks for. Afterwards the world is as it was.
 */
export function withOutsideWorld<T>(cluster: Cluster, request: TraceRequest, walk: () => T): T {
  const { source, destination } = request;
  if (source.kind !== 'external') return walk();
  const { world } = cluster;
  const added = source.ip !== undefined && !world.netns.has(source.netnsId);
  if (added && source.ip !== undefined) addNetns(world, externalHostNetns(source.ip));
  const operations: Operation[] = source.ip === undefined ? [] : externalHostOperations(world, source.ip);
  const service = announcedService(cluster, destination.ip);
  const node = service === undefined ? undefined : (request.via ?? announcer(cluster, service));
  if (service !== undefined && node !== undefined) {
    const { name, namespace } = service.meta;
    const origin: Origin = {
      program: 'underlay',
      object: { kind: 'Service', namespace, name },
      field: 'status.loadBalancer',
    };
    operations.push(...announceOperations(world, destination.ip, node, origin));
  }
  const committed = commitReversible(world, operations);
  if (!('undo' in committed)) throw new Error(committed.message);
  try {
    return walk();
  } finally {
    committed.undo();
    if (added) world.netns.delete(source.netnsId);
  }
}

/** The Service that has the address as a load balancer's or external one. */
function announcedService(cluster: Cluster, ip: Ip): Service | undefined {
  return cluster.objects.services.find(
    (s) => s.externalIPs.includes(ip) || s.loadBalancerIngress.some((i) => i.ip === ip && i.ipMode === 'VIP'),
  );
}

/** The first node that may announce: a ready one, and with externalTrafficPolicy Local one with a ready endpoint. */
function announcer(cluster: Cluster, service: Service): string | undefined {
  const ready = cluster.objects.nodes.filter((n) => n.ready);
  if (service.externalTrafficPolicy !== 'Local') return ready[0]?.meta.name;
  const { name, namespace } = service.meta;
  const slices = cluster.objects.endpointSlices.filter(
    (s) => s.serviceName === name && s.meta.namespace === namespace,
  );
  const hosting = new Set(slices.flatMap((s) => s.endpoints.filter((e) => e.ready).map((e) => e.nodeName)));
  return (ready.find((n) => hosting.has(n.meta.name)) ?? ready[0])?.meta.name;
}
