import type { ClusterObjects, Diagnostic, Watch } from '../k8s/index.ts';
import type { Program, World } from '../kernel/index.ts';
import type { Break } from './topology-breaks.ts';

/** A built cluster. */
export interface Cluster {
  /** Completed: assumed nodes, placed pods with their addresses, all EndpointSlices, the whole Topology. */
  readonly objects: ClusterObjects;
  readonly world: World;
  readonly diagnostics: readonly Diagnostic[];
  /** What was run by hand when everything was built, the Topology's first. */
  readonly breaks: readonly Break[];
}

export interface BuildOptions {
  /** The programs that write netfilter rules; default all. Links and routes are always there. */
  readonly programs?: ReadonlySet<Program>;
  /** What is run by hand when everything is built, after what the Topology says; nothing with `programs`. */
  readonly breaks?: readonly Break[];
  /** Told of every node that is built. */
  readonly watch?: Watch;
}
