/**
 * # iptables: kube-proxy's iptables mode
 *
 * Models syncProxyRules of pkg/proxy/iptables/proxier.go v1.30 as a full sync on a fresh node: the base jumps, the static
 * chains, and for every service port its rules in KUBE-SERVICES, KUBE-NODEPORTS, KUBE-EXTERNAL-SERVICES and
 * KUBE-PROXY-FIREWALL and its own KUBE-SVC, KUBE-SVL, KUBE-EXT, KUBE-FW and KUBE-SEP chains.
 *
 * Guarantees: rule for rule what the real program leaves, in the form in which the kernel gives rules back; services are
 * sorted where the real order is random. Rules that are equal on several nodes are the same objects.
 *
 * Leaves out: nfacct counters (written only where the kernel object could be made), stale chains, partial syncs.
 */
export { iptablesTables } from './iptables-tables.ts';
