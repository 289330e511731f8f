import { read16, write16 } from './bytes.ts';
import { internetChecksum } from './checksum.ts';
import { ETHERNET_HEADER, emitFrame } from './frame.ts';
import { IPV4_HEADER } from './ipv4.ts';
import { type Frame, type IpPacket, isArp, type VxlanPayload } from './packet.ts';
import { emitVxlan } from './vxlan.ts';

/** How a packet is cut on its way; sizes are lengths of IPv4 packets in bytes, undefined: it travels whole. */
export interface Cut {
  /** Length of the longest piece. */
  readonly size?: number;
  /** The packet in a tunnel's outer packet is cut to this: each of its pieces has an outer packet of its own. */
  readonly innerSize?: number;
}

/** MF of the IPv4 header's flags (RFC 791 section 3.1); offsets count in units of 8 bytes. */
const MORE_FRAGMENTS = 0x2000;
const UNIT = 8;

/** The frames in which a packet travels: one, or its IPv4 fragments in order (ip_do_fragment). */
export function emitFrames(frame: Frame, { size, innerSize }: Cut = {}): Uint8Array[] {
  const { payload } = frame;
  if (isArp(payload)) return [emitFrame(frame)];
  const tunnel = innerSize === undefined ? undefined : tunnelOf(payload);
  if (tunnel === undefined) return cut(emitFrame(frame), size);
  return emitFrames(tunnel.frame, cutTo(innerSize)).flatMap((inner, i) => {
    const data = emitVxlan(tunnel.vni, inner);
    // Outer packets may be fragmented, so each has an identification of its own.
    const id = (payload.id + i) & 0xffff;
    const outer: IpPacket = { ...payload, id, transport: { ...tunnel.udp, data } };
    return cut(emitFrame({ ...frame, payload: outer }), size);
  });
}

function cutTo(size: number | undefined): Cut {
  return size === undefined ? {} : { size };
}

interface Tunnel extends Pick<VxlanPayload, 'vni' | 'frame'> {
  readonly udp: { readonly kind: 'udp'; readonly sport: number; readonly dport: number };
}

function tunnelOf({ transport }: IpPacket): Tunnel | undefined {
  if (transport.kind !== 'udp' || transport.data instanceof Uint8Array) return undefined;
  const { vni, frame } = transport.data;
  return { vni, frame, udp: { kind: 'udp', sport: transport.sport, dport: transport.dport } };
}

/** Cuts the IPv4 packet of a frame into pieces of at most `size` bytes, each with a header of its own. */
function cut(frame: Uint8Array, size: number | undefined): Uint8Array[] {
  const length = frame.length - ETHERNET_HEADER;
  const isIpv4 = read16(frame, 12) === 0x0800;
  if (size === undefined || length <= size || !isIpv4) return [frame];
  const start = ETHERNET_HEADER + IPV4_HEADER;
  const header = frame.subarray(0, start);
  const room = Math.floor((size - IPV4_HEADER) / UNIT) * UNIT;
  const pieces: Uint8Array[] = [];
  for (let at = start; at < frame.length; at += room) {
    const data = frame.subarray(at, at + room);
    const piece = new Uint8Array(start + data.length);
    piece.set(header);
    piece.set(data, start);
    const ip = piece.subarray(ETHERNET_HEADER, start);
    const more = at + room < frame.length ? MORE_FRAGMENTS : 0;
    write16(ip, 2, IPV4_HEADER + data.length);
    write16(ip, 6, more | ((at - start) / UNIT));
    write16(ip, 10, 0);
    write16(ip, 10, internetChecksum(ip));
    pieces.push(piece);
  }
  return pieces;
}
