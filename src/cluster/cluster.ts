import type { ClusterObjects, Diagnostic } from '../k8s/index.ts';
import type { Program, World } from '../kernel/index.ts';

/** A built cluster. */
export interface Cluster {
  /** Completed: assumed nodes, placed pods with their addresses, all EndpointSlices, the whole Topology. */
  readonly objects: ClusterObjects;
  readonly world: World;
  readonly diagnostics: readonly Diagnostic[];
}

export interface BuildOptions {
  /** The programs that write netfilter rules; default all. Links and routes are always there. */
  readonly programs?: ReadonlySet<Program>;
}
