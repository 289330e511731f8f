import { describe, expect, it } from 'vitest';
import { readHeaders } from '../../../src/lab/observe/headers.ts';
import { pcapReader } from '../../../src/lab/observe/pcap.ts';

/** An IPv4 packet of a protocol, its header's checksum left out, since nobody here reads it. */
function ipv4(protocol: number, body: Buffer, over: { ttl?: number; fragment?: number } = {}): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + body.length, 2);
  header.writeUInt16BE(777, 4);
  header.writeUInt16BE(over.fragment ?? 0, 6);
  header[8] = over.ttl ?? 64;
  header[9] = protocol;
  header.set([10, 244, 1, 2], 12);
  header.set([10, 244, 2, 2], 16);
  return Buffer.concat([header, body] as unknown as Uint8Array[]);
}

function tcp(flags: number): Buffer {
  const body = Buffer.alloc(20);
  body.writeUInt16BE(40000, 0);
  body.writeUInt16BE(80, 2);
  body[13] = flags;
  return body;
}

function udp(dport: number, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(40000, 0);
  head.writeUInt16BE(dport, 2);
  return Buffer.concat([head, data] as unknown as Uint8Array[]);
}

function icmp(type: number, code: number, quote: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), quote] as unknown as Uint8Array[]);
}

const VXLAN = new Set([8472]);
const request = ipv4(6, tcp(0x02));
/** VXLAN's 8 bytes and an Ethernet header before the inner packet. */
const tunnelled = ipv4(17, udp(8472, Buffer.concat([Buffer.alloc(22), request] as unknown as Uint8Array[])));

describe('headers', () => {
  it.each([
    ['a SYN', request, { protocol: 'tcp', role: 'request', sport: 40000, dport: 80, ttl: 64, info: 'SYN' }],
    ['a SYN-ACK', ipv4(6, tcp(0x12)), { role: 'back', info: 'SYN,ACK' }],
    ['an RST', ipv4(6, tcp(0x14)), { role: 'back' }],
    ['an ACK', ipv4(6, tcp(0x10)), { role: 'other' }],
    ['a question', ipv4(17, udp(53, Buffer.from('qqq'))), { protocol: 'udp', role: 'request', dport: 53 }],
    ['an answer', ipv4(17, udp(53, Buffer.from('default/web|'))), { role: 'back' }],
    ['an echo request', ipv4(1, icmp(8, 0)), { protocol: 'icmp', role: 'request' }],
    ['an error about a request', ipv4(1, icmp(3, 1, request)), { role: 'back', info: 'type 3 code 1' }],
    ['an error about an answer', ipv4(1, icmp(3, 1, ipv4(6, tcp(0x12)))), { role: 'other' }],
    ["an error about a tunnel's packet", ipv4(1, icmp(3, 1, tunnelled)), { role: 'back' }],
    ['a redirect', ipv4(1, icmp(5, 1, request)), { role: 'other' }],
    ['a tunnel', tunnelled, { protocol: 'udp', dport: 8472, role: 'request', tunnel: true }],
    ['a later fragment', ipv4(17, Buffer.alloc(8), { fragment: 0xb9 }), { role: 'other', fragment: true }],
    ['another protocol', ipv4(47, Buffer.alloc(8)), { protocol: '47', role: 'other' }],
  ])('of %s', (_, bytes, headers) => {
    expect(readHeaders(bytes, VXLAN)).toMatchObject({
      src: '10.244.1.2',
      dst: '10.244.2.2',
      id: 777,
      ...headers,
    });
  });

  it('of what is no packet are none', () => {
    expect(readHeaders(Buffer.alloc(40), VXLAN)).toBeUndefined();
    expect(readHeaders(Buffer.from([0x45]), VXLAN)).toBeUndefined();
  });
});

describe('a capture', () => {
  const fileHeader = Buffer.alloc(24);
  fileHeader.writeUInt32LE(0xa1b23c4d, 0);
  fileHeader.writeUInt32LE(276, 20);

  function record(direction: number, ethertype: number): Buffer {
    const packet = Buffer.alloc(20);
    packet.writeUInt16BE(ethertype, 0);
    packet.writeUInt32BE(7, 4);
    packet[10] = direction;
    const data = Buffer.concat([packet, request] as unknown as Uint8Array[]);
    const head = Buffer.alloc(16);
    head.writeUInt32LE(1700000000, 0);
    head.writeUInt32LE(5, 4);
    head.writeUInt32LE(data.length, 8);
    return Buffer.concat([head, data] as unknown as Uint8Array[]);
  }

  it('is read however it is cut into pieces, other protocols left out', () => {
    const file = Buffer.concat([
      fileHeader,
      record(0, 0x0800),
      record(0, 0x86dd),
      record(4, 0x0800),
    ] as unknown as Uint8Array[]);
    for (const size of [1, 7, file.length]) {
      const seen: object[] = [];
      const read = pcapReader(({ time, device, direction, bytes }) =>
        seen.push({ time, device, direction, equal: bytes.equals(request as unknown as Uint8Array) }),
      );
      for (let at = 0; at < file.length; at += size) read(file.subarray(at, at + size));
      const one = { time: 1700000000000000005n, device: 7, equal: true };
      expect(seen).toEqual([
        { ...one, direction: 'in' },
        { ...one, direction: 'out' },
      ]);
    }
  });

  it('of another kind is refused', () => {
    expect(() => pcapReader(() => undefined)(Buffer.alloc(24))).toThrow(/LINUX_SLL2/);
  });
});
