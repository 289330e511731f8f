import fc, { type Arbitrary } from 'fast-check';
import { type Family, type Ip, maskIp } from '../../src/addr/index.ts';
import {
  dimensionsOf,
  entryKey,
  IPSET_TYPES,
  type IpSet,
  type IpSetEntry,
  type IpSetField,
  type IpSetOptions,
  type IpSetType,
} from '../../src/kernel/index.ts';

/** Random IP sets of every type, in the form in which ipset gives them back. */

const u32 = fc.nat({ max: 0xffffffff });
const word = fc.stringMatching(/^[A-Za-z][-A-Za-z0-9_]{0,13}$/);

function ipOf(family: Family): Arbitrary<Ip> {
  // A network part that is zero has no place in a hash.
  return family === 4
    ? fc.integer({ min: 0x01000000, max: 0xffffffff })
    : fc.bigInt({ min: 1n << 112n, max: (1n << 128n) - 1n });
}

function fieldOf(type: IpSetType, kind: IpSetField['kind'], options: IpSetOptions): Arbitrary<IpSetField> {
  const { family = 4, netmask, range } = options;
  const from = range?.from ?? 0;
  const inRange = fc.integer({ min: from, max: range?.to ?? 65535 });
  switch (kind) {
    case 'ip':
      if (type === 'bitmap:ip') return inRange.map((ip) => ({ kind: 'ip', ip }));
      return ipOf(family).map((ip) => ({
        kind: 'ip',
        ip: netmask === undefined ? ip : maskIp(ip, netmask),
      }));
    case 'net':
      return fc
        .tuple(ipOf(family), fc.integer({ min: 1, max: family === 4 ? 32 : 128 }))
        .map(([ip, length]) => ({ kind: 'net', ip: maskIp(ip, length), length }));
    case 'port':
      if (type === 'bitmap:port') return inRange.map((port) => ({ kind: 'port', port }));
      return fc.oneof(
        fc.record({
          kind: fc.constant('port' as const),
          protocol: fc.constantFrom(6, 17, 132, 136, family === 4 ? 1 : 58),
          port: fc.nat({ max: 65535 }),
        }),
        fc.constantFrom(2, 47, 89, 200).map((protocol) => ({ kind: 'port' as const, protocol, port: 0 })),
      );
    case 'mark':
      return u32.map((mark) => ({ kind: 'mark', mark }));
    case 'iface':
      return fc.oneof(
        word.map((name) => ({ kind: 'iface' as const, name })),
        word.map((name) => ({ kind: 'iface' as const, name, physdev: true as const })),
      );
    case 'mac':
      return fc.integer({ min: 1, max: 0xffffffffffff }).map((mac) => ({ kind: 'mac', mac }));
    case 'set':
      return word.map((name) => ({ kind: 'set', name }));
  }
}

function present(fields: Record<string, Arbitrary<unknown>>): Arbitrary<object> {
  return fc.record(fields, { requiredKeys: [] });
}

function optionsOf(type: IpSetType): Arbitrary<IpSetOptions> {
  const flags = fc.record({
    counters: fc.boolean(),
    comment: fc.boolean(),
    skbinfo: fc.boolean(),
    forceadd: fc.constant(false),
  });
  const timeout = present({ timeout: fc.nat({ max: 86_400 }) });
  const range = fc
    .tuple(fc.nat({ max: 30_000 }), fc.nat({ max: 30_000 }))
    .map(([from, more]) => ({ range: { from, to: from + more } }));
  const hash = fc.record({
    hashsize: fc.constantFrom(64, 1024, 4096),
    maxelem: fc.integer({ min: 64, max: 65536 }),
    bucketsize: fc.constantFrom(4, 12),
  });
  const parts: Arbitrary<object>[] = [flags, timeout];
  if (type.startsWith('bitmap:')) parts.push(range);
  else if (type === 'list:set') parts.push(fc.record({ size: fc.integer({ min: 4, max: 64 }) }));
  else parts.push(hash, present({ initval: u32 }));
  if (type.startsWith('hash:') && type !== 'hash:mac')
    parts.push(fc.record({ family: fc.constantFrom(4, 6) }));
  if (type === 'hash:ip') parts.push(present({ netmask: fc.integer({ min: 16, max: 31 }) }));
  if (type === 'hash:ip,mark') parts.push(present({ markmask: u32 }));
  return fc.tuple(...parts).map((values) => Object.assign({}, ...values) as IpSetOptions);
}

function entryOf(type: IpSetType, options: IpSetOptions): Arbitrary<IpSetEntry> {
  const nets = dimensionsOf(type).includes('net');
  const skbinfo = present({
    mark: fc.record({ value: u32, mask: u32 }),
    priority: fc.record({ major: fc.nat({ max: 65535 }), minor: fc.nat({ max: 65535 }) }),
    queue: fc.integer({ min: 1, max: 65535 }),
  }).filter((info) => Object.keys(info).length > 0);
  return fc
    .tuple(
      fc.record({
        fields: fc.tuple(...dimensionsOf(type).map((kind) => fieldOf(type, kind, options))),
        nomatch: nets ? fc.boolean() : fc.constant(false),
        origin: fc.constant({ program: 'user' as const }),
      }),
      options.timeout === undefined ? fc.constant({}) : fc.record({ timeout: fc.nat({ max: 86_400 }) }),
      options.comment ? present({ comment: fc.stringMatching(/^[^"\n]{1,20}$/) }) : fc.constant({}),
      options.counters
        ? present({ counted: fc.record({ packets: fc.integer({ min: 1, max: 9e6 }), bytes: fc.nat() }) })
        : fc.constant({}),
      options.skbinfo ? present({ skbinfo }) : fc.constant({}),
    )
    .map((parts) => Object.assign({}, ...parts) as IpSetEntry);
}

function setOf(type: IpSetType): Arbitrary<Omit<IpSet, 'name'>> {
  return optionsOf(type).chain((options) =>
    fc.array(entryOf(type, options), { maxLength: 4 }).map((entries) => ({
      type,
      options,
      entries: new Map(entries.map((entry) => [entryKey(entry.fields), entry])),
      origin: { program: 'user' as const },
      generation: 0,
    })),
  );
}

/** Sets of some types, lists of sets last, as `ipset save` has them. */
export const arbitrarySets: Arbitrary<readonly IpSet[]> = fc
  .subarray([...IPSET_TYPES])
  .chain((types) => fc.tuple(...types.map(setOf)))
  .chain((sets) =>
    fc
      .uniqueArray(word, { minLength: sets.length, maxLength: sets.length })
      .map((names) => sets.map((set, i) => ({ ...set, name: names[i] ?? '' }))),
  );
