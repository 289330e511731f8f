import fc, { type Arbitrary } from 'fast-check';
import type { Cidr, Family, Ip } from '../../src/addr/index.ts';
import { parseRule } from '../../src/formats/index.ts';
import {
  CT_EVENTS,
  CT_STATES,
  CT_STATUSES,
  HASHLIMIT_MODES,
  LOG_FLAGS,
  type Match,
  PACKET_TYPES,
  type Rate,
  type Target,
} from '../../src/kernel/index.ts';

/** Random matches and targets of the extensions that any protocol may have, in the form in which iptables keeps them. */

const u32 = fc.nat({ max: 0xffffffff });
const byte = fc.nat({ max: 255 });
const not = fc.boolean();
const word = fc.stringMatching(/^[A-Za-z0-9_][-A-Za-z0-9_]{0,13}$/);

/** A record of which some fields may be missing. */
export function optional(fields: Record<string, Arbitrary<unknown>>): Arbitrary<object> {
  return fc.record(fields, { requiredKeys: [] });
}

/** One value of several parts. */
export function merged<T>(...parts: Arbitrary<object>[]): Arbitrary<T> {
  return fc.tuple(...parts).map((values) => Object.assign({}, ...values) as T);
}

function subset<T>(values: readonly T[], minLength = 0): Arbitrary<readonly T[]> {
  return fc.subarray([...values], { minLength });
}

/** Rates that iptables prints as they are: it keeps the time between two packets, which not every rate survives. */
function rateOf(kind: 'limit' | 'hashlimit'): Arbitrary<Rate> {
  const rule = ({ count, per }: Rate): string =>
    kind === 'limit'
      ? `-m limit --limit ${count}/${per}`
      : `-m hashlimit --hashlimit-upto ${count}/${per} --hashlimit-name x`;
  return fc
    .record({
      count: fc.integer({ min: 1, max: 10_000 }),
      per: fc.constantFrom('day', 'hour', 'min', 'sec'),
    })
    .map((rate) => {
      const read = parseRule(rule(rate), 4);
      const match = read.ok ? read.rules[0]?.matches[0] : undefined;
      if (match?.kind !== 'limit' && match?.kind !== 'hashlimit') throw new Error(rule(rate));
      return match.rate;
    })
    .filter((rate) => {
      const again = parseRule(rule(rate), 4);
      const match = again.ok ? again.rules[0]?.matches[0] : undefined;
      return match?.kind === kind && match.rate.count === rate.count && match.rate.per === rate.per;
    });
}

const ports = fc
  .tuple(fc.nat({ max: 65535 }), fc.nat({ max: 65535 }), not)
  .map(([from, to, negated]) => ({ from, to, not: negated }));
const ids = fc
  .tuple(fc.nat({ max: 100_000 }), fc.nat({ max: 1000 }), not)
  .map(([from, more, negated]) => ({ from, to: from + more, not: negated }));

function conntrack(family: Family, ip: Arbitrary<Ip>): Arbitrary<Match> {
  const address = fc.record({ ip, length: fc.nat({ max: family === 4 ? 32 : 128 }), not });
  const rest = optional({
    protocol: fc.record({ number: byte, not }),
    origSrc: address,
    origDst: address,
    replSrc: address,
    replDst: address,
    origSrcPort: ports,
    origDstPort: ports,
    replSrcPort: ports,
    replDstPort: ports,
    status: fc.record({ statuses: subset(CT_STATUSES), not }),
    expire: fc.tuple(u32, u32, not).map(([from, to, negated]) => ({ from, to, not: negated })),
    direction: fc.constantFrom('original', 'reply'),
  });
  return fc.oneof(
    merged<Match>(fc.record({ kind: fc.constant('conntrack'), states: subset(CT_STATES, 1), not }), rest),
    merged<Match>(
      fc.constant({ kind: 'conntrack', states: [], not: false }),
      rest.filter((tests) => Object.keys(tests).length > 0),
    ),
  );
}

function ipvs(family: Family, ip: Arbitrary<Ip>): Arbitrary<Match> {
  const port = fc.record({ port: fc.nat({ max: 65535 }), not });
  const tests = optional({
    protocol: fc.record({ number: byte, not }),
    address: fc.record({ ip, length: fc.nat({ max: family === 4 ? 32 : 128 }), not }),
    port,
    direction: fc.constantFrom('ORIGINAL', 'REPLY'),
    method: fc.record({ method: fc.constantFrom('GATE', 'IPIP', 'MASQ'), not }),
    controlPort: port,
  });
  return merged<Match>(
    fc.constant({ kind: 'ipvs' }),
    fc.oneof(
      fc.record({ ipvs: fc.record({ not }) }),
      tests.filter((some) => Object.keys(some).length > 0),
    ),
  );
}

function hashlimit(family: Family): Arbitrary<Match> {
  const mask = fc.nat({ max: family === 4 ? 31 : 127 });
  return merged<Match>(
    fc.record({
      kind: fc.constant('hashlimit'),
      name: word,
      rate: rateOf('hashlimit'),
      above: fc.boolean(),
      burst: fc.integer({ min: 1, max: 10_000 }),
      mode: subset(HASHLIMIT_MODES),
    }),
    optional({
      size: fc.integer({ min: 1, max: 10_000 }),
      max: fc.integer({ min: 1, max: 10_000 }),
      gcInterval: fc.integer({ min: 1001, max: 10_000 }),
      expire: fc.integer({ min: 1001, max: 59_999 }),
      srcMask: mask,
      dstMask: mask,
    }),
  );
}

