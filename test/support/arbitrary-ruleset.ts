import fc, { type Arbitrary } from 'fast-check';
import { type Cidr, cidrOf, type Family, type Ip, mask4, mask6 } from '../../src/addr/index.ts';
import {
  ADDRESS_TYPES,
  type AddressType,
  BUILTIN_CHAINS,
  type Chain,
  CT_STATES,
  type CtState,
  emptyRuleset,
  type InterfaceMatch,
  type Match,
  type NatRange,
  type Origin,
  type PortMatch,
  type PortRange,
  type ProtocolMatch,
  type RejectType,
  type Rule,
  type Ruleset,
  TABLE_NAMES,
  type Table,
  type Target,
} from '../../src/kernel/index.ts';
import { extensionMatches, extensionTargets, merged, optional } from './arbitrary-extensions.ts';

/** Random rulesets over every kind of match and target, in the canonical form in which the kernel gives rules back. */

const ORIGIN: Origin = { program: 'user' };
const PORT_PROTOCOLS = [6, 17, 132];

const u32 = fc.nat({ max: 0xffffffff });
const not = fc.boolean();
const port = fc.nat({ max: 65535 });
const word = fc.stringMatching(/^[A-Za-z0-9_][-A-Za-z0-9_]{0,13}$/);

function record<T extends object>(required: { [K in keyof T]: Arbitrary<T[K]> }): Arbitrary<T> {
  return fc.record(required) as unknown as Arbitrary<T>;
}

function ipOf(family: Family): Arbitrary<Ip> {
  return family === 4 ? u32 : fc.bigInt({ min: 1n << 40n, max: (1n << 128n) - 1n });
}

function cidrArbitrary(family: Family): Arbitrary<Cidr> {
  const max = family === 4 ? 32 : 128;
  return fc.tuple(ipOf(family), fc.integer({ min: 1, max })).map(([ip, length]) => cidrOf(ip, length));
}

const range: Arbitrary<PortRange> = fc
  .tuple(port, port)
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));

/** Ranges that iptables-nft does not rewrite. */
const portMatch: Arbitrary<PortMatch> = fc
  .tuple(
    fc.oneof(
      port.map((p) => ({ from: p, to: p })),
      range,
    ),
    not,
  )
  .map(([ports, negated]) => ({ ...ports, not: negated }))
  .filter(({ from, to, not: negated }) => from !== 0 || to === 0 || (to === 65535 && negated));

const ports = optional({ sport: portMatch, dport: portMatch });
const device: Arbitrary<InterfaceMatch> = record<InterfaceMatch>({
  name: fc.oneof(
    word,
    word.map((name) => `${name.slice(0, 13)}+`),
  ),
  not,
});

function subset<T>(values: readonly T[]): Arbitrary<readonly T[]> {
  return fc.subarray([...values], { minLength: 1 });
}

const types = record<{ types: readonly AddressType[]; not: boolean }>({ types: subset(ADDRESS_TYPES), not });
const flag = record<{ not: boolean }>({ not });
const states = (known: readonly CtState[]): Arbitrary<object> => fc.record({ states: subset(known), not });

const flags = fc
  .record({ mask: fc.nat({ max: 63 }), comp: fc.nat({ max: 63 }), not })
  .filter(({ mask, comp, not: negated }) => mask !== 0 || comp !== 0 || negated);

const kind = (name: Match['kind']): Arbitrary<object> => fc.constant({ kind: name });

/** Words of matches that iptables knows and podwalk does not model. */
const unknownMatch = fc.constantFrom<Match>(
  { kind: 'unknown', name: 'quota', text: '--quota 1000' },
  { kind: 'unknown', name: 'cgroup', text: '! --cgroup 1000' },
  { kind: 'unknown', name: 'string', text: '--string "a \\"b\\" -j DROP" --algo bm --to 60000' },
  { kind: 'unknown', name: 'socket', text: '' },
  { kind: 'unknown', name: 'u32', text: '--u32 "0x6&0xff=0x1"' },
);
const unknownTarget = fc.constantFrom<Target>(
  { kind: 'unknown', name: 'NFQUEUE', text: '--queue-num 5' },
  { kind: 'unknown', name: 'TEE', text: '--gateway 10.0.0.1' },
  { kind: 'unknown', name: 'AUDIT', text: '--type accept' },
);

function icmp(name: 'icmp' | 'icmp6'): Arbitrary<Match> {
  const type = fc.nat({ max: 254 });
  return merged<Match>(kind(name), fc.record({ type, not }), optional({ code: fc.nat({ max: 255 }) }));
}

