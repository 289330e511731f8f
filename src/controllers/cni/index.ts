/**
 * # cni: a pod's own network
 *
 * Models the plugins that kubelet runs for each pod from flannel's conflist `cbr0`: loopback, bridge (delegated to by
 * the flannel plugin, with hairpinMode and isDefaultGateway) with host-local addresses that ipam has given out, and
 * portmap 1.x with its iptables backend, which lends a pod the ports of its node that its containers ask for (hostPort).
 *
 * Guarantees: the plugins' order of steps (bridge, veth, enslave, hairpin, address and routes in the pod, gateway
 * address on the bridge after the first pod, then portmap); portmap's chains, rules and their places as the real one
 * leaves them; what is random in reality (`veth` + 8 hex digits, MACs, the namespace's uuid, the sandbox id from which
 * portmap makes the names of its chains) is a digest of the pod's namespace and name; hostNetwork, finished and
 * unplaced pods get nothing; a node without other pods has no cni0. Of two pods that want one host port the first in
 * input order has it (warning PW416): its rules are met first.
 *
 * Leaves out: the bridge plugin's own masquerading (chains `CNI-...` in POSTROUTING), which the flannel plugin asks for
 * only when flanneld runs without `--ip-masq`, and kube-flannel.yml sets that; portmap's nftables backend; bandwidth,
 * tuning, and deletion.
 */
export { type CniPods, cniOperations } from './bridge.ts';
export { hostPortConflicts } from './host-port-conflicts.ts';
export { cniTables } from './portmap.ts';
