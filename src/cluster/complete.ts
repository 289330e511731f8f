import { computeEndpointSlices } from '../controllers/endpointslice/index.ts';
import { completeNodes, completePods } from '../controllers/ipam/index.ts';
import type { ClusterObjects, Diagnostic } from '../k8s/index.ts';
import { fitNodes } from './fit-nodes.ts';

/** Objects as the control plane leaves them, and what there is to say about it. */
export interface Completed {
  readonly objects: ClusterObjects;
  readonly diagnostics: readonly Diagnostic[];
}

/** Nodes, the pods of workloads, each pod's node, then networks and addresses, then the EndpointSlices that follow. */
export function completeObjects(given: ClusterObjects): Completed {
  const fitted = fitNodes(given);
  const nodes = completeNodes(fitted.objects);
  const pods = completePods(nodes.objects);
  const objects = { ...pods.objects, endpointSlices: computeEndpointSlices(pods.objects) };
  return {
    objects,
    diagnostics: [...fitted.assumed, ...nodes.diagnostics, ...fitted.diagnostics, ...pods.diagnostics],
  };
}
