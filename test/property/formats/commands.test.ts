import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cidrOf } from '../../../src/addr/index.ts';
import { formatOperation, readCommand } from '../../../src/formats/index.ts';
import {
  commitReversible,
  type IptablesCommand,
  type Netns,
  type Operation,
  type Rule,
  TABLE_NAMES,
} from '../../../src/kernel/index.ts';
import { arbitraryRuleset } from '../../support/arbitrary-ruleset.ts';
import { twoNodeWorld } from '../../support/two-node-world.ts';

const NETNS = 'node/node1';
const origin = { program: 'user' } as const;
const world = twoNodeWorld();
const netns = world.netns.get(NETNS) as Netns;

const device = fc.constantFrom('eth0', 'cni0', 'flannel.1', 'vetha1', 'lo');
const name = fc.stringMatching(/^[a-z][a-z0-9._-]{0,10}$/);
const ip = fc.integer({ min: 0x01000000, max: 0xdfffffff });
const mac = fc.integer({ min: 1, max: 2 ** 48 - 1 });
const prefix = fc.tuple(ip, fc.integer({ min: 0, max: 32 })).map(([at, length]) => cidrOf(at, length));
const table = fc.constantFrom(254, 255, 253, 100, 7);

/** Some of the properties, each there or not. */
function some<T>(parts: { readonly [K in keyof T]: Arbitrary<T[K]> }): Arbitrary<Partial<T>> {
  return fc.record(parts, { requiredKeys: [] }) as Arbitrary<Partial<T>>;
}

const route = fc
  .tuple(
    prefix,
    some({
      type: fc.constantFrom(
        'blackhole',
        'unreachable',
        'prohibit',
        'throw',
        'local',
      ) as Arbitrary<'blackhole'>,
      via: ip,
      device,
      onlink: fc.constant(true),
      prefsrc: ip,
      metric: fc.nat(9999),
      table,
      protocol: fc.constantFrom('kernel', 'boot', 'static', 'ra'),
      scope: fc.constantFrom('global', 'link', 'host'),
      mtu: fc.integer({ min: 68, max: 9000 }),
    }),
  )
  .map(([dst, rest]) => ({ dst, ...rest }));

const policyRule = some({
  priority: fc.nat(32765),
  from: prefix.filter(({ length }) => length > 0),
  to: prefix.filter(({ length }) => length > 0),
  iif: device,
  oif: device,
  mark: fc.record({ value: fc.nat(0xffffffff), mask: fc.nat(0xffffffff) }),
  table,
}).filter((rule) => Object.keys(rule).length > 0);

const rules: Arbitrary<readonly Rule[]> = arbitraryRuleset(4).map((ruleset) =>
  [...ruleset.tables.values()].flatMap((t) => [...t.chains.values()].flatMap((chain) => chain.rules)),
);
const oneRule = fc
  .tuple(rules, fc.nat())
  .filter(([all]) => all.length > 0)
  .map(([all, pick]) => ({ ...(all[pick % all.length] as Rule), origin }));

const number = fc.integer({ min: 1, max: 50 });
const chain = fc.constantFrom('FORWARD', 'KUBE-SERVICES', 'A');

const command: Arbitrary<IptablesCommand> = fc.oneof(
  fc.record({ kind: fc.constantFrom('append', 'delete', 'check'), chain, rules: oneRule.map((r) => [r]) }),
  fc.record({ kind: fc.constant('insert'), chain, number, rules: oneRule.map((r) => [r]) }),
  fc.record({ kind: fc.constant('replace'), chain, number, rule: oneRule }),
  fc.record({ kind: fc.constant('delete-number'), chain, number }),
  fc.record({ kind: fc.constantFrom('flush', 'zero', 'delete-chain', 'new-chain'), chain }),
  fc.record({ kind: fc.constantFrom('flush', 'zero', 'delete-chain') }),
  fc.record({ kind: fc.constant('rename-chain'), chain, to: fc.constant('B') }),
  fc.record({ kind: fc.constant('policy'), chain, policy: fc.constantFrom('ACCEPT', 'DROP') }),
) as Arbitrary<IptablesCommand>;

const at = { netns: fc.constant(NETNS) };
const written = { ...at, origin: fc.constant(origin) };
const lladdr = { device, ip, mac, state: fc.constantFrom('PERMANENT', 'NOARP', 'REACHABLE', 'STALE') };

