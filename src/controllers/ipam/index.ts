/**
 * # ipam: every address that the manifests leave out
 *
 * Models the address plans around a cluster: the nodes' own addresses on their LAN, the pod CIDRs that the node
 * IPAM controller (or flannel with SubnetLen and SubnetMin) hands out, and host-local, which gives each pod of a
 * node the next address of the node's CIDR. A node's CIDR that nobody stated is inferred from its pods.
 *
 * Guarantees: what was given is never changed; what is given out is free, inside its range and the same every
 * time; afterwards every node has an address and a pod CIDR, every network of the Topology has a router that owns
 * its gateway address, there is an external client, and every placed pod has its addresses. What was assumed is told
 * as a note; a range that is used up and an address that two have are errors.
 *
 * Leaves out: leases and their expiry, addresses of IPv6 node networks (a node has those that its manifest gives),
 * Service ClusterIPs and the LANs' ranges (the loader gives those).
 */
export { assumeNodes, completeNodes } from './complete-nodes.ts';
export type { Completion } from './completion.ts';
export { placeByAddress } from './place-by-address.ts';
export { completePods } from './pod-addresses.ts';