/** Matches by the protocol and family of their rule. */
function matchOf(family: Family, protocol: ProtocolMatch | undefined): Arbitrary<Match> {
  const number = protocol === undefined || protocol.not ? undefined : protocol.number;
  const mask = family === 4 ? mask4(32) : mask6(128);
  const all: Arbitrary<Match>[] = [
    fc
      .string({ unit: 'binary' })
      .filter((text) => !/[\n\r]/.test(text))
      .map((text) => ({ kind: 'comment', text })),
    merged<Match>(
      fc.constantFrom({ kind: 'mark' }, { kind: 'connmark' }),
      fc.record({ value: u32, mask: u32, not }),
    ),
    merged<Match>(kind('state'), states(CT_STATES.filter((state) => state !== 'SNAT' && state !== 'DNAT'))),
    merged<Match>(
      kind('addrtype'),
      fc.oneof(fc.record({ src: types }), fc.record({ dst: types }), fc.record({ src: types, dst: types })),
      optional({ limitIface: fc.constantFrom('in', 'out') }),
    ),
    merged<Match>(
      kind('statistic'),
      fc.record({ mode: fc.constant('random'), threshold: fc.nat({ max: 0x80000000 }), not }),
    ),
    merged<Match>(
      kind('statistic'),
      fc
        .record({ mode: fc.constant('nth'), every: fc.integer({ min: 1, max: 0xffffffff }), not })
        .chain((nth) => fc.nat({ max: nth.every - 1 }).map((packet) => ({ ...nth, packet }))),
    ),
    merged<Match>(
      kind('recent'),
      fc.record({
        mode: fc.constantFrom('set', 'rcheck', 'update', 'remove'),
        not,
        name: word,
        mask: fc.constant(mask),
        side: fc.constantFrom('rsource', 'rdest'),
      }),
      fc.oneof(
        fc.constant({ reap: false }),
        fc.record({ reap: fc.boolean(), seconds: fc.integer({ min: 1, max: 86400 }) }),
      ),
      optional({ hitcount: fc.integer({ min: 1, max: 255 }) }),
    ),
    merged<Match>(
      kind('set'),
      fc.record({
        set: word,
        flags: fc.array(fc.constantFrom('src', 'dst'), { minLength: 1, maxLength: 3 }),
        not,
      }),
    ),
    merged<Match>(
      kind('physdev'),
      optional({ in: device, out: device, isIn: flag, isOut: flag, isBridged: flag }).filter(
        (tests) => Object.keys(tests).length > 0,
      ),
    ),
    merged<Match>(kind('nfacct'), fc.record({ name: word })),
    ...extensionMatches(family, ipOf(family)),
    unknownMatch,
  ];
  if (number === 6) all.push(merged<Match>(kind('tcp'), ports, optional({ flags })));
  if (number === 17) all.push(merged<Match>(kind('udp'), ports));
  if (number === 132) all.push(merged<Match>(kind('sctp'), ports));
  if (number === 1 && family === 4) all.push(icmp('icmp'));
  if (number === 58 && family === 6) all.push(icmp('icmp6'));
  if (number !== undefined && PORT_PROTOCOLS.includes(number)) {
    all.push(
      merged<Match>(
        kind('multiport'),
        fc.record({
          side: fc.constantFrom('sports', 'dports', 'ports'),
          ports: fc.array(range, { minLength: 1, maxLength: 7 }),
          not,
        }),
      ),
    );
  }
  return fc.oneof(...all);
}

const REJECTS: Readonly<Record<Family, readonly RejectType[]>> = {
  4: ['icmp-net-unreachable', 'icmp-port-unreachable', 'icmp-admin-prohibited', 'tcp-reset'],
  6: [
    'icmp6-no-route',
    'icmp6-adm-prohibited',
    'icmp6-addr-unreachable',
    'icmp6-port-unreachable',
    'tcp-reset',
  ],
};

function natRange(family: Family, hasPorts: boolean): Arbitrary<NatRange> {
  const addresses = fc.oneof(
    ipOf(family).map((ip) => ({ ip })),
    fc
      .tuple(ipOf(family), ipOf(family))
      .filter(([a, b]) => a !== b)
      .map(([ip, lastIp]) => ({ ip, lastIp })),
  );
  const portPart = fc.oneof(
    port.map((one) => ({ port: one })),
    range.filter(({ from, to }) => from < to).map(({ from, to }) => ({ port: from, lastPort: to })),
  );
  return hasPorts ? fc.oneof(addresses, portPart, merged<NatRange>(addresses, portPart)) : addresses;
}

