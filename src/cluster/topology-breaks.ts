import type { ClusterObjects, DiagnosticPlace } from '../k8s/index.ts';

/** A command that somebody runs by hand after every program has done its work: `--break 'NODE: COMMAND'`. */
export interface Break {
  /** A node's name, or `pod/NAMESPACE/NAME`, `router/NAME`, `host/NAME`. */
  readonly on: string;
  /** A command line of ip, bridge, iptables, ipset, ipvsadm or sysctl. */
  readonly run: string;
  /** Where the input has it. */
  readonly at?: DiagnosticPlace;
}

/** The breaks that a Topology lists, each with its place in the input. */
export function topologyBreaks({ topology }: ClusterObjects): Break[] {
  const { source, breaks = [] } = topology;
  return breaks.map(({ on, run }, i) => ({
    on,
    run,
    ...(source === undefined ? {} : { at: { source, path: ['breaks', i] } }),
  }));
}
