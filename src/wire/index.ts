/**
 * # wire: packets as values
 *
 * Models Ethernet frames, ARP, IPv4, IPv6, TCP, UDP, SCTP, ICMP and VXLAN as plain values.
 *
 * Guarantees: a value says everything that a router, a firewall or a socket looks at; lengths are those of the
 * bytes on the wire.
 *
 * Leaves out: IP options and extension headers, fragments, TCP options.
 */
export * from './packet.ts';
