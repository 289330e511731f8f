import type { Ip } from '../../addr/index.ts';
import type { IpPacket, Transport } from '../../wire/index.ts';

/**
 * One direction of a connection (struct nf_conntrack_tuple). For ICMP echo both "ports" are the id, and `type`
 * tells request from reply.
 */
export interface Tuple {
  readonly protocol: number;
  readonly src: Ip;
  readonly sport: number;
  readonly dst: Ip;
  readonly dport: number;
  /** ICMP type; 0 for everything else. */
  readonly type: number;
}

/**
 * A key for a tuple in a zone. Of IPv4 it is the tuple's numbers as the units of a string, which is several times as
 * fast as writing them down; the keys of IPv6 are longer than any of those.
 */
export function tupleKey({ protocol, src, sport, dst, dport, type }: Tuple, zone: number): string {
  if (typeof src !== 'number' || typeof dst !== 'number')
    return `${zone}|${protocol}|${src}|${sport}|${dst}|${dport}|${type}`;
  const [src1, src2, dst1, dst2] = [src >>> 16, src & 0xffff, dst >>> 16, dst & 0xffff];
  return String.fromCharCode(zone, protocol, type, src1, src2, sport, dst1, dst2, dport);
}

/** The tuple that a reply would have. */
export function invert(t: Tuple): Tuple {
  return {
    protocol: t.protocol,
    src: t.dst,
    sport: t.dport,
    dst: t.src,
    dport: t.sport,
    type: t.protocol === 1 ? (t.type === 8 ? 0 : 8) : 0,
  };
}

export function sameTuple(a: Tuple, b: Tuple): boolean {
  return (
    a.protocol === b.protocol &&
    a.src === b.src &&
    a.dst === b.dst &&
    a.sport === b.sport &&
    a.dport === b.dport &&
    a.type === b.type
  );
}

/** The tuple of a packet; undefined for ICMP errors and for transports without ports that conntrack keys otherwise. */
export function tupleOf(packet: IpPacket): Tuple | undefined {
  const { src, dst, transport } = packet;
  switch (transport.kind) {
    case 'tcp':
      return { protocol: 6, src, dst, sport: transport.sport, dport: transport.dport, type: 0 };
    case 'udp':
      return { protocol: 17, src, dst, sport: transport.sport, dport: transport.dport, type: 0 };
    case 'sctp':
      return { protocol: 132, src, dst, sport: transport.sport, dport: transport.dport, type: 0 };
    case 'icmp':
      return { protocol: 1, src, dst, sport: transport.id, dport: transport.id, type: transport.type };
    case 'other':
      return { protocol: transport.protocol, src, dst, sport: 0, dport: 0, type: 0 };
    case 'icmp-error':
      return undefined;
  }
}

/** Source and destination port of a packet, or the echo id; undefined where there are none. */
export function portsOf(
  transport: Transport,
): { readonly sport: number; readonly dport: number } | undefined {
  switch (transport.kind) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return { sport: transport.sport, dport: transport.dport };
    default:
      return undefined;
  }
}

/** Rewrites one side of a packet to that of a tuple (nf_nat_manip_pkt). */
export function manipulate(packet: IpPacket, target: Tuple, side: 'src' | 'dst'): void {
  const { transport } = packet;
  if (side === 'src') packet.src = target.src;
  else packet.dst = target.dst;
  switch (transport.kind) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      if (side === 'src') transport.sport = target.sport;
      else transport.dport = target.dport;
      return;
    case 'icmp':
      // icmp_manip_pkt: an echo has one id, which both tuples carry on both sides.
      transport.id = target.sport;
      return;
    default:
      return;
  }
}
