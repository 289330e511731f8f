import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkDnsName,
  type DnsMessage,
  type DnsResource,
  emitDns,
  fitDns,
  parseDns,
  parseDnsHeader,
} from '../../../src/wire/dns/index.ts';

const ANSWER: DnsMessage = {
  id: 0xbeef,
  response: true,
  opcode: 0,
  authoritative: true,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: false,
  rcode: 0,
  question: { name: 'Web.default.svc.cluster.local.', type: 'A', class: 1 },
  answer: [{ name: 'Web.default.svc.cluster.local.', ttl: 30, type: 'A', data: '10.96.0.10' }],
  authority: [],
  additional: [],
};

function withoutBytes(message: DnsMessage | undefined): DnsMessage | undefined {
  if (message?.question === undefined) return message;
  const { bytes: _, ...question } = message.question;
  return { ...message, question };
}

const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => `${labels.join('.')}.`);
const word = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: most });
const data: fc.Arbitrary<Pick<DnsResource, 'type' | 'data'>> = fc.oneof(
  fc.ipV4().map((ip) => ({ type: 'A', data: ip })),
  fc.constantFrom('::', 'fd00::1', '2001:db8::7:0:1').map((ip) => ({ type: 'AAAA', data: ip })),
  fc.tuple(fc.constantFrom('CNAME', 'PTR', 'NS'), name).map(([type, text]) => ({ type, data: text })),
  fc
    .tuple(word(65535), word(65535), word(65535), name)
    .map((words) => ({ type: 'SRV', data: words.join(' ') })),
  fc
    .tuple(name, name, word(0xffffffff), word(7200), word(1800), word(86400), word(300))
    .map((words) => ({ type: 'SOA', data: words.join(' ') })),
  fc.stringMatching(/^[ -~]{0,200}$/).map((text) => ({ type: 'TXT', data: text })),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => ({
    type: 'TYPE65280',
    data: `\\# ${bytes.length} ${Buffer.from(bytes).toString('hex')}`,
  })),
);
const record = fc.tuple(name, word(86400), data).map(([owner, ttl, rest]) => ({ name: owner, ttl, ...rest }));
const message: fc.Arbitrary<DnsMessage> = fc.record({
  id: word(65535),
  response: fc.boolean(),
  opcode: word(15),
  authoritative: fc.boolean(),
  truncated: fc.boolean(),
  recursionDesired: fc.boolean(),
  recursionAvailable: fc.boolean(),
  rcode: word(15),
  question: fc.record({
    name,
    type: fc.constantFrom('A', 'SRV', 'HTTPS', 'TYPE1234'),
    class: fc.constant(1),
  }),
  answer: fc.array(record, { maxLength: 4 }),
  authority: fc.array(record, { maxLength: 2 }),
  additional: fc.array(record, { maxLength: 2 }),
  edns: fc.record({ udpSize: fc.integer({ min: 1, max: 65535 }), version: word(255) }),
});

