import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BridgeLinkEntry,
  type ConntrackEntry,
  type ConntrackKey,
  type ConntrackTuple,
  formatBridgeLink,
  formatConntrack,
  parseBridgeLink,
  parseConntrack,
} from '../../../src/formats/index.ts';

const SEED = { seed: 20242, numRuns: 500 };

const optional = <K extends string, V>(key: K, value: fc.Arbitrary<V>): fc.Arbitrary<{ [P in K]?: V }> =>
  fc.oneof(
    fc.constant({}),
    value.map((v) => ({ [key]: v }) as { [P in K]?: V }),
  );

const port = fc.nat(65535);
const byte = fc.nat(255);
const uint32 = fc.nat(0xffffffff);
const TCP = ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT'];
const SCTP = ['CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED', 'SHUTDOWN_SENT'];

const PORTS = fc.record({ kind: fc.constant('ports' as const), sport: port, dport: port });
const ECHO = fc.record({ kind: fc.constant('icmp' as const), type: byte, code: byte, id: port });
const GRE = fc.record({ kind: fc.constant('gre' as const), srckey: port, dstkey: port });
const NONE = fc.constant({ kind: 'none' as const });

/** Protocol number, what tells its flows apart, and the states that it can be in. */
const PROTOCOLS: readonly (readonly [number, fc.Arbitrary<ConntrackKey>, readonly string[]])[] = [
  [6, PORTS, TCP],
  [17, PORTS, []],
  [132, PORTS, SCTP],
  [1, ECHO, []],
  [58, ECHO, []],
  [47, GRE, []],
  [89, NONE, []],
];

const connection: fc.Arbitrary<ConntrackEntry> = fc
  .tuple(fc.constantFrom(...PROTOCOLS), fc.constantFrom(fc.nat(0xffffffff), fc.bigInt(0n, (1n << 128n) - 1n)))
  .chain(([[protocol, key, states], ip]) => {
    const tuple = fc
      .tuple(fc.record({ src: ip, dst: ip, key }), optional('zone', port))
      .map(([always, zone]): ConntrackTuple => ({ ...always, ...zone }));
    return fc
      .tuple(
        fc.record({
          protocol: fc.constant(protocol),
          timeout: uint32,
          original: tuple,
          reply: tuple,
          unreplied: fc.boolean(),
          assured: fc.boolean(),
          mark: uint32,
          use: fc.nat(9),
        }),
        states.length === 0 ? fc.constant({}) : fc.record({ state: fc.constantFrom(...states) }),
        optional('zone', port),
      )
      .map(([always, state, zone]): ConntrackEntry => ({ ...always, ...state, ...zone }));
  });

const device = fc.stringMatching(/^[a-z][a-z0-9.-]{0,14}$/);
const SWITCHES = ['hairpin', 'guard', 'root_block', 'fastleave', 'learning', 'flood', 'isolated', 'locked'];
const detail = fc
  .subarray(SWITCHES)
  .chain((names) =>
    fc.tuple(
      ...names.map((name) => fc.record({ name: fc.constant(name), value: fc.constantFrom('on', 'off') })),
    ),
  );

const bridgePort: fc.Arbitrary<BridgeLinkEntry> = fc
  .tuple(
    fc.record({
      index: fc.nat(99_999),
      name: device,
      flags: fc.subarray(['NO-CARRIER', 'BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP']),
      mtu: fc.nat(65_536),
      master: device,
      state: fc.constantFrom('disabled', 'listening', 'learning', 'forwarding', 'blocking'),
      priority: byte,
      cost: port,
    }),
    optional('peer', device),
    optional('detail', detail),
  )
  .map(([always, peer, more]): BridgeLinkEntry => ({ ...always, ...peer, ...more }));

describe('what is printed parses to the same entries', () => {
  test('conntrack -L', () => {
    fc.assert(
      fc.property(fc.array(connection, { maxLength: 5 }), (entries) => {
        expect(parseConntrack(formatConntrack(entries))).toEqual({ ok: true, entries });
      }),
      SEED,
    );
  });

  test('bridge link and bridge -d link', () => {
    fc.assert(
      fc.property(fc.array(bridgePort, { maxLength: 5 }), (entries) => {
        expect(parseBridgeLink(formatBridgeLink(entries))).toEqual({ ok: true, entries });
      }),
      SEED,
    );
  });
});

describe('a damaged line of conntrack -L', () => {
  test('is refused, or prints back as it was', () => {
    const damaged = fc
      .tuple(connection, fc.nat(160), fc.nat(4), fc.string({ maxLength: 3 }))
      .map(([one, at, cut, paste]) => {
        const whole = formatConntrack([one]);
        return whole.slice(0, at) + paste + whole.slice(at + cut);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        const parsed = parseConntrack(text);
        if (parsed.ok) expect(formatConntrack(parsed.entries)).toBe(text);
        else expect(parsed.errors.length).toBeGreaterThan(0);
      }),
      { ...SEED, numRuns: 2000 },
    );
  });
});
