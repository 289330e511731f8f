/**
 * # cluster: objects in, a world out
 *
 * Runs the programs of a cluster in the order in which a real one starts them: what the manifests leave out is
 * completed (ipam, workloads, scheduler, endpointslice), then the LANs and machines are wired (underlay), then on each node
 * kubelet, flannel, the CNI plugins for each pod, and at last kubelet, kube-proxy, flannel and portmap write their rules.
 *
 * What a Topology, or `--break`, says is broken by hand is done last, by the commands that a person would type.
 *
 * Guarantees: links, routes, neighbours and sockets are there when `buildCluster` returns; rules are computed when
 * a node's rules are first asked for, in that order; the same objects give the same world, byte for
 * byte; input that cannot stand is a diagnostic of severity `error`, and with one of those about addresses the
 * world stays empty.
 *
 * Two clusters are held against each other by the lines that the real tools would print of each place (`diffStates`).
 *
 * Leaves out: time. The world is what the programs leave behind when nothing changes any more.
 */
export {
  announceOperations,
  externalHostId,
  externalHostNetns,
  externalHostOperations,
} from '../controllers/underlay/index.ts';
export { type Break, settleState } from './break.ts';
export { buildCluster } from './build.ts';
export type { BuildOptions, Cluster } from './cluster.ts';
export { type Completed, completeObjects } from './complete.ts';
export { diffStates, type PlaceChanges, type TextChanges } from './diff.ts';
export type { LineChange } from './line-changes.ts';
export { nodeNetnsId, podNetnsId } from './places.ts';
export { sameValue } from './same-value.ts';
