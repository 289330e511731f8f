/**
 * # cni: a pod's own network
 *
 * Models the plugins that kubelet runs for each pod from flannel's conflist: loopback, and bridge (delegated to by
 * the flannel plugin, with hairpinMode and isDefaultGateway) with host-local addresses that ipam has given out.
 *
 * Guarantees: the plugins' order of steps (bridge, veth, enslave, hairpin, address and routes in the pod, gateway
 * address on the bridge after the first pod); names that are random in reality (`veth` + 8 hex digits, MACs, the
 * namespace's uuid) are digests of the pod's name; hostNetwork, finished and unplaced pods get nothing; a node
 * without other pods has no cni0.
 *
 * Leaves out: portmap, whose rules would go into `cniTables`, after flannel's; bandwidth, tuning, and deletion.
 */
export { type CniPods, cniOperations, cniTables } from './bridge.ts';
