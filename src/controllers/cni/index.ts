/**
 * # cni: a pod's own network
 *
 * Models the plugins that kubelet runs for each pod: loopback, bridge (delegated to by the flannel plugin) with host-local
 * addresses that ipam has given out, and portmap 1.x with its iptables backend, which lends a pod the ports of its node
 * that its containers ask for (hostPort). What they are told (the bridge's name, hairpin and promiscuous mode, gateways,
 * MTU, masquerading, portmap's options) is a configuration of the input, else that of kube-flannel.yml.
 *
 * Guarantees: the plugins' order of steps (bridge, veth, enslave, hairpin, address and routes in the pod, gateway
 * address on the bridge after the first pod, then portmap); chains, rules and their places as the real ones leave them;
 * what is random in reality (`veth` + 8 hex digits, MACs, the namespace's uuid, the sandbox id from which chains have
 * their names) is a digest of the pod's namespace and name; hostNetwork, finished and unplaced pods get nothing; a node
 * without other pods has no bridge. Of two pods that want one host port the first in input order has it (warning PW416):
 * its rules are met first.
 *
 * Leaves out: portmap's nftables backend, VLANs of the bridge; bandwidth, tuning and the other plugins of a list (the loader
 * names them), and deletion.
 */
export { type CniPods, cniOperations } from './bridge.ts';
export { hostPortConflicts } from './host-port-conflicts.ts';
export { cniTables } from './portmap.ts';
