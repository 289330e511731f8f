import { describe, expect, test } from 'vitest';
import {
  parseBridgeFdb,
  parseBridgeLink,
  parseIpAddr,
  parseIpLink,
  parseIpNeigh,
  parseIpRoute,
  parseIpRule,
  parseSysctl,
} from '../../../src/formats/index.ts';

type Case = readonly [what: string, text: string, line: number, message: RegExp];

const PARSERS = {
  parseBridgeFdb,
  parseBridgeLink,
  parseIpAddr,
  parseIpLink,
  parseIpNeigh,
  parseIpRoute,
  parseIpRule,
  parseSysctl,
};

const LO = '1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN group default qlen 1000\n';
const LAYER = '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n';

const CASES: { readonly [name in keyof typeof PARSERS]: readonly Case[] } = {
  parseIpRoute: [
    ['a missing blank at the end', 'default via 10.0.0.1 dev eth0\n', 1, /expected "default via .* eth0 "/],
    ['host bits in a prefix', '10.0.0.1/24 dev eth0 \n', 1, /invalid destination/],
    ['a host route written with /32', '10.0.0.1/32 dev eth0 \n', 1, /expected "10.0.0.1 dev eth0 "/],
    ['words in another order', '10.0.0.0/24 dev eth0 via 10.0.0.1 \n', 1, /expected "10.0.0.0\/24 via/],
    ['a word twice', '10.0.0.0/24 dev eth0 dev eth1 \n', 1, /"dev eth1"/],
    ['an unknown word', '10.0.0.0/24 dev eth0 colour red \n', 1, /"colour red"/],
    ['a gateway of the other family', '10.0.0.0/24 via fd00::1 dev eth0 \n', 1, /not an IPv4 address/],
    ['an unknown protocol', '10.0.0.0/24 dev eth0 proto magic \n', 1, /"proto magic"/],
    ['a bad second line', 'blackhole 10.9.0.0/24 \n\n', 2, /invalid destination/],
    ['no newline at the end', 'blackhole 10.9.0.0/24 ', 1, /no newline/],
  ],
  parseIpRule: [
    ['a blank for the tab', '0: from all lookup local\n', 1, /PRIORITY:<tab>/],
    ['an unknown table', '0:\tfrom all lookup here\n', 1, /unknown table: here/],
    ['a main table by number', '0:\tfrom all lookup 254\n', 1, /lookup main/],
    ['a bad prefix', '0:\tfrom 10.0.0.300 lookup main\n', 1, /invalid prefix/],
    [
      'a mask that is not printed',
      '0:\tfrom all fwmark 0x1/0xffffffff lookup main\n',
      1,
      /fwmark 0x1 lookup/,
    ],
  ],
  parseIpNeigh: [
    ['an unknown state', '10.0.0.1 dev eth0 HAPPY \n', 1, /unknown neighbour state: HAPPY/],
    ['a bad address', '10.0.0 dev eth0 FAILED \n', 1, /invalid IP address/],
    ['a bad MAC', '10.0.0.1 dev eth0 lladdr 1:2:3 STALE \n', 1, /invalid MAC/],
    ['an upper-case MAC', '10.0.0.1 dev eth0 lladdr AA:bb:cc:00:00:01 STALE \n', 1, /aa:bb:cc/],
  ],
  parseBridgeFdb: [
    ['a bad MAC', 'aa:bb dev eth0 self permanent\n', 1, /invalid MAC/],
    ['a bad destination', 'aa:bb:cc:00:00:01 dev v dst 1.2.3 self permanent\n', 1, /invalid IP/],
    ['a learned entry without its blank', 'aa:bb:cc:00:00:01 dev v master br0\n', 1, /expected "MAC/],
  ],
  parseIpAddr: [
    ['no link line', LO, 2, /link\/TYPE/],
    ['no device line', LAYER, 1, /INDEX: NAME/],
    ['no lifetimes', `${LO}${LAYER}    inet 127.0.0.1/8 scope host lo\n`, 3, /valid_lft/],
    [
      'an unknown flag',
      `${LO}${LAYER}    inet6 ::1/128 scope host odd \n       valid_lft forever preferred_lft forever\n`,
      3,
      /unknown address flag: "odd"/,
    ],
    [
      'a family that is not the keyword',
      `${LO}${LAYER}    inet6 127.0.0.1/8 scope host \n       valid_lft forever preferred_lft forever\n`,
      3,
      /not an inet6 address/,
    ],
  ],
  parseIpLink: [
    ['unknown details', `${LO}${LAYER.trimEnd()} promiscuity 0 speed 9 \n`, 2, /does not print here/],
    [
      'details in another order',
      `${LO}${LAYER.trimEnd()} promiscuity 0  allmulti 0 minmtu 0 maxmtu 0 numtxqueues 1 addrgenmode eui64 \n`,
      2,
      /does not print here/,
    ],
  ],
  parseBridgeLink: [
    ['a port without its bridge', '5: v: <UP> mtu 1450 state forwarding priority 32 cost 2 \n', 1, /master/],
  ],
  parseSysctl: [['no blanks around =', 'net.ipv4.ip_forward=1\n', 1, /KEY = VALUE/]],
};

for (const [name, cases] of Object.entries(CASES)) {
  describe(`${name} refuses`, () => {
    test.each(cases)('%s', (_what, text, line, message) => {
      const parsed = PARSERS[name as keyof typeof PARSERS](text);
      expect(parsed.ok).toBe(false);
      const errors = parsed.ok ? [] : parsed.errors;
      expect(errors[0]?.line).toBe(line);
      expect(errors[0]?.message).toMatch(message);
    });
  });
}

test('every bad line of a text is reported, by its number', () => {
  const parsed = parseIpNeigh('x\n10.0.0.1 dev eth0 FAILED \ny\n');
  expect(parsed.ok ? [] : parsed.errors.map((error) => error.line)).toEqual([1, 3]);
});

test('an empty text has no entries', () => {
  expect(parseIpRoute('')).toEqual({ ok: true, entries: [] });
});
