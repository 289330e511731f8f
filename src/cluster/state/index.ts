/**
 * # state: what the programs of a cluster leave
 *
 * The part of cluster that builds, by itself: who breaks nothing by hand need not load what reads the commands of
 * ip, iptables and the others. See cluster for the guarantees, which are the same.
 */
export {
  announceOperations,
  externalHostId,
  externalHostNetns,
  externalHostOperations,
} from '../../controllers/underlay/index.ts';
export { buildState } from '../build.ts';
export type { BuildOptions, Cluster } from '../cluster.ts';
export { type Completed, completeObjects } from '../complete.ts';
export { nodeNetnsId, podNetnsId } from '../places.ts';
export { settleState } from '../settle-state.ts';
export { type Break, topologyBreaks } from '../topology-breaks.ts';
