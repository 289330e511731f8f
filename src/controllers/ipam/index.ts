/**
 * # ipam: every address that the manifests leave out
 *
 * Models the address plans around a cluster: the LANs that the nodes stand on, the nodes' own addresses, the pod
 * CIDRs that the node IPAM controller (or flannel with SubnetLen and SubnetMin) hands out, and host-local, which
 * gives each pod of a node the next address of the node's CIDR. Ranges that nobody stated are inferred from the
 * objects.
 *
 * Guarantees: what was given is never changed; what is given out is free, inside its range and the same every
 * time; afterwards every node has an address and a pod CIDR, every node address lies in a network of the
 * Topology, every network has a router that owns its gateway address, and every placed pod has its addresses. What
 * was assumed about the surroundings is told as a note; a clash between given values is an error.
 *
 * Leaves out: leases and their expiry, IPv6 node networks beyond the /64 of an address, Service ClusterIPs (the
 * loader gives those).
 */
export { completeNodes } from './complete-nodes.ts';
export type { Completion } from './completion.ts';
export { completePods } from './pod-addresses.ts';