describe('a DNS message', () => {
  it('comes back from its bytes as the value that it was', () => {
    fc.assert(
      fc.property(message, (one) => {
        expect(withoutBytes(parseDns(emitDns(one)))).toEqual(one);
      }),
      { seed: 20, numRuns: 300 },
    );
  });

  it('has the header of RFC 1035 in its first bytes', () => {
    expect([...emitDns(ANSWER).subarray(0, 12)]).toEqual([0xbe, 0xef, 0x85, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
    expect(parseDnsHeader(emitDns(ANSWER))).toMatchObject({ id: 0xbeef, response: true, questions: 1 });
  });

  it('gives a question back as the bytes that it came as, whatever is in its labels', () => {
    const strange = Uint8Array.from([3, 0x61, 0x2e, 0xff, 2, 0x41, 0x42, 0, 0xff, 0x01, 0, 3]);
    const query = Uint8Array.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...strange]);
    const read = parseDns(query);
    expect(read?.question).toEqual({ name: 'a\\.\\255.AB.', type: 'TYPE65281', class: 3, bytes: strange });
    if (read === undefined) return;
    expect(emitDns(read)).toEqual(query);
  });

  it('is read or refused, and never throws, whatever the bytes', () => {
    const bytes = emitDns({ ...ANSWER, edns: { udpSize: 1232, version: 0 } });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word(bytes.length - 1), word(255)), { maxLength: 6 }),
        word(bytes.length),
        (changes, length) => {
          const wrong = bytes.slice(0, length);
          for (const [at, value] of changes) if (at < length) wrong[at] = value;
          const read = parseDns(wrong);
          expect(read === undefined || typeof read.id === 'number').toBe(true);
        },
      ),
      { seed: 21, numRuns: 2000 },
    );
  });

  it('that is too long loses records from the end, and says so', () => {
    const answer = Array.from({ length: 40 }, (_, i) => ({
      name: 'all.default.svc.cluster.local.',
      ttl: 30,
      type: 'A',
      data: `10.244.1.${i}`,
    }));
    const long = { ...ANSWER, answer, edns: { udpSize: 512, version: 0 } };
    expect(parseDns(fitDns(long, 65535))?.truncated).toBe(false);
    const cut = fitDns(long, 512);
    const read = parseDns(cut);
    expect(read?.truncated).toBe(true);
    expect(read?.edns).toBeDefined();
    expect(read?.answer).toEqual(answer.slice(0, read?.answer.length));
    // One more would not have fitted.
    expect(cut.length).toBeLessThanOrEqual(512);
    expect(cut.length + 16).toBeGreaterThan(512);
  });

  it('that is too long has its names compressed first, and loses nothing when that is enough', () => {
    fc.assert(
      fc.property(message, (one) => {
        const { edns: _, ...plain } = one;
        const { bytes: __, ...question } = one.question ?? { name: '.', type: 'A', class: 1 };
        const long = { ...plain, question, truncated: false };
        const short = fitDns(long, 65535, 12);
        expect(short.length).toBeLessThanOrEqual(emitDns(long).length);
        expect(withoutBytes(parseDns(short))).toEqual(long);
      }),
      { seed: 22, numRuns: 300 },
    );
    const twenty = Array.from({ length: 20 }, (_, i) => ({
      name: 'Web.default.svc.cluster.local.',
      ttl: 30,
      type: 'A',
      data: `10.244.1.${i}`,
    }));
    const fits = fitDns({ ...ANSWER, answer: twenty }, 512);
    // A pointer of two bytes for each name behind the first.
    expect(fits.length).toBe(12 + 35 + 20 * 16);
    expect(parseDns(fits)).toMatchObject({ truncated: false, answer: twenty });
  });

  it('that is too long by its additional records keeps its answer', () => {
    const additional = Array.from({ length: 20 }, (_, i) => ({
      name: `pod-${i}.db.default.svc.cluster.local.`,
      ttl: 30,
      type: 'A',
      data: `10.244.1.${i}`,
    }));
    const read = parseDns(fitDns({ ...ANSWER, additional }, 512));
    expect(read?.answer).toEqual(ANSWER.answer);
    expect(read?.additional.length).toBeGreaterThan(3);
    expect(read?.truncated).toBe(true);
  });

  it('holds labels of 63 bytes and names of 255, and no longer ones', () => {
    const long = 'a'.repeat(63);
    expect(checkDnsName(`${long}.b.`)).toBe('ok');
    expect(checkDnsName(`${long}a.b`)).toBe('label too long');
    expect(checkDnsName([long, long, long, 'a'.repeat(61)].join('.'))).toBe('ok');
    expect(checkDnsName([long, long, long, 'a'.repeat(62)].join('.'))).toBe('name too long');
    expect(checkDnsName('a..b')).toBe('empty label');
    expect(checkDnsName('.')).toBe('ok');
  });
});
