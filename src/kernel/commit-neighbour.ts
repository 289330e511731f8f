import type { Ip } from '../addr/index.ts';
import { type CommitContext, linkOf, Refusal, touch } from './commit-context.ts';
import type { Netns } from './model.ts';
import type { Operation } from './transaction.ts';

type NeighbourOperation = Extract<
  Operation,
  {
    op:
      | 'neighbour-add'
      | 'neighbour-replace'
      | 'neighbour-change'
      | 'neighbour-delete'
      | 'proxy-neighbour-add'
      | 'proxy-neighbour-delete';
  }
>;

/** `ip neigh` (net/core/neighbour.c), refusing in the kernel's words. */
export function applyNeighbourOperation(context: CommitContext, operation: NeighbourOperation): void {
  const netns = touch(context, operation.netns);
  const { device, ip } = operation;
  linkOf(netns, device);
  switch (operation.op) {
    case 'neighbour-add':
    case 'neighbour-replace':
    case 'neighbour-change': {
      const { mac, state, origin } = operation;
      const table = bucket(netns.neighbours, device);
      const there = table.has(ip);
      if (there && operation.op === 'neighbour-add') throw new Refusal('RTNETLINK answers: File exists');
      if (!there && operation.op === 'neighbour-change')
        throw new Refusal('RTNETLINK answers: No such file or directory');
      return change(context, table, () => table.set(ip, { ip, device, mac, state, origin }));
    }
    case 'neighbour-delete': {
      const table = bucket(netns.neighbours, device);
      if (!table.has(ip)) throw new Refusal('RTNETLINK answers: No such file or directory');
      return change(context, table, () => table.delete(ip));
    }
    case 'proxy-neighbour-add': {
      const table = bucket(netns.proxyNeighbours, device);
      if (table.has(ip)) throw new Refusal('RTNETLINK answers: File exists');
      return change(context, table, () => table.set(ip, operation.origin));
    }
    case 'proxy-neighbour-delete': {
      const table = bucket(netns.proxyNeighbours, device);
      if (!table.has(ip)) throw new Refusal('RTNETLINK answers: No such file or directory');
      return change(context, table, () => table.delete(ip));
    }
  }
}

/** Forgets what a device that goes down knows of others (neigh_ifdown). */
export function flushNeighbours(context: CommitContext, netns: Netns, device: string): void {
  const table = netns.neighbours.get(device);
  if (table !== undefined && table.size > 0) change(context, table, () => table.clear());
}

function bucket<T>(map: Map<string, Map<Ip, T>>, device: string): Map<Ip, T> {
  let table = map.get(device);
  if (table === undefined) {
    table = new Map();
    map.set(device, table);
  }
  return table;
}

/** Changes a table; taking it back restores its order too. */
function change<T>(context: CommitContext, table: Map<Ip, T>, work: () => void): void {
  const before = [...table];
  work();
  context.undo.push(() => {
    table.clear();
    for (const [ip, value] of before) table.set(ip, value);
  });
}
