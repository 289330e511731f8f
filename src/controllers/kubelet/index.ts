/**
 * # kubelet: what a node's own agent sets up
 *
 * Models the sysctls that every Kubernetes node has (`ip_forward`, `bridge-nf-call-iptables`, `rp_filter`), which
 * kubeadm's preflight checks demand and distributions set, and the iptables chains of kubelet v1.28 and later:
 * KUBE-FIREWALL with its guard of 127.0.0.0/8 and the jumps to it, KUBE-IPTABLES-HINT and KUBE-KUBELET-CANARY.
 *
 * Guarantees: it is the first program of a node, so that the order of rules and of sysctls is that of a node that
 * boots: kube-proxy finds the jumps to KUBE-FIREWALL there and puts its own in front of them.
 *
 * Leaves out: the chains of older kubelets (KUBE-MARK-DROP, copies of KUBE-MARK-MASQ and KUBE-POSTROUTING);
 * ip6tables chains of a node without IPv6; container sysctls.
 */
export { kubeletTables } from './chains.ts';
export { kubeletOperations } from './sysctls.ts';
