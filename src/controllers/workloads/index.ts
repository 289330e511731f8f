/**
 * # workloads: the pods that Deployments, ReplicaSets, StatefulSets, DaemonSets and Jobs make
 *
 * Models the controllers of kube-controller-manager as far as they decide which pods there are: a Deployment makes a
 * ReplicaSet, and that its pods; a StatefulSet numbers its pods and names them to DNS; a DaemonSet makes one for each
 * node that it fits; a running Job as many as it runs at once. Pods get the names, labels, owners and tolerations that
 * the controllers give them.
 *
 * Guarantees: the same manifests give the same names (what is random in a cluster is drawn from the workload's name),
 * and another workload seldom changes them; a workload whose pods are in the input, or come from a ReplicaSet that is,
 * makes no others; made pods run and are ready; their source is the template, so that a diagnostic about one points
 * there.
 *
 * Leaves out: rollouts (a workload is as its newest template says), CronJobs, autoscaling, and the `status` of
 * workloads but for a Job's progress.
 */
export { type Expansion, expandWorkloads } from './expand-workloads.ts';
