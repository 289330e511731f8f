import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Arp,
  emitFrame,
  emitPacket,
  type Frame,
  frameLength,
  type IpPacket,
  internetChecksum,
  packetLength,
  parseFrame,
  parsePacket,
  pseudoHeader,
  type Transport,
  VXLAN_PORT,
} from '../../../src/wire/index.ts';

const RUNS = { seed: 8472, numRuns: 300 };

const mac = fc.nat(0xffffffffffff);
const ipv4 = fc.nat(0xffffffff);
const ipv6 = fc.bigInt(0n, (1n << 128n) - 1n);
const port = fc.nat(0xffff);
const uint32 = fc.nat(0xffffffff);
const byte = fc.nat(255);
const data = fc.uint8Array({ maxLength: 40 });
const ports = { sport: port, dport: port };

const tcp = fc.record({
  kind: fc.constant('tcp' as const),
  ...ports,
  seq: uint32,
  ack: uint32,
  flags: byte,
  window: port,
  data,
});
const udp = fc.record({
  kind: fc.constant('udp' as const),
  sport: port,
  dport: port.filter((p) => p !== VXLAN_PORT),
  data,
});
const sctp = fc.record({
  kind: fc.constant('sctp' as const),
  ...ports,
  verificationTag: uint32,
  chunk: byte,
  data,
});
const other = fc.record({
  kind: fc.constant('other' as const),
  protocol: fc.constantFrom(2, 47, 50, 58, 89),
  data,
});
const echo = fc.record({
  kind: fc.constant('icmp' as const),
  type: fc.constantFrom(0 as const, 8 as const),
  code: fc.constant(0 as const),
  id: port,
  sequence: port,
  data,
});

const header = { ttl: byte, tos: byte };
const header4 = { ...header, src: ipv4, dst: ipv4, id: port, df: fc.boolean() };
const packet4 = (transport: fc.Arbitrary<Transport>): fc.Arbitrary<IpPacket> =>
  fc.record({ ...header4, transport });
const packet6 = (transport: fc.Arbitrary<Transport>): fc.Arbitrary<IpPacket> =>
  fc.record({ ...header, src: ipv6, dst: ipv6, id: fc.constant(0), df: fc.constant(false), transport });

const plain = fc.oneof(tcp, udp, sctp, other);
const icmpError = (quote: fc.Arbitrary<IpPacket>): fc.Arbitrary<Transport> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('icmp-error' as const),
      type: fc.constantFrom(3 as const, 11 as const),
      code: fc.nat(15).filter((code) => code !== 4),
      mtu: fc.constant(0),
      quote,
    }),
    fc.record({
      kind: fc.constant('icmp-error' as const),
      type: fc.constant(3 as const),
      code: fc.constant(4),
      mtu: port,
      quote,
    }),
  );
const anyPacket4 = packet4(fc.oneof(plain, echo, icmpError(packet4(fc.oneof(plain, echo)))));
const anyPacket = fc.oneof(anyPacket4, packet6(plain));

const arp: fc.Arbitrary<Arp> = fc.record({
  kind: fc.constant('arp' as const),
  operation: fc.constantFrom('request' as const, 'reply' as const),
  senderMac: mac,
  senderIp: ipv4,
  targetMac: mac,
  targetIp: ipv4,
});
const innerFrame: fc.Arbitrary<Frame> = fc.record({ src: mac, dst: mac, payload: fc.oneof(arp, anyPacket) });
const vxlan = packet4(
  fc.record({
    kind: fc.constant('udp' as const),
    sport: port,
    dport: fc.constant(VXLAN_PORT),
    data: fc.record({ kind: fc.constant('vxlan' as const), vni: fc.nat(0xffffff), frame: innerFrame }),
  }),
);
const frame: fc.Arbitrary<Frame> = fc.record({
  src: mac,
  dst: mac,
  payload: fc.oneof(arp, anyPacket, vxlan),
});

