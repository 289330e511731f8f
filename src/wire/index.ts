/**
 * # wire: packets as values
 *
 * Models Ethernet frames, ARP, IPv4, IPv6, TCP, UDP, SCTP, ICMP and VXLAN as plain values, and their bytes: one
 * file a protocol, with the header drawn above its codec.
 *
 * Guarantees: a value says everything that a router, a firewall or a socket looks at; lengths are those of the
 * bytes on the wire; every checksum that is emitted is right (RFC 1071, CRC32c for SCTP); parsing what was
 * emitted gives the value back; parsing never throws, and gives undefined for bytes that are malformed, have a
 * wrong checksum or say what a value cannot.
 *
 * Leaves out: IP options and extension headers, fragments as values (`emitFrames` cuts bytes), flow labels, TCP options and urgent data, SCTP packets
 * of several chunks or with chunk flags, ICMP other than echo, unreachable and time exceeded, ICMPv6 (carried as
 * bytes), VLAN tags. An ICMP error quotes at most 548 bytes, so a longer packet comes back from it cut.
 */
export { emitArp, parseArp } from './arp.ts';
export { crc32c, internetChecksum, pseudoHeader } from './checksum.ts';
export { type Cut, emitFrames } from './fragment.ts';
export { emitFrame, emitPacket, parseFrame, parsePacket, type WireOptions } from './frame.ts';
export { emitIcmpEcho, emitIcmpError, type IcmpBytes, parseIcmp } from './icmp.ts';
export { emitIpv4Packet, type Ipv4Bytes, type Ipv4Header, parseIpv4Packet } from './ipv4.ts';
export { emitIpv6Packet, type Ipv6Bytes, type Ipv6Header, parseIpv6Packet } from './ipv6.ts';
export * from './packet.ts';
export { emitSctp, parseSctp } from './sctp.ts';
export { emitTcp, parseTcp } from './tcp.ts';
export { emitUdp, parseUdp, type UdpBytes } from './udp.ts';
export { emitVxlan, parseVxlan, VXLAN_PORT } from './vxlan.ts';
