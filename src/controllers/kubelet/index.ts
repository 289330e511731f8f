/**
 * # kubelet: what a node's own agent sets up
 *
 * Models the sysctls that every Kubernetes node has (`ip_forward`, `bridge-nf-call-iptables`, `rp_filter`), which
 * kubeadm's preflight checks demand and distributions set.
 *
 * Guarantees: it is the first program of a node, so that the order of rules and of sysctls is that of a node
 * that boots.
 *
 * Leaves out: its iptables chains (KUBE-FIREWALL, KUBE-IPTABLES-HINT, KUBE-KUBELET-CANARY), which would go into
 * `kubeletTables`, ahead of kube-proxy's; container sysctls.
 */
export { kubeletOperations, kubeletTables } from './sysctls.ts';
