/**
 * # network-policy: kube-router's NetworkPolicy controller, beside flannel
 *
 * Models the controller that k3s ships: kube-router v2.9.0's netpol controller with its iptables backend. From the
 * NetworkPolicies, pods and namespaces of a cluster it writes on every node a chain for each policy, the sets of
 * addresses that its rules ask, a chain for each of the node's pods, and the top chains KUBE-ROUTER-INPUT, -FORWARD and
 * -OUTPUT, first in the built-in chains of table filter, that send a pod's packets through the pod's chain.
 *
 * Guarantees: names follow the real program's hashes, texts and orders its source; every rule carries the policy and
 * its rule (`spec.ingress[0].ports[1]`) or the pod that it is for, and every element of a set the pod or the block.
 * Chains of policies and sets are the same on all nodes, and shared between them.
 *
 * Where the program differs from the specification, so do its rules: a rule with pods among its peers whose named
 * ports nobody has opens every port; what one block leaves out cuts into the other blocks of its rule; egress to a name
 * of a port without peers opens that number everywhere; the mark that allows has no direction, so that of a hairpin
 * either side's rule lets it through; pods' own nodes and ICMP errors and echo requests always pass.
 *
 * Leaves out: time (the version in the names of chains is that of no sync: always the same), so also the moment
 * between a pod's start and the next sync; the order in which a real run meets policies and pods, which is random,
 * is that of their names; the real program's set of a named port may, in some of those orders, hold pods of another
 * name of port; ranges of external and load balancer addresses, which k3s does not set; the nftables backend and
 * `--netpol-default-deny`, which came later.
 */
export { networkPolicySets, networkPolicyTables, type PolicyState, policyState } from './policy-state.ts';
