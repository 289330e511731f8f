import type { ClusterObjects } from '../k8s/index.ts';

/** The objects without what podwalk computed from them, and without breaks: to build the cluster again. */
export function given(objects: ClusterObjects): ClusterObjects {
  const { breaks: _, ...topology } = objects.topology;
  return {
    ...objects,
    topology,
    endpointSlices: objects.endpointSlices.filter((slice) => slice.meta.source !== undefined),
  };
}