function targetOf(
  family: Family,
  protocol: ProtocolMatch | undefined,
  users: readonly string[],
): Arbitrary<Target> {
  const hasPorts = protocol !== undefined && !protocol.not && PORT_PROTOCOLS.includes(protocol.number);
  const to = natRange(family, hasPorts);
  const random = fc.boolean();
  const toChain =
    users.length === 0
      ? []
      : [
          record<Target>({
            kind: fc.constantFrom('jump', 'goto'),
            chain: fc.constantFrom(...users),
          } as never),
        ];
  return fc.oneof(
    fc.constantFrom<Target>({ kind: 'ACCEPT' }, { kind: 'DROP' }, { kind: 'RETURN' }, { kind: 'none' }),
    fc.constantFrom(...REJECTS[family]).map((type) => ({ kind: 'REJECT', with: type }) as const),
    fc.record({ value: u32, mask: u32 }).map((mark) => ({ kind: 'MARK', ...mark }) as const),
    fc
      .record({ to, random, persistent: random })
      .map((nat) => ({ kind: 'DNAT', randomFully: false, ...nat }) as const),
    fc
      .record({ to, random, randomFully: random, persistent: random })
      .map((nat) => ({ kind: 'SNAT', ...nat }) as const),
    merged<Target>(
      fc.constant({ kind: 'MASQUERADE' }),
      fc.record({ random, randomFully: random }),
      hasPorts ? optional({ toPorts: range }) : fc.constant({}),
    ),
    ...extensionTargets(family, cidrArbitrary(family), hasPorts),
    unknownTarget,
    ...toChain,
  );
}

function ruleOf(family: Family, chain: string, users: readonly string[]): Arbitrary<Rule> {
  const protocol = fc.option(
    record<ProtocolMatch>({
      number: fc.oneof(fc.constantFrom(6, 17, 132, 1, 58), fc.integer({ min: 1, max: 255 })),
      not: fc.oneof(
        { weight: 4, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
    }),
    { nil: undefined, freq: 4 },
  );
  const address = fc.record({ cidr: cidrArbitrary(family), not });
  const noOut = chain === 'PREROUTING' || chain === 'INPUT';
  const noIn = chain === 'OUTPUT' || chain === 'POSTROUTING';
  const base = optional({
    src: address,
    dst: address,
    ...(!noIn && { inInterface: device }),
    ...(!noOut && { outInterface: device }),
    ...(family === 4 && { fragment: flag }),
  });
  return protocol.chain((given) =>
    merged<Rule>(
      base,
      fc.constant(given === undefined ? {} : { protocol: given }),
      fc.record({
        matches: fc.array(matchOf(family, given), { maxLength: 3 }),
        target: targetOf(family, given, users),
        origin: fc.constant(ORIGIN),
      }),
    ),
  );
}

function tableOf(family: Family, name: Table['name']): Arbitrary<Table> {
  const names = fc.uniqueArray(
    word.map((text) => `U${text}`),
    { maxLength: 4 },
  );
  return names.chain((users) => {
    const chain = (own: string, builtin: boolean): Arbitrary<Chain> =>
      fc
        .record({
          rules: fc.array(ruleOf(family, own, users), { maxLength: 3 }),
          policy: fc.constantFrom('ACCEPT' as const, 'DROP' as const),
        })
        .map(({ rules, policy }) =>
          builtin
            ? { name: own, policy, rules, origin: { program: 'kernel' } }
            : { name: own, rules, origin: ORIGIN },
        );
    return fc
      .tuple(
        ...BUILTIN_CHAINS[name].map((hook) => chain(hook, true)),
        ...users.map((user) => chain(user, false)),
      )
      .map((chains) => ({ name, chains: new Map(chains.map((one) => [one.name, one])) }));
  });
}

/** Rulesets of a family with some of the tables. */
export function arbitraryRuleset(family: Family): Arbitrary<Ruleset> {
  return fc
    .subarray([...TABLE_NAMES], { minLength: 1 })
    .chain((names) => fc.tuple(...names.map((name) => tableOf(family, name))))
    .map((tables) => {
      const ruleset = emptyRuleset(family);
      for (const table of tables) ruleset.tables.set(table.name, table);
      return ruleset;
    });
}
