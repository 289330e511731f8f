import { describe, expect, test } from 'vitest';
import { ip } from '../../../src/addr/index.ts';
import {
  crc32c,
  emitFrame,
  emitPacket,
  type Frame,
  type IpPacket,
  internetChecksum,
  NO_DATA,
  parseFrame,
  parsePacket,
  TCP_FLAG,
} from '../../../src/wire/index.ts';

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replace(/\s/g, '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function hex(data: Uint8Array): string {
  return [...data].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

describe('checksums', () => {
  test('the example of RFC 1071 section 3 sums to ddf2', () => {
    expect(internetChecksum(bytes('0001f203f4f5f6f7'))).toBe(~0xddf2 & 0xffff);
  });

  test.each([
    ['32 bytes of 0', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of 0xff', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['bytes 0 to 31', Uint8Array.from({ length: 32 }, (_, n) => n), 0x46dd794e],
    ['"123456789"', new TextEncoder().encode('123456789'), 0xe3069283],
  ])('the CRC32c of %s is that of RFC 3720 appendix B.4', (_what, data, crc) => {
    expect(crc32c(data)).toBe(crc);
  });
});

const PACKET: IpPacket = {
  src: ip('192.0.2.1'),
  dst: ip('192.0.2.2'),
  ttl: 64,
  tos: 0,
  id: 0x1234,
  df: true,
  transport: {
    kind: 'tcp',
    sport: 40000,
    dport: 80,
    seq: 1,
    ack: 0,
    flags: TCP_FLAG.SYN,
    window: 64240,
    data: NO_DATA,
  },
};
const FRAME: Frame = { src: 0x020000000001, dst: 0x020000000002, payload: PACKET };

describe('frames captured from Linux', () => {
  test('an ARP request is emitted as Linux sends it', () => {
    const frame: Frame = {
      src: 0x02000000aa01,
      dst: 0xffffffffffff,
      payload: {
        kind: 'arp',
        operation: 'request',
        senderMac: 0x02000000aa01,
        senderIp: ip('192.0.2.1') as number,
        targetMac: 0,
        targetIp: ip('192.0.2.2') as number,
      },
    };
    const wire =
      'ffffffffffff 02000000aa01 0806 0001 0800 06 04 0001 02000000aa01 c0000201 000000000000 c0000202';
    expect(hex(emitFrame(frame))).toBe(wire.replace(/ /g, ''));
    expect(parseFrame(bytes(wire))).toEqual(frame);
  });

  test('the IPv4 header of a SYN has the fields where RFC 791 puts them', () => {
    const wire = hex(emitFrame(FRAME));
    expect(wire.slice(0, 28)).toBe('0200000000020200000000010800');
    expect(wire.slice(28, 28 + 20)).toBe('45000028123440004006');
    expect(wire.slice(28 + 24, 28 + 40)).toBe('c0000201c0000202');
  });

  test('a VXLAN header has its I flag and its VNI in the upper 24 bits', () => {
    const outer: Frame = {
      ...FRAME,
      payload: {
        ...PACKET,
        transport: {
          kind: 'udp',
          sport: 50000,
          dport: 8472,
          data: { kind: 'vxlan', vni: 0x123456, frame: FRAME },
        },
      },
    };
    const wire = hex(emitFrame(outer));
    expect(wire.slice((14 + 20 + 8) * 2, (14 + 20 + 16) * 2)).toBe('0800000012345600');
    expect(parseFrame(emitFrame(outer))).toEqual(outer);
  });

  test('another port carries VXLAN only when the caller says so', () => {
    const data = { kind: 'vxlan', vni: 1, frame: FRAME } as const;
    const outer: IpPacket = { ...PACKET, transport: { kind: 'udp', sport: 50000, dport: 4789, data } };
    expect(parsePacket(emitPacket(outer), { vxlanPort: 4789 })).toEqual(outer);
    expect(parsePacket(emitPacket(outer))?.transport).toMatchObject({ data: expect.any(Uint8Array) });
  });

  test('a datagram to the VXLAN port that holds no frame stays plain data', () => {
    const data = Uint8Array.from([1, 2, 3]);
    const packet: IpPacket = { ...PACKET, transport: { kind: 'udp', sport: 1, dport: 8472, data } };
    expect(parsePacket(emitPacket(packet))).toEqual(packet);
  });
});

describe('bytes that a value cannot hold are refused', () => {
  const good = emitFrame(FRAME);
  const edited = (edit: (wire: Uint8Array) => void, fix = true): Uint8Array => {
    const wire = good.slice();
    edit(wire);
    if (fix) {
      wire.set([0, 0], 14 + 10);
      const sum = internetChecksum(wire.subarray(14, 34));
      wire.set([sum >>> 8, sum & 0xff], 14 + 10);
    }
    return wire;
  };
  test.each<[string, Uint8Array]>([
    ['IP options', edited((wire) => wire.set([0x46], 14))],
    ['a fragment', edited((wire) => wire.set([0x20, 0x00], 14 + 6))],
    ['a later fragment', edited((wire) => wire.set([0x00, 0x10], 14 + 6))],
    ['a total length below the header', edited((wire) => wire.set([0, 19], 14 + 2))],
    ['a total length beyond the frame', edited((wire) => wire.set([0xff, 0xff], 14 + 2))],
    ['IP version 5', edited((wire) => wire.set([0x55], 14))],
    ['a wrong header checksum', edited((wire) => wire.set([1], 14 + 8), false)],
    ['a wrong TCP checksum', edited((wire) => wire.set([0xff], 14 + 20 + 4))],
    ['an IPv6 type over an IPv4 packet', edited((wire) => wire.set([0x86, 0xdd], 12))],
    ['a VLAN tag', edited((wire) => wire.set([0x81, 0x00], 12))],
    ['nothing', NO_DATA],
  ])('%s', (_what, wire) => {
    expect(parseFrame(good)).toEqual(FRAME);
    expect(parseFrame(wire)).toBeUndefined();
  });

  test('a UDP datagram without checksum is good over IPv4 only', () => {
    const transport = { kind: 'udp', sport: 1, dport: 2, data: NO_DATA } as const;
    const four = emitPacket({ ...PACKET, transport });
    four.set([0, 0], 20 + 6);
    expect(parsePacket(four)).toEqual({ ...PACKET, transport });
    const six = emitPacket({ ...PACKET, src: 1n, dst: 2n, id: 0, df: false, transport });
    expect(parsePacket(six)).toBeDefined();
    six.set([0, 0], 40 + 6);
    expect(parsePacket(six)).toBeUndefined();
  });
});

test('what no bytes can say is a bug of the caller and throws', () => {
  const data = new Uint8Array(70000);
  expect(() => emitPacket({ ...PACKET, transport: { kind: 'other', protocol: 99, data } })).toThrow(
    RangeError,
  );
  expect(() => emitPacket({ ...PACKET, src: 1n })).toThrow(/two families/);
  const echo = { kind: 'icmp', type: 8, code: 0, id: 1, sequence: 1, data: NO_DATA } as const;
  expect(() => emitPacket({ ...PACKET, src: 1n, dst: 2n, transport: echo })).toThrow(/ICMPv6/);
});
