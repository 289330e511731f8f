/**
 * # kubelet: what a node's own agent sets up
 *
 * Models the sysctls that every Kubernetes node has (`ip_forward`, `bridge-nf-call-iptables`, `rp_filter`), which
 * kubeadm's preflight checks demand and distributions set, and the iptables chains of kubelet v1.28 and later:
 * KUBE-FIREWALL with its guard of 127.0.0.0/8 and the jumps to it, KUBE-IPTABLES-HINT and KUBE-KUBELET-CANARY.
 *
 * Then what it gives a pod for looking up names: /etc/resolv.conf by dnsPolicy and dnsConfig, with the events that it
 * records about them; /etc/hosts; the environment variables of Services.
 *
 * Guarantees: it is the first program of a node, so that the order of rules and of sysctls is that of a node that
 * boots: kube-proxy finds the jumps to KUBE-FIREWALL there and puts its own in front of them.
 *
 * Leaves out: the chains of older kubelets (KUBE-MARK-DROP, copies of KUBE-MARK-MASQ and KUBE-POSTROUTING);
 * ip6tables chains of a node without IPv6; container sysctls; a node's own /etc/hosts but for localhost; the variables
 * that a container's manifest or image sets, and that a Service younger than the container gives none.
 */
export { kubeletTables } from './chains.ts';
export { serviceEnvironment } from './environment.ts';
export { NODE_HOSTS, podHostname, podHosts } from './hosts-file.ts';
export { type NameSettings, nameSettings, nodeResolvConf } from './name-settings.ts';
export { type KubeletEvent, type NamingPod, type PodResolvConf, podResolvConf } from './resolv-conf.ts';
export { kubeletOperations } from './sysctls.ts';
