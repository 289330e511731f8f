import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatConntrack, parseConntrack } from '../../../src/formats/index.ts';

const FOLDER = new URL('../../golden/formats/conntrack/', import.meta.url);

test.each(readdirSync(FOLDER))(
  '%s, which the real conntrack printed, is parsed and printed the same',
  (file) => {
    const text = readFileSync(new URL(file, FOLDER), 'utf8');
    const result = parseConntrack(text);
    if (!result.ok) throw new Error(JSON.stringify(result.errors));
    expect(formatConntrack(result.entries)).toBe(text);
  },
);

describe('parseConntrack', () => {
  const good = 'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 ';
  test.each([
    [`tcp      6 120 SYN_SENT ${good}${good}mark=0\n`, 'expected "PROTOCOL NUMBER SECONDS'],
    [`tcp      17 120 ${good}${good}mark=0 use=1\n`, 'protocol 17 is not tcp'],
    [`tcp      6 120 SYN ${good}${good}mark=0 use=1\n`, 'unknown state: SYN'],
    [
      `udp      17 30 ${good}src=10.0.0 dst=10.0.0.1 sport=1 dport=2 mark=0 use=1\n`,
      'a direction of the connection',
    ],
    [`udp 17 30 ${good}${good}mark=0 use=1\n`, 'not as the tool prints it: expected "udp      17 30'],
    [`icmp     1 30 ${good}${good}mark=0 use=1\n`, 'not as the tool prints it'],
  ])('%j is refused', (text, message) => {
    const result = parseConntrack(text);
    expect(result.ok ? '' : result.errors[0]?.message).toContain(message);
  });
});
