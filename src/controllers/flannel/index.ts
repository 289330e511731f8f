/**
 * # flannel: the pod network between nodes
 *
 * Models flanneld with the Kubernetes subnet manager, one daemon a node: it takes the node's podCIDR as its lease,
 * learns the others' from Node objects and their annotations, and writes links, neighbours, FDB entries, routes
 * and iptables rules. Backends: vxlan (with DirectRouting) and host-gw.
 *
 * Guarantees: the state of reference nodes byte for byte, in flannel's order (for each peer ARP, FDB, route);
 * VTEP MACs as the annotation `backend-data` records them, else stable; public-ip annotations are honoured; what
 * flanneld would refuse to start with (PW430, PW432) or fail to install (PW431) is an error.
 *
 * Leaves out: etcd leases, the backends udp, ipip, wireguard, ipsec, alloc and extension, nftables rules (the loader refuses them),
 * the Windows options, and what happens while nodes come and go.
 */
export { flannelOperations, peerOperations, unreachablePeers } from './backend.ts';
export { type Lease, type Leases, leasesOf, podMtu } from './lease.ts';
export { flannelTables } from './rules.ts';
