import { computeEndpointSlices } from '../controllers/endpointslice/index.ts';
import { completeNodes, completePods } from '../controllers/ipam/index.ts';
import { schedulePods } from '../controllers/scheduler/index.ts';
import { expandWorkloads } from '../controllers/workloads/index.ts';
import type { ClusterObjects, Diagnostic } from '../k8s/index.ts';

/** Objects as the control plane leaves them, and what there is to say about it. */
export interface Completed {
  readonly objects: ClusterObjects;
  readonly diagnostics: readonly Diagnostic[];
}

/** Nodes and their networks, the pods of workloads, then each pod's node and addresses, then the EndpointSlices that follow. */
export function completeObjects(given: ClusterObjects): Completed {
  const nodes = completeNodes(given);
  const made = expandWorkloads(nodes.objects);
  const placed = schedulePods(made.pods, nodes.objects.nodes);
  const pods = completePods({ ...nodes.objects, pods: placed.pods, workloads: made.workloads });
  const objects = { ...pods.objects, endpointSlices: computeEndpointSlices(pods.objects) };
  return {
    objects,
    diagnostics: [...nodes.diagnostics, ...made.diagnostics, ...placed.diagnostics, ...pods.diagnostics],
  };
}
