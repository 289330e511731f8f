/**
 * # scheduler: which node a pod runs on
 *
 * Models kube-scheduler for pods without `spec.nodeName`: nodes that are cordoned, not ready, tainted (podwalk
 * keeps no tolerations) or that the pod's nodeSelector does not match are filtered out; of the others the one
 * that runs fewest pods of the same kind wins, then the one that runs fewest pods, then the first in input order.
 *
 * Guarantees: the same input gives the same placement; replicas spread as evenly as the filters let them; pods
 * that name their node are left alone; a pod that fits nowhere stays unplaced, with kube-scheduler's sentence.
 *
 * Leaves out: resources, affinity, tolerations, topology spread constraints, priorities and preemption.
 */
export { type Placement, schedulePods } from './schedule.ts';