const operation = fc.oneof(
  fc.record({
    op: fc.constantFrom('link-delete', 'link-up', 'link-down', 'link-nomaster'),
    ...at,
    name: device,
  }),
  fc.record({ op: fc.constant('link-mac'), ...at, name: device, mac }),
  fc.record({
    op: fc.constant('link-mtu'),
    ...at,
    name: fc.constantFrom('eth0', 'cni0'),
    mtu: fc.nat(65535),
  }),
  fc.record({ op: fc.constant('link-master'), ...at, name: device, bridge: fc.constant('cni0') }),
  fc.record({ op: fc.constant('bridge-port'), ...at, name: device, hairpin: fc.boolean() }),
  fc.record({
    op: fc.constant('link-add'),
    link: fc.record({ name, mac, mtu: fc.nat(9000), kind: fc.constantFrom('bridge', 'dummy') }),
    ...written,
  }),
  fc.record({
    op: fc.constant('link-add'),
    link: fc.record({
      name,
      mac,
      kind: fc.constant('vxlan'),
      vni: fc.nat(0xffffff),
      device: fc.constant('eth0'),
      local: ip,
      dstPort: fc.nat(65535),
      learning: fc.boolean(),
    }),
    ...written,
  }),
  fc.record({
    op: fc.constant('veth-add'),
    ends: fc.tuple(
      fc.record({ ...at, name, mac, mtu: fc.nat(9000) }),
      fc.record({ netns: fc.constantFrom(NETNS, 'pod/default/a1'), name, mac }),
    ),
    origin: fc.constant(origin),
  }),
  fc.record({
    op: fc.constant('address-add'),
    device,
    ip,
    length: fc.nat(32),
    broadcast: fc.boolean(),
    ...written,
  }),
  fc.record({ op: fc.constant('address-delete'), ...at, device, ip, length: fc.nat(32) }),
  fc.record({
    op: fc.constantFrom('route-add', 'route-replace', 'route-change', 'route-append'),
    route,
    ...written,
  }),
  fc.record({ op: fc.constant('route-delete'), ...at, route }),
  fc.record({ op: fc.constant('policy-rule-add'), rule: policyRule, ...written }),
  fc.record({ op: fc.constant('policy-rule-delete'), ...at, rule: policyRule }),
  fc.record({
    op: fc.constantFrom('neighbour-add', 'neighbour-replace', 'neighbour-change'),
    ...lladdr,
    ...written,
  }),
  fc.record({ op: fc.constantFrom('neighbour-delete', 'proxy-neighbour-delete'), ...at, device, ip }),
  fc.record({ op: fc.constant('proxy-neighbour-add'), device, ip, ...written }),
  fc.record({
    op: fc.constantFrom('fdb-add', 'fdb-append', 'fdb-replace'),
    device: fc.constant('flannel.1'),
    mac,
    dst: ip,
    ...written,
  }),
  fc.record({ op: fc.constant('fdb-delete'), ...at, device: fc.constant('flannel.1'), mac }),
  fc.record({
    op: fc.constantFrom('bridge-fdb-add', 'bridge-fdb-replace'),
    port: device,
    mac,
    state: fc.constantFrom('permanent', 'static'),
    ...written,
  }),
  fc.record({ op: fc.constant('bridge-fdb-delete'), ...at, port: device, mac }),
  fc.record({
    op: fc.constant('sysctl'),
    key: fc.constantFrom(
      'net.ipv4.ip_forward',
      'net.ipv4.conf.flannel.1.rp_filter',
      'net.bridge.bridge-nf-call-iptables',
    ),
    value: fc.nat(9).map(String),
    ...written,
  }),
  fc.record({
    op: fc.constant('iptables'),
    family: fc.constant(4),
    table: fc.constantFrom(...TABLE_NAMES),
    command,
    ...written,
  }),
) as Arbitrary<Operation>;

/** Types of routes that lead nowhere: the kernel takes neither device nor gateway with them. */
const WITHOUT_WAY: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw']);

/** What the reader refuses where it stands: `-o` in INPUT, DROP in nat, a set that is not there, a way for a blackhole. */
function isRefused(given: Operation): boolean {
  if ('route' in given) {
    const { type, device, via } = given.route;
    return type !== undefined && WITHOUT_WAY.has(type) && (device !== undefined || via !== undefined);
  }
  if (given.op !== 'iptables') return false;
  const { command: call, table: of } = given;
  const listed = 'rules' in call ? call.rules : 'rule' in call ? [call.rule] : [];
  return listed.some(
    (rule) =>
      (of === 'nat' && rule.target.kind === 'DROP') || rule.matches.some((match) => match.kind === 'set'),
  );
}

describe('operations and the commands that do them', () => {
  it('are exact inverses', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(operation, (given) => {
        fc.pre(!isRefused(given));
        const text = formatOperation(given);
        expect(text, given.op).toBeDefined();
        expect(readCommand(text ?? '', world, netns), text).toEqual({
          ok: true,
          operations: [given],
          notes: [],
        });
        seen.add(given.op);
      }),
      { seed: 20_241_121, numRuns: 3000 },
    );
    expect(seen.size).toBeGreaterThan(30);
  });
});

describe('a command', () => {
  it('whatever its words are, is read or refused, never thrown', () => {
    const word = fc.oneof(
      fc.constantFrom(
        ...'ip link addr route rule neigh add del set replace flush dev via eth0 cni0 table main lladdr bridge fdb'.split(
          ' ',
        ),
        ...'dst master iptables -t nat -A -I -D FORWARD -j DROP ! -s 10.0.0.0/8 -p tcp --dport 80 sysctl -w'.split(
          ' ',
        ),
        ...'net.ipv4.ip_forward=1 ipset create add a hash:ip hash:net,port 10.0.0.1 mtu 1400 up down nud'.split(
          ' ',
        ),
      ),
      fc.string({ maxLength: 6 }),
      fc.nat().map(String),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 9 }), (words) => {
        const read = readCommand(words.join(' '), world, netns);
        if (!read.ok) expect(read.message).not.toBe('');
        // What is read is committed or refused, and taken back either way.
        const done = commitReversible(world, read.ok ? read.operations : []);
        if ('undo' in done) done.undo();
        else expect(done.message).not.toBe('');
      }),
      { seed: 20_241_122, numRuns: 5000 },
    );
  });
});
