/**
 * # scheduler: which node a pod runs on
 *
 * Models kube-scheduler for pods without `spec.nodeName`, in its two steps. Filters: cordoned nodes, taints that the
 * pod does not tolerate, its nodeSelector and required node affinity, host ports that another pod of the node has.
 * Scores, the first that differs deciding: fewest taints that prefer others, fewest pods of the same kind, greatest
 * weight of preferred node affinity, fewest pods, first in input order.
 *
 * Guarantees: the same input gives the same placement; replicas spread as evenly as the filters let them; pods
 * that name their node are left alone; a pod that fits nowhere is Pending, with kube-scheduler's sentence. Nodes that
 * are assumed can be made to fit (growNodes); those that are given are never changed.
 *
 * Leaves out: resources, affinity between pods and topology spread constraints (a note says so where they would
 * decide), priorities and preemption, other schedulers.
 */
export { type Growth, growNodes, labelsOfBound, unmet } from './grow-nodes.ts';
export { type Placement, schedulePods } from './schedule.ts';
