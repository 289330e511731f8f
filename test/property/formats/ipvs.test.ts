import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ip } from '../../../src/addr/index.ts';
import {
  formatIpvsadm,
  formatIpvsadmSave,
  formatIpvsConnections,
  formatOperation,
  type IpvsConnectionEntry,
  type IpvsServiceEntry,
  parseIpvsadm,
  parseIpvsadmSave,
  parseIpvsConnections,
  readCommand,
} from '../../../src/formats/index.ts';
import { addNetns, createWorld, type Operation, type TransportName } from '../../../src/kernel/index.ts';

const ip4 = fc.integer({ min: 0x01000000, max: 0xdfffffff });
const ip6 = fc.bigInt({ min: 1n << 120n, max: (0xfen << 120n) - 1n });
const port = fc.nat(65535);
const protocol: Arbitrary<TransportName> = fc.constantFrom('tcp', 'udp', 'sctp');
const flags = fc.record({ fallback: fc.boolean(), port: fc.boolean() });

function serverOf(ip: Arbitrary<Ip>, counted: boolean): Arbitrary<IpvsServiceEntry['servers'][number]> {
  const count = counted ? fc.nat(10 ** 9) : fc.constant(0);
  return fc.record({
    ip,
    port,
    forward: fc.constantFrom('masq', 'route', 'tunnel'),
    weight: fc.nat(2 ** 31 - 1),
    activeConnections: count,
    inactiveConnections: count,
  });
}

function serviceOf(ip: Arbitrary<Ip>, counted: boolean): Arbitrary<IpvsServiceEntry> {
  return fc
    .record({
      protocol,
      ip,
      port,
      scheduler: fc.constantFrom('rr', 'wrr', 'sh', 'mh', 'ovf'),
      flags,
      persistent: fc.option(fc.integer({ min: 1, max: 2_678_400 }), { nil: undefined }),
      servers: fc.array(serverOf(ip, counted), { maxLength: 4 }),
    })
    .map(({ persistent, ...rest }) => (persistent === undefined ? rest : { ...rest, persistent }));
}

const services = (counted: boolean): Arbitrary<readonly IpvsServiceEntry[]> =>
  fc.array(fc.oneof(serviceOf(ip4, counted), serviceOf(ip6, counted)), { maxLength: 5 });

const placeOf = (ip: Arbitrary<Ip>): Arbitrary<{ ip: Ip; port: number }> => fc.record({ ip, port });
const connection: Arbitrary<IpvsConnectionEntry> = fc.oneof(ip4, ip6).chain((sample) => {
  const place = placeOf(typeof sample === 'number' ? ip4 : ip6);
  return fc.record({
    protocol,
    expires: fc.nat(10 ** 7),
    state: fc.constantFrom('NONE', 'ASSURED', 'ESTABLISHED', 'SYN_RECV', 'C-REPLIED', 'UDP', 'INIT1'),
    source: place,
    virtual: place,
    destination: place,
  });
});

describe('parse(print(x)) is x', () => {
  test('of ipvsadm -Ln', () => {
    fc.assert(
      fc.property(services(true), fc.constantFrom(4096, 1024), (all, tableSize) => {
        expect(parseIpvsadm(formatIpvsadm(all, tableSize))).toEqual({ ok: true, services: all, tableSize });
      }),
      { seed: 20240601, numRuns: 300 },
    );
  });

  test('of ipvsadm-save -n', () => {
    fc.assert(
      fc.property(services(false), (all) => {
        expect(parseIpvsadmSave(formatIpvsadmSave(all))).toEqual({ ok: true, entries: all });
      }),
      { seed: 20240602, numRuns: 300 },
    );
  });

  test('of ipvsadm -Lnc', () => {
    fc.assert(
      fc.property(fc.array(connection, { maxLength: 6 }), (entries) => {
        expect(parseIpvsConnections(formatIpvsConnections(entries))).toEqual({ ok: true, entries });
      }),
      { seed: 20240603, numRuns: 300 },
    );
  });
});

test('any text is read or refused with the line, never with an exception', () => {
  const words = [
    'TCP',
    '  ->',
    '10.0.0.1:80',
    '[fd00::1]:80',
    'rr',
    'Masq',
    '1',
    '-A',
    '-a',
    '-t',
    '-r',
    '-m',
    '-w',
    '-s',
    '05:00',
  ];
  const line = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words), { maxLength: 8 }).map((all) => all.join(' ')),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      for (const parse of [parseIpvsadm, parseIpvsadmSave, parseIpvsConnections]) {
        const read = parse(lines.join('\n'));
        if (!read.ok) for (const error of read.errors) expect(error.line).toBeGreaterThan(0);
      }
      expect(typeof readCommand(`ipvsadm ${lines[0] ?? ''}`, world, netns).ok).toBe('boolean');
    }),
    { seed: 20240604, numRuns: 300 },
  );
});

const world = createWorld();
const netns = addNetns(world, { id: 'node/n', kind: 'node', label: 'n', name: 'n' });
const NETNS = { netns: 'node/n' };
const origin = { program: 'user' } as const;

function operationOf(ip: Arbitrary<Ip>): Arbitrary<Operation> {
  const service = serviceOf(ip, false).map(({ servers: _, ...rest }) => ({
    ...rest,
    port: rest.persistent === undefined ? Math.max(1, rest.port) : rest.port,
  }));
  const server = serverOf(ip, false).map(
    ({ activeConnections: _, inactiveConnections: __, ...rest }) => rest,
  );
  const name = service.map(({ protocol: p, ip: at, port: n }) => ({ protocol: p, ip: at, port: n }));
  return fc.oneof(
    fc
      .tuple(fc.constantFrom('ipvs-service-add' as const, 'ipvs-service-edit' as const), service)
      .map(([op, one]): Operation => ({ op, ...NETNS, service: one, origin })),
    name.map((one): Operation => ({ op: 'ipvs-service-delete', ...NETNS, service: one })),
    fc.tuple(fc.constantFrom('ipvs-server-add' as const, 'ipvs-server-edit' as const), name, server).map(
      ([op, one, to]): Operation => ({
        op,
        ...NETNS,
        service: one,
        // Only what is rewritten may change its port.
        server: to.forward === 'masq' ? to : { ...to, port: one.port },
        origin,
      }),
    ),
    fc.tuple(name, server).map(
      ([one, { ip: at, port: n }]): Operation => ({
        op: 'ipvs-server-delete',
        ...NETNS,
        service: one,
        server: { ip: at, port: n },
      }),
    ),
    fc.constant<Operation>({ op: 'ipvs-clear', ...NETNS }),
    fc
      .record({ tcp: fc.nat(10 ** 6), tcpFin: fc.nat(10 ** 6), udp: fc.nat(10 ** 6) })
      .map((timeouts): Operation => ({ op: 'ipvs-timeouts', ...NETNS, timeouts })),
  );
}

test('the command of an operation is read back as that operation', () => {
  fc.assert(
    fc.property(fc.oneof(operationOf(ip4), operationOf(ip6)), (operation) => {
      const text = formatOperation(operation);
      if (text === undefined) throw new Error(`no command for ${operation.op}`);
      expect(readCommand(text, world, netns)).toEqual({ ok: true, operations: [operation], notes: [] });
    }),
    { seed: 20240605, numRuns: 400 },
  );
});
