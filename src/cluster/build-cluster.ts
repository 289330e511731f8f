import type { ClusterObjects } from '../k8s/index.ts';
import { applyBreaks } from './break.ts';
import { buildState } from './build.ts';
import type { BuildOptions, Cluster } from './cluster.ts';
import { topologyBreaks } from './topology-breaks.ts';

/**
 * Builds the state of a cluster from its objects, and breaks of it what the Topology and the options say. Diagnostics
 * of severity `error` mean that the input cannot be used; they are collected, not thrown.
 */
export function buildCluster(given: ClusterObjects, options: BuildOptions = {}): Cluster {
  const built = buildState(given, options);
  const { objects, world } = built;
  if (options.programs !== undefined || world.netns.size === 0) return built;
  const breaks = [...topologyBreaks(objects), ...(options.breaks ?? [])];
  if (breaks.length === 0) return built;
  return { ...built, diagnostics: [...built.diagnostics, ...applyBreaks(world, objects, breaks)], breaks };
}
