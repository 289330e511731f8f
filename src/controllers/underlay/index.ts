/**
 * # underlay: the machines' own network
 *
 * Models what stands below the cluster: each LAN of the Topology as a switch, each node's `eth0` with its default
 * route, the routers that own the gateway addresses, and the hosts outside the cluster. For a walk it also adds a
 * host that only a command line names, and announces a LoadBalancer address as MetalLB in layer 2 mode does.
 *
 * Guarantees: expects completed objects (ipam); every device name fits 15 characters, every MAC follows from what
 * it belongs to; switches, routers and hosts carry no rules and do not call iptables; a router forwards only to its
 * networks and to addresses that somebody owns, everything else meets its blackhole default route (of program
 * `underlay`, which is how a walk knows that a packet left the cluster).
 *
 * Leaves out: spanning tree, VLANs, IPv6 router advertisements (gateways are static), DHCP.
 */
export { announceOperations } from './announce.ts';
export { externalHostId, externalHostNetns, externalHostOperations } from './external-host.ts';
export { type Underlay, underlay } from './underlay.ts';
