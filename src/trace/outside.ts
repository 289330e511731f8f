import type { Ip } from '../addr/index.ts';
import {
  announceOperations,
  type Cluster,
  externalHostNetns,
  externalHostOperations,
} from '../cluster/state/index.ts';
import type { Service } from '../k8s/index.ts';
import { addNetns, commit, commitReversible, type Operation, type Origin } from '../kernel/index.ts';
import type { TraceRequest } from './run-trace.ts';

/**
 * Runs a walk with what exists only for it: a host for `external/IP`, and for a client outside the announcement
 * of the LoadBalancer (or external) address that it asks for. Afterwards the world is as it was.
 */
export function withOutsideWorld<T>(cluster: Cluster, request: TraceRequest, walk: () => T): T {
  const { source } = request;
  if (source.kind !== 'external') return walk();
  const { world } = cluster;
  const added = addOutsideHost(cluster, request);
  const committed = commitReversible(world, outsideOperations(cluster, request));
  if (!('undo' in committed)) throw new Error(committed.message);
  try {
    return walk();
  } finally {
    committed.undo();
    if (added && world.netns.delete(source.netnsId)) world.changes++;
  }
}

/** Makes what exists only for walks from outside part of the world: where packets are real, it must be there. */
export function keepOutsideWorld(cluster: Cluster, request: TraceRequest): void {
  if (request.source.kind !== 'external') return;
  addOutsideHost(cluster, request);
  const error = commit(cluster.world, outsideOperations(cluster, request));
  if (error !== undefined) throw new Error(error.message);
}

/** Adds the namespace of `external/IP`; false when it is there or none is asked for. */
function addOutsideHost({ world }: Cluster, { source }: TraceRequest): boolean {
  if (source.ip === undefined || world.netns.has(source.netnsId)) return false;
  addNetns(world, externalHostNetns(source.ip));
  return true;
}

function outsideOperations(cluster: Cluster, { source, destination, via }: TraceRequest): Operation[] {
  const { world } = cluster;
  const operations: Operation[] = source.ip === undefined ? [] : externalHostOperations(world, source.ip);
  const service = announcedService(cluster, destination.ip);
  const node = service === undefined ? undefined : (via ?? announcer(cluster, service));
  if (service !== undefined && node !== undefined) {
    const { name, namespace } = service.meta;
    const origin: Origin = {
      program: 'underlay',
      object: { kind: 'Service', namespace, name },
      field: 'status.loadBalancer',
    };
    operations.push(...announceOperations(world, destination.ip, node, origin));
  }
  return operations;
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
