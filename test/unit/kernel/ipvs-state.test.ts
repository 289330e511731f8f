import { describe, expect, test } from 'vitest';
import { ip } from '../../../src/addr/index.ts';
import {
  addNetns,
  commit,
  commitReversible,
  createWorld,
  KERNEL_ORIGIN,
  type Operation,
  type VirtualServerSpec,
  virtualServersOf,
} from '../../../src/kernel/index.ts';

const netns = 'node/n1';
const service: VirtualServerSpec = {
  protocol: 'tcp',
  ip: ip('10.96.0.10'),
  port: 80,
  scheduler: 'rr',
  flags: { fallback: false, port: false },
};
const first = { ip: ip('10.244.1.2'), port: 8080, forward: 'masq', weight: 1 } as const;
const second = { ip: ip('10.244.2.2'), port: 8080, forward: 'masq', weight: 1 } as const;
const addService: Operation = { op: 'ipvs-service-add', netns, service, origin: KERNEL_ORIGIN };
const addServer = (server: typeof first | typeof second): Operation => ({
  op: 'ipvs-server-add',
  netns,
  service,
  server,
  origin: KERNEL_ORIGIN,
});

function node() {
  const world = createWorld();
  const { ipvs } = addNetns(world, { id: netns, kind: 'node', label: 'n1', name: 'n1' });
  const shown = (): unknown[] =>
    [...ipvs.values()].map((s) => [s.port, s.scheduler, s.realServers.map((r) => [r.ip, r.weight])]);
  return { world, shown };
}

describe('virtual servers', () => {
  test('keep their real servers when edited, and the order of addition', () => {
    const { world, shown } = node();
    const server = { ...first, weight: 0 };
    expect(
      commit(world, [
        addService,
        { ...addService, service: { ...service, port: 443 } },
        addServer(first),
        addServer(second),
        { op: 'ipvs-service-edit', netns, service: { ...service, scheduler: 'wlc' }, origin: KERNEL_ORIGIN },
        { op: 'ipvs-server-edit', netns, service, server, origin: KERNEL_ORIGIN },
      ]),
    ).toBeUndefined();
    expect(shown()).toEqual([
      [
        80,
        'wlc',
        [
          [first.ip, 0],
          [second.ip, 1],
        ],
      ],
      [443, 'rr', []],
    ]);
  });

  test('are what they were after any transaction is taken back', () => {
    const { world, shown } = node();
    commit(world, [addService, { ...addService, service: { ...service, port: 443 } }, addServer(first)]);
    const before = shown();
    const changes: Operation[] = [
      addServer(second),
      { op: 'ipvs-server-edit', netns, service, server: { ...first, weight: 0 }, origin: KERNEL_ORIGIN },
      { op: 'ipvs-server-delete', netns, service, server: second },
      { op: 'ipvs-service-edit', netns, service: { ...service, persistent: 10 }, origin: KERNEL_ORIGIN },
      { op: 'ipvs-service-delete', netns, service },
      { op: 'ipvs-clear', netns },
    ];
    for (let n = 1; n <= changes.length; n++) {
      const done = commitReversible(world, changes.slice(0, n));
      if (!('undo' in done)) throw new Error(done.message);
      expect(shown()).not.toEqual(before);
      done.undo();
      expect(shown()).toEqual(before);
    }
  });

  test('are read after every program of the namespace has written its own', () => {
    const { world } = node();
    const state = world.netns.get(netns);
    if (state === undefined) throw new Error('no namespace');
    state.pending.push(() => commit(world, [addService]));
    expect(virtualServersOf(state).size).toBe(1);
  });

  test.each([
    ['Service already exists', [addService, addService]],
    ['No such service', [{ op: 'ipvs-service-delete', netns, service }]],
    ['No such service', [{ ...addService, op: 'ipvs-service-edit' }]],
    ['Service not defined', [addServer(first)]],
    ['Destination already exists', [addService, addServer(first), addServer(first)]],
    ['No such destination', [addService, { ...addServer(first), op: 'ipvs-server-edit' }]],
    ['No such destination', [addService, { op: 'ipvs-server-delete', netns, service, server: first }]],
    [
      'Invalid operation.  Possibly wrong module version, address not unicast, ...',
      [{ ...addService, service: { ...service, port: 0 } }],
    ],
  ] as [string, Operation[]][])('are refused as ipvsadm does: %s', (message, operations) => {
    const { world, shown } = node();
    expect(commit(world, operations)?.message).toBe(message);
    expect(shown()).toEqual([]);
  });
});
