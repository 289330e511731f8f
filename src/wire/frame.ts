import { emitArp, parseArp } from './arp.ts';
import { read16, read48, write16, write48 } from './bytes.ts';
import { emitIcmpEcho, emitIcmpError, ICMP_PROTOCOL, parseIcmp, readIcmp } from './icmp.ts';
import { emitIpv4Packet, IPV4_HEADER, parseIpv4Packet } from './ipv4.ts';
import { emitIpv6Packet, parseIpv6Packet } from './ipv6.ts';
import {
  type Frame,
  type IpPacket,
  isArp,
  protocolNumber,
  type Transport,
  type VxlanPayload,
} from './packet.ts';
import { emitSctp, parseSctp, readSctp, SCTP_PROTOCOL } from './sctp.ts';
import { emitTcp, parseTcp, readTcp, TCP_PROTOCOL } from './tcp.ts';
import { emitUdp, parseUdp, readUdp, UDP_PROTOCOL } from './udp.ts';
import { emitVxlan, parseVxlan, VXLAN_PORT } from './vxlan.ts';

/*
 * Ethernet II, 14 bytes; neither preamble nor FCS:
 *
 *      0                   1                   2                   3
 *     |                   destination MAC (6 bytes) ...               |
 *     |  ... destination MAC          |    source MAC ...             |
 *     |                      ... source MAC                           |
 *     |  type: 0x0800 IPv4, 0x0806 ARP, 0x86dd IPv6  | payload ...
 */
export const ETHERNET_HEADER = 14;
const TYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

/** What the bytes do not say by themselves. */
export interface WireOptions {
  /** UDP datagrams to this port carry VXLAN. Default: 8472, Linux' own. */
  readonly vxlanPort?: number;
}

/** The bytes of a frame, without padding to 60 bytes and without FCS; every checksum is right. */
export function emitFrame(frame: Frame): Uint8Array {
  const { payload } = frame;
  const body = isArp(payload) ? emitArp(payload) : emitPacket(payload);
  const type = isArp(payload) ? TYPE.arp : typeof payload.src === 'number' ? TYPE.ipv4 : TYPE.ipv6;
  const bytes = new Uint8Array(ETHERNET_HEADER + body.length);
  write48(bytes, 0, frame.dst);
  write48(bytes, 6, frame.src);
  write16(bytes, 12, type);
  bytes.set(body, ETHERNET_HEADER);
  return bytes;
}

/**
 * The frame that the bytes hold, or undefined: bytes that are malformed, have a wrong checksum, or say
 * something that a `Frame` cannot (options, fragments, other protocols below IP). Never throws.
 */
export function parseFrame(bytes: Uint8Array, options: WireOptions = {}): Frame | undefined {
  if (bytes.length < ETHERNET_HEADER) return undefined;
  const type = read16(bytes, 12);
  const body = bytes.subarray(ETHERNET_HEADER);
  const payload = type === TYPE.arp ? parseArp(body) : parsePacketOf(type, body, options);
  if (payload === undefined) return undefined;
  return { dst: read48(bytes, 0), src: read48(bytes, 6), payload };
}

function parsePacketOf(type: number, body: Uint8Array, options: WireOptions): IpPacket | undefined {
  if (type !== TYPE.ipv4 && type !== TYPE.ipv6) return undefined;
  const packet = parsePacket(body, options);
  return packet !== undefined && (typeof packet.src === 'number') === (type === TYPE.ipv4)
    ? packet
    : undefined;
}

/**
 * The bytes of an IP packet. Throws for what no bytes can say, a bug of the caller: ICMP kinds over IPv6, which
 * are not modelled, addresses of two families, lengths that 16 bits do not hold.
 */
export function emitPacket(packet: IpPacket): Uint8Array {
  const { src, dst } = packet;
  const payload = emitTransport(packet);
  const protocol = protocolNumber(packet);
  if (payload.length > 0xffff - IPV4_HEADER) throw new RangeError(`${payload.length} bytes in one IP packet`);
  if (typeof src === 'number' && typeof dst === 'number') {
    return emitIpv4Packet({ ...packet, src, dst, protocol }, payload);
  }
  if (typeof src === 'bigint' && typeof dst === 'bigint') {
    return emitIpv6Packet({ ...packet, src, dst, protocol }, payload);
  }
  throw new TypeError('a packet with addresses of two families');
}

function emitTransport({ src, dst, transport }: IpPacket): Uint8Array {
  switch (transport.kind) {
    case 'tcp':
      return emitTcp(transport, src, dst);
    case 'udp':
      return emitUdp(transport, emitUdpData(transport.data), src, dst);
    case 'sctp':
      return emitSctp(transport);
    case 'icmp':
    case 'icmp-error':
      if (typeof src !== 'number') throw new TypeError('ICMPv6 messages are not modelled');
      return transport.kind === 'icmp'
        ? emitIcmpEcho(transport)
        : emitIcmpError(transport, emitPacket(transport.quote));
    case 'other':
      return transport.data;
  }
}

