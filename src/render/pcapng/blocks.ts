import { visibleLines } from '../../formats/text/index.ts';

/**
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian. Every block and option is padded to 32 bits:
 *
 *     | block type | total length | body ... | options ... | total length |
 *     option: | code (16) | length (16) | value ..., padded |
 */
const BLOCK = { section: 0x0a0d0d0a, interface: 1, packet: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;

const OPTION = { end: 0, comment: 1 } as const;
const SECTION_OPTION = { userApplication: 4 } as const;
const INTERFACE_OPTION = { name: 2, description: 3, ipv4: 4, ipv6: 5, mac: 6, resolution: 9 } as const;
const PACKET_OPTION = { flags: 2 } as const;

/** An option's value never exceeds 16 bits of length. */
const LONGEST_TEXT = 0xffff;

type Bytes = readonly number[] | Uint8Array;

function word(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
}

function half(value: number): number[] {
  return [value & 255, (value >>> 8) & 255];
}

function padding(length: number): number[] {
  return new Array<number>((4 - (length % 4)) % 4).fill(0);
}

function option(code: number, value: Bytes): number[] {
  return [...half(code), ...half(value.length), ...value, ...padding(value.length)];
}

function text(code: number, value: string): number[] {
  return option(code, new TextEncoder().encode(visibleLines(value)).subarray(0, LONGEST_TEXT));
}

const END_OF_OPTIONS = option(OPTION.end, []);

function block(type: number, parts: readonly Bytes[]): Uint8Array {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const out = new Uint8Array(length);
  out.set([...word(type), ...word(length)]);
  let at = 8;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  out.set(word(length), at);
  return out;
}

/** Section Header Block: the file's first. Its own length is not given (-1), as by most writers. */
export function sectionHeader(application: string, comment: string): Uint8Array {
  return block(BLOCK.section, [
    word(BYTE_ORDER_MAGIC),
    half(1),
    half(0),
    word(0xffffffff),
    word(0xffffffff),
    text(OPTION.comment, comment),
    text(SECTION_OPTION.userApplication, application),
    END_OF_OPTIONS,
  ]);
}

export interface InterfaceDescription {
  readonly name: string;
  readonly description: string;
  readonly mac: Bytes;
  /** Address and netmask, 8 bytes each. */
  readonly ipv4: readonly Bytes[];
  /** Address and prefix length, 17 bytes each. */
  readonly ipv6: readonly Bytes[];
}

/** Interface Description Block; the first in the file is interface 0. No snap length; times in microseconds. */
export function interfaceDescription(of: InterfaceDescription): Uint8Array {
  return block(BLOCK.interface, [
    half(LINKTYPE_ETHERNET),
    half(0),
    word(0),
    text(INTERFACE_OPTION.name, of.name),
    text(INTERFACE_OPTION.description, of.description),
    ...of.ipv4.map((address) => option(INTERFACE_OPTION.ipv4, address)),
    ...of.ipv6.map((address) => option(INTERFACE_OPTION.ipv6, address)),
    option(INTERFACE_OPTION.mac, of.mac),
    option(INTERFACE_OPTION.resolution, [6]),
    END_OF_OPTIONS,
  ]);
}

export interface EnhancedPacket {
  readonly interface: number;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly direction: 'in' | 'out';
  readonly reception: 'unicast' | 'multicast' | 'broadcast';
  readonly comments: readonly string[];
}

/** Bits of epb_flags: direction in 0 and 1, reception type in 2 to 4. */
const DIRECTION = { in: 1, out: 2 } as const;
const RECEPTION = { unicast: 1 << 2, multicast: 2 << 2, broadcast: 3 << 2 } as const;

/** Enhanced Packet Block. */
export function enhancedPacket(packet: EnhancedPacket): Uint8Array {
  const { time, bytes, comments } = packet;
  return block(BLOCK.packet, [
    word(packet.interface),
    word(Math.floor(time / 2 ** 32)),
    word(time % 2 ** 32),
    word(bytes.length),
    word(bytes.length),
    bytes,
    padding(bytes.length),
    option(PACKET_OPTION.flags, word(DIRECTION[packet.direction] | RECEPTION[packet.reception])),
    ...comments.map((comment) => text(OPTION.comment, comment)),
    END_OF_OPTIONS,
  ]);
}
