import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIG_SHOWS, parseDig, printDig } from '../../../src/formats/dig/index.ts';
import type { DnsMessage } from '../../../src/wire/dns/index.ts';

const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => `${labels.join('.')}.`);
const word = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: most });
const data = fc.oneof(
  fc.ipV4().map((ip) => ({ type: 'A', data: ip })),
  fc.constantFrom('fd00::1', '2001:db8::7:0:1').map((ip) => ({ type: 'AAAA', data: ip })),
  fc.tuple(fc.constantFrom('CNAME', 'PTR', 'NS'), name).map(([type, text]) => ({ type, data: text })),
  fc.tuple(word(9), word(100), word(65535), name).map((words) => ({ type: 'SRV', data: words.join(' ') })),
  fc.stringMatching(/^[ -~]{0,60}$/).map((text) => ({ type: 'TXT', data: text })),
);
const record = fc.tuple(name, word(86400), data).map(([owner, ttl, rest]) => ({ name: owner, ttl, ...rest }));
const maybe = <K extends string>(key: K): fc.Arbitrary<{ readonly [key in K]?: boolean }> =>
  fc.boolean().map((set) => (set ? ({ [key]: true } as { readonly [key in K]?: boolean }) : {}));
const message: fc.Arbitrary<DnsMessage> = fc
  .tuple(
    fc.record({
      id: word(65535),
      response: fc.boolean(),
      opcode: fc.constantFrom(0, 2, 4, 9),
      authoritative: fc.boolean(),
      truncated: fc.boolean(),
      recursionDesired: fc.boolean(),
      recursionAvailable: fc.boolean(),
      rcode: word(10),
      question: fc.record({
        name,
        type: fc.constantFrom('A', 'SRV', 'HTTPS', 'TYPE1234'),
        class: fc.constantFrom(1, 3, 4, 77),
      }),
      answer: fc.array(record, { maxLength: 4 }),
      authority: fc.array(record, { maxLength: 2 }),
      additional: fc.array(record, { maxLength: 2 }),
    }),
    maybe('authenticData'),
    maybe('checkingDisabled'),
    fc.option(
      fc.record({
        udpSize: word(65535),
        version: word(255),
        options: fc.constant([{ code: 10, data: '706f6477616c6b21' }]),
      }),
      { nil: undefined },
    ),
  )
  .map(([plain, ad, cd, edns]) => ({ ...plain, ...ad, ...cd, ...(edns === undefined ? {} : { edns }) }));

describe("dig's text", () => {
  it('is read back as the message that was printed', () => {
    fc.assert(
      fc.property(message, (one) => {
        const text = printDig({ message: one, server: '10.96.0.10', protocol: 'UDP', size: 99 }, DIG_SHOWS);
        expect(parseDig(text)).toEqual(one);
      }),
      { seed: 31, numRuns: 500 },
    );
  });

  it('is none where there is no answer, or a line that dig does not print', () => {
    expect(parseDig(';; no servers could be reached\n')).toBeUndefined();
    const found = printDig(
      {
        message: {
          id: 1,
          response: true,
          opcode: 0,
          authoritative: true,
          truncated: false,
          recursionDesired: true,
          recursionAvailable: false,
          rcode: 0,
          answer: [{ name: 'a.', ttl: 1, type: 'A', data: '192.0.2.1' }],
          authority: [],
          additional: [],
        },
        server: '10.96.0.10',
        protocol: 'TCP',
        size: 40,
      },
      DIG_SHOWS,
    );
    expect(parseDig(found)?.answer).toHaveLength(1);
    expect(parseDig(found.replace(/\tIN\t/, '\tXX\t'))).toBeUndefined();
  });
});