describe('frames as bytes', () => {
  test('parse to the value that was emitted', () => {
    fc.assert(
      fc.property(frame, (value) => {
        expect(parseFrame(emitFrame(value))).toEqual(value);
      }),
      RUNS,
    );
  });

  test('are as long as frameLength and packetLength say', () => {
    fc.assert(
      fc.property(frame, (value) => {
        expect(emitFrame(value).length).toBe(frameLength(value));
      }),
      RUNS,
    );
  });

  test('may be padded, as Ethernet pads to 60 bytes', () => {
    fc.assert(
      fc.property(frame, fc.nat(46), (value, padding) => {
        const bytes = emitFrame(value);
        const padded = new Uint8Array(bytes.length + padding);
        padded.set(bytes);
        expect(parseFrame(padded)).toEqual(value);
      }),
      RUNS,
    );
  });

  test('are refused when cut short', () => {
    fc.assert(
      fc.property(frame, fc.nat(), (value, at) => {
        const bytes = emitFrame(value);
        expect(parseFrame(bytes.subarray(0, at % bytes.length))).toBeUndefined();
      }),
      RUNS,
    );
  });

  test('never make the parser throw, whatever the bytes, and what parses emits the same value', () => {
    const damaged = fc
      .tuple(frame, fc.array(fc.tuple(fc.nat(), byte), { minLength: 1, maxLength: 4 }))
      .map(([value, edits]) => {
        const bytes = emitFrame(value);
        for (const [at, replacement] of edits) bytes[at % bytes.length] = replacement;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 120 })), (bytes) => {
        const value = parseFrame(bytes);
        if (value !== undefined) expect(parseFrame(emitFrame(value))).toEqual(value);
      }),
      { ...RUNS, numRuns: 2000 },
    );
  });
});

describe('checksums', () => {
  test('a changed bit of an IPv4 header, TCP, SCTP or ICMP message is noticed', () => {
    const covered = packet4(fc.oneof(tcp, sctp, echo));
    fc.assert(
      fc.property(covered, fc.nat(), (value, bit) => {
        const bytes = emitPacket(value);
        const at = bit % (bytes.length * 8);
        bytes[at >>> 3] = (bytes[at >>> 3] ?? 0) ^ (1 << (at & 7));
        expect(parsePacket(bytes)).toBeUndefined();
      }),
      RUNS,
    );
  });

  test('a UDP checksum is never sent as 0 and covers the pseudo header of its family', () => {
    fc.assert(
      fc.property(fc.oneof(packet4(udp), packet6(udp)), (value) => {
        const bytes = emitPacket(value);
        const segment = bytes.subarray(typeof value.src === 'number' ? 20 : 40);
        expect((segment[6] ?? 0) * 256 + (segment[7] ?? 0)).not.toBe(0);
        expect(internetChecksum(pseudoHeader(value.src, value.dst, 17, segment.length), segment)).toBe(0);
      }),
      RUNS,
    );
  });

  test('the sum of two parts is that of the whole when the first part is even', () => {
    const even = data.map((bytes) => bytes.subarray(0, bytes.length & ~1));
    fc.assert(
      fc.property(even, data, (a, b) => {
        expect(internetChecksum(a, b)).toBe(internetChecksum(Uint8Array.from([...a, ...b])));
      }),
      RUNS,
    );
  });
});

test('an ICMP error quotes no more than 548 bytes, and its quote still tells the ports', () => {
  const long = packet4(fc.oneof(tcp, udp, sctp)).map((quote) => ({
    ...quote,
    transport: { ...quote.transport, data: new Uint8Array(900) } as Transport,
  }));
  const errors = fc.tuple(long, fc.constantFrom(3 as const, 11 as const));
  fc.assert(
    fc.property(errors, ipv4, ([quote, type], router) => {
      const error: IpPacket = {
        src: router,
        dst: quote.src,
        ttl: 64,
        tos: 0,
        id: 0,
        df: false,
        transport: { kind: 'icmp-error', type, code: 0, mtu: 0, quote },
      };
      const bytes = emitPacket(error);
      expect(bytes.length).toBe(576);
      expect(bytes.length).toBe(packetLength(error));
      const parsed = parsePacket(bytes)?.transport;
      const inner = parsed?.kind === 'icmp-error' ? parsed.quote : undefined;
      expect(inner).toMatchObject({ src: quote.src, dst: quote.dst, id: quote.id });
      if (quote.transport.kind === 'sctp') expect(inner?.transport.kind).toBe('other');
      else {
        expect(inner?.transport).toMatchObject({
          kind: quote.transport.kind,
          sport: 'sport' in quote.transport ? quote.transport.sport : -1,
        });
      }
    }),
    RUNS,
  );
});
