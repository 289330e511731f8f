import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cidr, cidrOf, type Ip, type Mac } from '../../../src/addr/index.ts';
import {
  type AddressEntry,
  type BridgeFdbTextEntry,
  type EntriesResult,
  formatBridgeFdb,
  formatIpAddr,
  formatIpLink,
  formatIpNeigh,
  formatIpRoute,
  formatIpRule,
  formatSysctl,
  type IpAddrEntry,
  type IpLinkEntry,
  type IpNeighEntry,
  type IpRouteEntry,
  type IpRuleEntry,
  parseBridgeFdb,
  parseBridgeLink,
  parseIpAddr,
  parseIpLink,
  parseIpNeigh,
  parseIpRoute,
  parseIpRule,
  parseSysctl,
  type SysctlEntry,
} from '../../../src/formats/index.ts';

const SEED = { seed: 20241, numRuns: 300 };

const ipv4 = fc.nat(0xffffffff);
const ipv6 = fc.bigInt(0n, (1n << 128n) - 1n);
const mac: fc.Arbitrary<Mac> = fc.nat(0xffffffffffff);
const device = fc.stringMatching(/^[a-z][a-z0-9.-]{0,14}$/);
const optional = <K extends string, V>(key: K, value: fc.Arbitrary<V>): fc.Arbitrary<{ [P in K]?: V }> =>
  fc.oneof(
    fc.constant({}),
    value.map((v) => ({ [key]: v }) as { [P in K]?: V }),
  );
const merge = <T>(...parts: fc.Arbitrary<object>[]): fc.Arbitrary<T> =>
  fc.tuple(...parts).map((objects) => Object.assign({}, ...objects) as T);

const prefix = (family: 4 | 6): fc.Arbitrary<Cidr> =>
  family === 4
    ? fc.tuple(ipv4, fc.nat(32)).map(([ip, length]) => cidrOf(ip, length))
    : fc.tuple(ipv6, fc.nat(128)).map(([ip, length]) => cidrOf(ip, length));
const address = (family: 4 | 6): fc.Arbitrary<Ip> => (family === 4 ? ipv4 : ipv6);
const family = fc.constantFrom(4 as const, 6 as const);
const uint32 = fc.nat(0xffffffff);

const routeEntry: fc.Arbitrary<IpRouteEntry> = family.chain((f) =>
  merge<IpRouteEntry>(
    fc.record({
      type: fc.constantFrom(
        ...(['unicast', 'local', 'broadcast', 'multicast', 'anycast', 'blackhole', 'unreachable'] as const),
        ...(['prohibit', 'throw'] as const),
      ),
      dst: prefix(f),
    }),
    optional('tos', fc.nat(255)),
    optional('via', address(f)),
    optional('device', device),
    optional('table', uint32),
    optional('protocol', fc.constantFrom('kernel', 'static', 'ra', 'bird', '42')),
    optional('scope', fc.constantFrom('link', 'host', 'nowhere')),
    optional('src', address(f)),
    optional('metric', uint32),
    optional('onlink', fc.constant(true)),
    optional('linkdown', fc.constant(true)),
    optional('mtu', fc.nat(65535)),
    f === 6 ? fc.record({ pref: fc.constantFrom('low', 'medium', 'high') }) : fc.constant({}),
  ),
);

const ruleEntry: fc.Arbitrary<IpRuleEntry> = family.chain((f) =>
  merge<IpRuleEntry>(
    fc.record({ priority: uint32, table: uint32 }),
    optional('not', fc.constant(true)),
    optional('from', prefix(f)),
    optional('to', prefix(f)),
    optional('mark', fc.record({ value: uint32, mask: uint32 })),
    optional('iif', device),
    optional('oif', device),
  ),
);

const neighEntry: fc.Arbitrary<IpNeighEntry> = family.chain((f) =>
  merge<IpNeighEntry>(
    fc.record({
      ip: address(f),
      state: fc.constantFrom(
        'PERMANENT',
        'REACHABLE',
        'STALE',
        'DELAY',
        'PROBE',
        'INCOMPLETE',
        'FAILED',
        'proxy',
      ),
    }),
    optional('device', device),
    optional('mac', mac),
    optional('router', fc.constant(true)),
  ),
);

const fdbEntry: fc.Arbitrary<BridgeFdbTextEntry> = merge<BridgeFdbTextEntry>(
  fc.record({ mac, self: fc.boolean(), state: fc.constantFrom('permanent', 'static', 'learned') }),
  optional('device', device),
  optional('dst', fc.oneof(ipv4, ipv6)),
  optional('master', device),
);