/** Matches of any rule. */
export function extensionMatches(family: Family, ip: Arbitrary<Ip>): Arbitrary<Match>[] {
  const range = fc.record({ from: ip, to: ip, not });
  const kind = (name: Match['kind']): Arbitrary<object> => fc.constant({ kind: name });
  const exists = fc.record({ not });
  return [
    conntrack(family, ip),
    merged<Match>(
      kind('limit'),
      fc.record({ rate: rateOf('limit'), burst: fc.integer({ min: 1, max: 10_000 }) }),
    ),
    hashlimit(family),
    ipvs(family, ip),
    merged<Match>(
      kind('iprange'),
      fc.oneof(fc.record({ src: range }), fc.record({ dst: range }), fc.record({ src: range, dst: range })),
    ),
    merged<Match>(
      kind('owner'),
      fc.oneof(
        merged<object>(
          fc.constant({ supplementary: false }),
          fc.oneof(fc.record({ uid: ids }), fc.record({ socketExists: exists })),
        ),
        merged<object>(
          fc.record({ supplementary: fc.boolean(), gid: ids }),
          optional({ uid: ids, socketExists: exists }),
        ),
      ),
    ),
    merged<Match>(kind('mac'), fc.record({ mac: fc.nat({ max: 0xffffffffffff }), not })),
    merged<Match>(kind('length'), ports),
    merged<Match>(
      kind(family === 4 ? 'ttl' : 'hl'),
      fc.oneof(
        fc.record({ test: fc.constant('eq'), value: byte, not }),
        fc.record({ test: fc.constantFrom('lt', 'gt'), value: byte, not: fc.constant(false) }),
      ),
    ),
    merged<Match>(kind('pkttype'), fc.record({ type: fc.constantFrom(...PACKET_TYPES), not })),
    merged<Match>(kind('dscp'), fc.record({ value: fc.nat({ max: 63 }), not })),
    merged<Match>(kind('tos'), fc.record({ value: byte, mask: byte, not })),
  ];
}

/** A prefix as a log line may have: no newline, and short enough for the kernel's field. */
function prefix(length: number): Arbitrary<string> {
  return fc.string({ minLength: 1, maxLength: length }).filter((text) => !/[\n\r]/.test(text));
}

const setReference = fc.record({
  set: word,
  flags: fc.array(fc.constantFrom('src', 'dst'), { minLength: 1, maxLength: 6 }),
});

/** Targets of any rule, but for those of table nat. */
export function extensionTargets(
  family: Family,
  cidr: Arbitrary<Cidr>,
  hasPorts: boolean,
): Arbitrary<Target>[] {
  const kind = (name: Target['kind']): Arbitrary<object> => fc.constant({ kind: name });
  const ttl = merged<Target>(
    kind('TTL'),
    fc.record({ action: fc.constantFrom('set', 'dec', 'inc'), value: fc.integer({ min: 1, max: 255 }) }),
  );
  const toPorts = fc
    .tuple(fc.nat({ max: 65535 }), fc.nat({ max: 65535 }))
    .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
  const zone = fc.record({
    direction: fc.constantFrom('both', 'orig', 'reply'),
    id: fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constant('mark')),
  });
  return [
    merged<Target>(
      kind('REDIRECT'),
      fc.record({ random: fc.boolean() }),
      hasPorts ? optional({ toPorts }) : fc.constant({}),
    ),
    merged<Target>(kind('NETMAP'), fc.record({ to: cidr })),
    merged<Target>(
      kind('CONNMARK'),
      fc.oneof(
        fc.record({ action: fc.constant('set'), value: u32, mask: u32 }),
        fc.record({ action: fc.constantFrom('save', 'restore'), nfMask: u32, ctMask: u32 }),
      ),
    ),
    fc.constantFrom<Target>({ kind: 'NOTRACK' }, { kind: 'TRACE' }, { kind: 'CHECKSUM' }),
    merged<Target>(
      kind('CT'),
      fc.record({ notrack: fc.boolean(), events: subset(CT_EVENTS), expectEvents: subset(['new']) }),
      optional({ helper: word, zone }),
    ),
    merged<Target>(
      kind('LOG'),
      fc.record({ level: fc.nat({ max: 7 }), flags: subset(LOG_FLAGS) }),
      optional({ prefix: prefix(29) }),
    ),
    merged<Target>(
      kind('NFLOG'),
      fc.record({ group: fc.nat({ max: 65535 }) }),
      optional({ prefix: prefix(64), size: u32, threshold: fc.integer({ min: 1, max: 65535 }) }),
    ),
    merged<Target>(kind('TCPMSS'), optional({ set: fc.nat({ max: 65495 }) })),
    merged<Target>(kind('DSCP'), fc.record({ value: fc.nat({ max: 63 }) })),
    merged<Target>(kind('TOS'), fc.record({ value: byte, mask: byte })),
    ...(family === 4 ? [ttl] : []),
    merged<Target>(
      kind('CLASSIFY'),
      fc.record({ major: fc.nat({ max: 65535 }), minor: fc.nat({ max: 65535 }) }),
    ),
    merged<Target>(
      kind('SET'),
      fc.oneof(
        fc.record({ del: setReference, exist: fc.constant(false) }),
        merged<object>(
          fc.record({ add: setReference, exist: fc.boolean() }),
          optional({ del: setReference, timeout: fc.nat({ max: 86_400 }) }),
        ),
      ),
    ),
  ];
}
