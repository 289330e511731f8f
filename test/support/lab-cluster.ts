import { type Break, buildCluster, type Cluster } from '../../src/cluster/index.ts';
import { loadCluster, readSources, type SourceText } from '../../src/k8s/index.ts';

export interface Changes {
  /** `flannel.Backend.Type=host-gw`. */
  readonly set?: readonly string[];
  /** `node1: ip route del 10.244.2.0/24`. */
  readonly breaks?: readonly string[];
}

/** A cluster of `topologies/`, changed. Throws what is wrong with it. */
export function topologyCluster(name: string, changes: Changes = {}): Cluster {
  const path = new URL(`../../topologies/${name}/`, import.meta.url).pathname;
  return clusterOf(readSources([path]).sources, changes);
}

/** A cluster of manifests. Throws what is wrong with them. */
export function manifestCluster(text: string, changes: Changes = {}): Cluster {
  return clusterOf([{ file: 'cluster.yaml', text }], changes);
}

function clusterOf(sources: readonly SourceText[], { set = [], breaks = [] }: Changes): Cluster {
  const loaded = loadCluster(sources, { set: [...set] });
  const cluster = buildCluster(loaded.objects, { breaks: breaks.map(breakOf) });
  const errors = [...loaded.diagnostics, ...cluster.diagnostics].filter(
    ({ severity }) => severity === 'error',
  );
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return cluster;
}

/** Reads `ON: COMMAND`. */
export function breakOf(text: string): Break {
  const colon = text.indexOf(':');
  return { on: text.slice(0, colon).trim(), run: text.slice(colon + 1).trim() };
}