function emitUdpData(data: Uint8Array | VxlanPayload): Uint8Array {
  return data instanceof Uint8Array ? data : emitVxlan(data.vni, emitFrame(data.frame));
}

/**
 * The IP packet that the bytes hold, or undefined (see `parseFrame`). IPv6 has no identification and no DF bit:
 * they parse as 0 and false. Its ICMP messages parse as `other`.
 */
export function parsePacket(bytes: Uint8Array, options: WireOptions = {}): IpPacket | undefined {
  if ((bytes[0] ?? 0) >>> 4 === 4) {
    const parsed = parseIpv4Packet(bytes);
    if (parsed === undefined || parsed.cut) return undefined;
    return withTransport({ ...parsed.header, payload: parsed.payload }, options, parseTransport);
  }
  const parsed = parseIpv6Packet(bytes);
  if (parsed === undefined) return undefined;
  return withTransport(
    { ...parsed.header, id: 0, df: false, payload: parsed.payload },
    options,
    parseTransport,
  );
}

type IpBytes = Omit<IpPacket, 'transport'> & { readonly protocol: number; readonly payload: Uint8Array };
type TransportParser = (ip: IpBytes, options: WireOptions) => Transport | undefined;

function withTransport(ip: IpBytes, options: WireOptions, parse: TransportParser): IpPacket | undefined {
  const transport = parse(ip, options);
  if (transport === undefined) return undefined;
  const { src, dst, ttl, tos, id, df } = ip;
  return { src, dst, ttl, tos, id, df, transport };
}

function parseTransport(ip: IpBytes, options: WireOptions): Transport | undefined {
  const { src, dst, protocol, payload } = ip;
  switch (protocol) {
    case TCP_PROTOCOL:
      return parseTcp(payload, src, dst);
    case UDP_PROTOCOL:
      return withUdpData(parseUdp(payload, src, dst), options);
    case SCTP_PROTOCOL:
      return parseSctp(payload);
    case ICMP_PROTOCOL:
      return withQuote(parseIcmp(payload), options);
    default:
      return { kind: 'other', protocol, data: payload.slice() };
  }
}

/**
 * A datagram to the VXLAN port whose bytes are no VXLAN frame stays plain data: it is a good UDP datagram,
 * which the vxlan device would drop.
 */
function withUdpData(udp: ReturnType<typeof readUdp>, options: WireOptions): Transport | undefined {
  if (udp === undefined) return undefined;
  const { vxlanPort = VXLAN_PORT } = options;
  const vxlan = udp.dport === vxlanPort ? parseVxlan(udp.data) : undefined;
  const frame = vxlan === undefined ? undefined : parseFrame(vxlan.frame, options);
  if (vxlan === undefined || frame === undefined) return { kind: 'udp', ...udp };
  return { kind: 'udp', ...udp, data: { kind: 'vxlan', vni: vxlan.vni, frame } };
}

function withQuote(icmp: ReturnType<typeof parseIcmp>, options: WireOptions): Transport | undefined {
  if (icmp?.kind !== 'icmp-error') return icmp;
  const quote = parseQuote(icmp.quote, options);
  return quote === undefined ? undefined : { ...icmp, quote };
}

/**
 * The packet that an ICMP error quotes. It may be cut, so its transport is read without its checksum and with
 * as much data as came; a transport header that is cut itself is kept as bytes.
 */
function parseQuote(bytes: Uint8Array, options: WireOptions): IpPacket | undefined {
  const parsed = parseIpv4Packet(bytes);
  if (parsed === undefined) return undefined;
  if (!parsed.cut)
    return withTransport({ ...parsed.header, payload: parsed.payload }, options, readTransport);
  return withTransport({ ...parsed.header, payload: parsed.payload }, options, readCutTransport);
}

function readTransport(ip: IpBytes, options: WireOptions): Transport | undefined {
  const { protocol, payload } = ip;
  switch (protocol) {
    case TCP_PROTOCOL:
      return readTcp(payload);
    case UDP_PROTOCOL:
      return withUdpData(readUdp(payload), options);
    case SCTP_PROTOCOL:
      return readSctp(payload);
    case ICMP_PROTOCOL:
      return withQuote(readIcmp(payload), options);
    default:
      return { kind: 'other', protocol, data: payload.slice() };
  }
}

function readCutTransport(ip: IpBytes, options: WireOptions): Transport {
  return readTransport(ip, options) ?? { kind: 'other', protocol: ip.protocol, data: ip.payload.slice() };
}
