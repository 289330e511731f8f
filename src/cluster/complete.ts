import { computeEndpointSlices } from '../controllers/endpointslice/index.ts';
import { completeNodes, completePods } from '../controllers/ipam/index.ts';
import { schedulePods } from '../controllers/scheduler/index.ts';
import type { ClusterObjects, Diagnostic } from '../k8s/index.ts';

/** Objects as the control plane leaves them, and what there is to say about it. */
export interface Completed {
  readonly objects: ClusterObjects;
  readonly diagnostics: readonly Diagnostic[];
}

/** Nodes and their networks, then each pod's node and addresses, then the EndpointSlices that follow. */
export function completeObjects(given: ClusterObjects): Completed {
  const nodes = completeNodes(given);
  const placed = schedulePods(nodes.objects.pods, nodes.objects.nodes);
  const pods = completePods({ ...nodes.objects, pods: placed.pods });
  const objects = { ...pods.objects, endpointSlices: computeEndpointSlices(pods.objects) };
  return { objects, diagnostics: [...nodes.diagnostics, ...placed.diagnostics, ...pods.diagnostics] };
}