const FLAGS = ['NO-CARRIER', 'LOOPBACK', 'BROADCAST', 'MULTICAST', 'NOARP', 'UP', 'LOWER_UP', 'M-DOWN'];
const header = merge<IpLinkEntry['header']>(
  fc.record({
    index: fc.nat(99999),
    name: device,
    flags: fc.subarray(FLAGS),
    mtu: fc.nat(65536),
    qdisc: fc.constantFrom('noop', 'noqueue', 'pfifo_fast'),
    state: fc.constantFrom('UP', 'DOWN', 'UNKNOWN', 'LOWERLAYERDOWN'),
    group: fc.constant('default'),
  }),
  optional('peer', device),
  optional('master', device),
  optional('mode', fc.constant('DEFAULT')),
  optional('queueLength', fc.nat(10000)),
);
const layer: fc.Arbitrary<IpLinkEntry['layer']> = fc.oneof(
  fc.constant({ type: 'none' } as const),
  merge<IpLinkEntry['layer']>(
    fc.record({ type: fc.constantFrom('ether', 'loopback'), mac, broadcast: mac }),
    optional('peerNetns', fc.oneof(fc.record({ name: device }), fc.record({ id: fc.nat(999) }))),
  ),
);

const lifetime = fc.oneof(fc.constant('forever' as const), uint32);
const addressEntry: fc.Arbitrary<AddressEntry> = family.chain((f) =>
  merge<AddressEntry>(
    fc.record({
      ip: address(f),
      length: fc.nat(f === 4 ? 32 : 128),
      scope: fc.constantFrom('global', 'host', 'link'),
      flags: fc.subarray(['secondary', 'deprecated', 'tentative', 'dynamic', 'noprefixroute']),
      validLifetime: lifetime,
      preferredLifetime: lifetime,
    }),
    f === 4 ? optional('broadcast', ipv4) : fc.constant({}),
    f === 4 ? fc.record({ label: device }) : fc.constant({}),
  ),
);
const addrEntry: fc.Arbitrary<IpAddrEntry> = fc.record({
  header,
  layer,
  addresses: fc.array(addressEntry, { maxLength: 3 }),
});

const sysctlEntry: fc.Arbitrary<SysctlEntry> = fc.record({
  key: fc.stringMatching(/^[a-z][a-z0-9._/-]{0,30}$/),
  value: fc.stringMatching(/^[ -~\t]{0,20}$/),
});

function inverse<T>(
  entry: fc.Arbitrary<T>,
  format: (entries: readonly T[]) => string,
  parse: (text: string) => EntriesResult<T>,
): void {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
      expect(parse(format(entries))).toEqual({ ok: true, entries });
    }),
    SEED,
  );
}

describe('what is printed parses to the same entries', () => {
  test('ip route', () => inverse(routeEntry, formatIpRoute, parseIpRoute));
  test('ip rule', () => inverse(ruleEntry, formatIpRule, parseIpRule));
  test('ip neigh', () => inverse(neighEntry, formatIpNeigh, parseIpNeigh));
  test('bridge fdb', () => inverse(fdbEntry, formatBridgeFdb, parseBridgeFdb));
  test('ip addr', () => inverse(addrEntry, formatIpAddr, parseIpAddr));
  test('ip link', () => inverse(fc.record({ header, layer }), formatIpLink, parseIpLink));
  test('sysctl', () => inverse(sysctlEntry, formatSysctl, parseSysctl));
});

describe('a damaged text', () => {
  const samples = fc.constantFrom<readonly [(text: string) => EntriesResult<unknown>, fc.Arbitrary<string>]>(
    [parseIpRoute, routeEntry.map((e) => formatIpRoute([e]))],
    [parseIpRule, ruleEntry.map((e) => formatIpRule([e]))],
    [parseIpNeigh, neighEntry.map((e) => formatIpNeigh([e]))],
    [parseBridgeFdb, fdbEntry.map((e) => formatBridgeFdb([e]))],
    [parseIpAddr, addrEntry.map((e) => formatIpAddr([e]))],
    [parseIpLink, fc.record({ header, layer }).map((e) => formatIpLink([e]))],
    [parseBridgeLink, fc.string()],
    [parseSysctl, sysctlEntry.map((e) => formatSysctl([e]))],
  );
  test('never throws, and when it parses it prints back as it was', () => {
    const damaged = samples.chain(([parse, text]) =>
      fc.tuple(text, fc.nat(200), fc.nat(3), fc.string({ maxLength: 3 })).map(([whole, at, cut, paste]) => ({
        parse,
        text: whole.slice(0, at) + paste + whole.slice(at + cut),
      })),
    );
    fc.assert(
      fc.property(damaged, ({ parse, text }) => {
        const parsed = parse(text);
        if (!parsed.ok) {
          expect(parsed.errors.length).toBeGreaterThan(0);
          return;
        }
        expect(FORMAT_OF.get(parse)?.(parsed.entries)).toBe(text);
      }),
      { ...SEED, numRuns: 1000 },
    );
  });
});

const FORMAT_OF = new Map<unknown, (entries: readonly never[]) => string>([
  [parseIpRoute, formatIpRoute],
  [parseIpRule, formatIpRule],
  [parseIpNeigh, formatIpNeigh],
  [parseBridgeFdb, formatBridgeFdb],
  [parseIpAddr, formatIpAddr],
  [parseIpLink, formatIpLink],
  [parseBridgeLink, (entries) => (entries.length === 0 ? '' : 'no random text is a port')],
  [parseSysctl, formatSysctl],
]) as Map<unknown, (entries: readonly unknown[]) => string>;
