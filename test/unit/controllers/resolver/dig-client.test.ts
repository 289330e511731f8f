import { describe, expect, it } from 'vitest';
import {
  type DigReceived,
  type DigSettings,
  digNames,
  runDig,
} from '../../../../src/controllers/resolver/index.ts';

const SETTINGS: DigSettings = {
  servers: ['127.0.0.9', '127.0.0.8'],
  search: ['s1', 's2'],
  ndots: 5,
  useSearch: false,
  tries: 3,
  tcp: false,
  ignoreTruncation: false,
};

/** Who is asked for what, in order. */
function sent(
  change: Partial<DigSettings>,
  answers: (server: string, name: string, transport: string) => DigReceived<string>,
): string[] {
  const log: string[] = [];
  runDig('foo', { ...SETTINGS, ...change }, (server, name, transport) => {
    log.push(`${server} ${name} ${transport}`);
    return answers(server, name, transport);
  });
  return log;
}

const answer = (rcode: number, truncated = false): DigReceived<string> => ({
  kind: 'answer',
  message: '',
  rcode,
  truncated,
});

/** Each as dig 9.18.49 was seen to do it, with nameservers that are silent, closed, or answer. */
describe('dig', () => {
  it('asks the first server as often as it tries, and each other once', () => {
    for (const kind of ['silence', 'closed'] as const)
      expect(sent({}, () => ({ kind }))).toEqual([
        '127.0.0.9 foo. UDP',
        '127.0.0.9 foo. UDP',
        '127.0.0.9 foo. UDP',
        '127.0.0.8 foo. UDP',
      ]);
  });

  it('does not search on where nobody answers', () => {
    expect(sent({ useSearch: true, tries: 2 }, () => ({ kind: 'silence' }))).toEqual([
      '127.0.0.9 foo.s1. UDP',
      '127.0.0.9 foo.s1. UDP',
      '127.0.0.8 foo.s1. UDP',
    ]);
  });

  it('searches on with the tries that are left', () => {
    const found = sent({ useSearch: true }, (server) =>
      server === '127.0.0.9' ? { kind: 'closed' } : answer(3),
    );
    expect(found).toEqual([
      '127.0.0.9 foo.s1. UDP',
      '127.0.0.9 foo.s1. UDP',
      '127.0.0.9 foo.s1. UDP',
      '127.0.0.8 foo.s1. UDP',
      '127.0.0.9 foo.s2. UDP',
      '127.0.0.8 foo.s2. UDP',
      '127.0.0.9 foo. UDP',
      '127.0.0.8 foo. UDP',
    ]);
  });

  it('ends a search with NOERROR, records or not, and goes on after anything else', () => {
    expect(sent({ useSearch: true }, () => answer(0))).toEqual(['127.0.0.9 foo.s1. UDP']);
    expect(sent({ useSearch: true }, () => answer(2))).toHaveLength(3);
  });

  it('asks again over TCP for an answer that was cut, unless told to ignore that', () => {
    const cut = (_: string, __: string, transport: string): DigReceived<string> =>
      answer(0, transport === 'UDP');
    expect(sent({}, cut)).toEqual(['127.0.0.9 foo. UDP', '127.0.0.9 foo. TCP']);
    expect(sent({ ignoreTruncation: true }, cut)).toEqual(['127.0.0.9 foo. UDP']);
  });

  it('takes a name as it is but for +search, and reads eight suffixes', () => {
    const search = Array.from({ length: 10 }, (_, i) => `s${i + 1}`);
    const names = (name: string, change: Partial<DigSettings> = {}): readonly string[] =>
      digNames(name, { ...SETTINGS, search, useSearch: true, ...change });
    expect(names('foo', { useSearch: false })).toEqual(['foo.']);
    expect(names('foo')).toEqual([...search.slice(0, 8).map((one) => `foo.${one}.`), 'foo.']);
    expect(names('a.b.c.d.e')).toHaveLength(9);
    expect(names('a.b.c.d.e.f')).toEqual(['a.b.c.d.e.f.']);
    expect(names('foo.')).toEqual(['foo.']);
  });
});
