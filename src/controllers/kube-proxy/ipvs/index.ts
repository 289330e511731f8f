/**
 * # ipvs: kube-proxy's IPVS mode
 *
 * Models NewProxier and syncProxyRules of pkg/proxy/ipvs/proxier.go v1.30 as a full sync on a fresh node: the addresses of
 * kube-ipvs0, virtual servers with their real servers, the seventeen IP sets of a family, the few chains that match them,
 * the sysctls.
 *
 * Guarantees: entry for entry and rule for rule what the real program leaves; what several nodes have alike are the same
 * values. Services are sorted where the real order is random, and of two that claim one address the later one gets it.
 *
 * Leaves out: what needs time (a real server that leaves with connections open stays with weight 0 until they end;
 * here it leaves at once, as one without connections does), the clean-up of what other programs left
 * (`excludeCIDRs` is about that alone), `ipvsadm --set` of the timeouts, the second sync's view of nodePortAddresses that
 * hold Service addresses.
 */
export { type IpvsState, ipvsState } from './ipvs-state.ts';
export { ipvsTables } from './ipvs-tables.ts';
export { filledSets } from './sets.ts';
