import type { Ip, Ipv4, Mac } from '../addr/index.ts';

/**
 * Packets as values. The emulated kernel rewrites the addresses, ports and TTL of a packet in place, as NAT
 * and forwarding do; whoever keeps a packet for later takes a copy (`copyPacket`).
 */

/** TCP flag bits (RFC 9293 section 3.1). */
export const TCP_FLAG = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;

export interface Tcp {
  readonly kind: 'tcp';
  sport: number;
  dport: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly data: Uint8Array;
}

export interface Udp {
  readonly kind: 'udp';
  sport: number;
  dport: number;
  readonly data: Uint8Array | VxlanPayload;
}

/** RFC 7348: a VXLAN header and the inner frame. */
export interface VxlanPayload {
  readonly kind: 'vxlan';
  readonly vni: number;
  readonly frame: Frame;
}

/** A packet of one chunk: its type (INIT 1, INIT ACK 2, ABORT 6, RFC 9260 section 3.2) and value. */
export interface Sctp {
  readonly kind: 'sctp';
  sport: number;
  dport: number;
  readonly verificationTag: number;
  readonly chunk: number;
  readonly data: Uint8Array;
}

/** ICMP (RFC 792). Echo messages carry an id; errors quote the packet that caused them. */
export interface IcmpEcho {
  readonly kind: 'icmp';
  readonly type: 0 | 8;
  readonly code: 0;
  id: number;
  readonly sequence: number;
  readonly data: Uint8Array;
}

export interface IcmpError {
  readonly kind: 'icmp-error';
  /** 3 destination unreachable, 11 time exceeded. */
  readonly type: 3 | 11;
  readonly code: number;
  /** Next-hop MTU of code 4 (RFC 1191); 0 otherwise. */
  readonly mtu: number;
  /** The header and first bytes of the packet that caused the error. */
  readonly quote: IpPacket;
}

/** A transport that is carried but not looked into. */
export interface OtherTransport {
  readonly kind: 'other';
  readonly protocol: number;
  readonly data: Uint8Array;
}

export type Transport = Tcp | Udp | Sctp | IcmpEcho | IcmpError | OtherTransport;

/** An IP packet of either family (`typeof src` tells which). */
export interface IpPacket {
  src: Ip;
  dst: Ip;
  ttl: number;
  tos: number;
  readonly id: number;
  /** Don't fragment (IPv4). */
  readonly df: boolean;
  readonly transport: Transport;
}

/** ARP for IPv4 over Ethernet (RFC 826). */
export interface Arp {
  readonly kind: 'arp';
  readonly operation: 'request' | 'reply';
  readonly senderMac: Mac;
  readonly senderIp: Ipv4;
  readonly targetMac: Mac;
  readonly targetIp: Ipv4;
}

export interface Frame {
  readonly src: Mac;
  readonly dst: Mac;
  readonly payload: IpPacket | Arp;
}

export const NO_DATA: Uint8Array = new Uint8Array(0);

export function isArp(payload: IpPacket | Arp): payload is Arp {
  return 'operation' in payload;
}

/** The IANA protocol number that the IP header carries. */
export function protocolNumber(packet: IpPacket): number {
  switch (packet.transport.kind) {
    case 'tcp':
      return 6;
    case 'udp':
      return 17;
    case 'sctp':
      return 132;
    case 'icmp':
    case 'icmp-error':
      return typeof packet.src === 'number' ? 1 : 58;
    case 'other':
      return packet.transport.protocol;
  }
}

/** A copy that shares nothing mutable with the original. */
export function copyPacket(packet: IpPacket): IpPacket {
  return { ...packet, transport: copyTransport(packet.transport) };
}

function copyTransport(transport: Transport): Transport {
  if (transport.kind === 'icmp-error') return { ...transport, quote: copyPacket(transport.quote) };
  if (transport.kind === 'udp' && !(transport.data instanceof Uint8Array)) {
    return { ...transport, data: { ...transport.data, frame: copyFrame(transport.data.frame) } };
  }
  return { ...transport };
}

export function copyFrame(frame: Frame): Frame {
  return { ...frame, payload: isArp(frame.payload) ? frame.payload : copyPacket(frame.payload) };
}

/** The length in bytes of the IP packet on the wire, header included. */
export function packetLength(packet: IpPacket): number {
  return (typeof packet.src === 'number' ? 20 : 40) + transportLength(packet.transport);
}

/** Linux quotes as much of the packet as fits 576 bytes of ICMP error (net/ipv4/icmp.c, icmp_send). */
export const ICMP_QUOTE_LIMIT = 548;

function transportLength(transport: Transport): number {
  switch (transport.kind) {
    case 'tcp':
      return 20 + transport.data.length;
    case 'udp':
      return (
        8 +
        (transport.data instanceof Uint8Array ? transport.data.length : 8 + frameLength(transport.data.frame))
      );
    case 'sctp':
      // Common header, chunk header, chunk value; chunks are padded to 4 bytes.
      return 12 + 4 + Math.ceil(transport.data.length / 4) * 4;
    case 'icmp':
      return 8 + transport.data.length;
    case 'icmp-error':
      return 8 + Math.min(ICMP_QUOTE_LIMIT, packetLength(transport.quote));
    case 'other':
      return transport.data.length;
  }
}

/** The length in bytes of an Ethernet frame without its FCS. */
export function frameLength(frame: Frame): number {
  return 14 + (isArp(frame.payload) ? 28 : packetLength(frame.payload));
}
