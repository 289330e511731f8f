import type { Mac } from '../addr/index.ts';
import { type CommitContext, linkOf, Refusal, touch } from './commit-context.ts';
import type { Bridge, Netns, Vxlan } from './model.ts';
import type { Operation } from './transaction.ts';

type FdbOperation = Extract<
  Operation,
  {
    op:
      | 'fdb-add'
      | 'fdb-append'
      | 'fdb-replace'
      | 'fdb-delete'
      | 'bridge-fdb-add'
      | 'bridge-fdb-replace'
      | 'bridge-fdb-delete';
  }
>;

/** `bridge fdb` on a VXLAN device (vxlan_fdb_add) and on a port of a bridge (br_fdb_add). */
export function applyFdbOperation(context: CommitContext, operation: FdbOperation): void {
  const netns = touch(context, operation.netns);
  switch (operation.op) {
    case 'fdb-add':
    case 'fdb-append':
    case 'fdb-replace': {
      const { fdb } = vxlanOf(netns, operation.device);
      const { mac, dst, origin } = operation;
      if (fdb.has(mac) && operation.op === 'fdb-add') throw new Refusal('RTNETLINK answers: File exists');
      // vxlan_fdb_update_existing: one address has one destination; a further one is taken for multicast only.
      if (fdb.has(mac) && operation.op === 'fdb-append') return;
      return change(context, fdb, () => fdb.set(mac, { mac, dst, state: 'permanent', origin }));
    }
    case 'fdb-delete': {
      const { fdb } = vxlanOf(netns, operation.device);
      return remove(context, fdb, operation.mac);
    }
    case 'bridge-fdb-add':
    case 'bridge-fdb-replace': {
      const { fdb } = bridgeOf(netns, operation.port);
      const { mac, port: device, state, origin } = operation;
      if (fdb.has(mac) && operation.op === 'bridge-fdb-add')
        throw new Refusal('RTNETLINK answers: File exists');
      return change(context, fdb, () => fdb.set(mac, { mac, device, state, origin }));
    }
    case 'bridge-fdb-delete':
      return remove(context, bridgeOf(netns, operation.port).fdb, operation.mac);
  }
}

function vxlanOf(netns: Netns, device: string): Vxlan {
  const link = linkOf(netns, device);
  if (link.kind !== 'vxlan') throw new Refusal('RTNETLINK answers: Operation not supported');
  return link;
}

/** The bridge of a port, or the bridge itself. */
function bridgeOf(netns: Netns, device: string): Bridge {
  const link = linkOf(netns, device);
  const bridge = link.kind === 'bridge' ? link : netns.links.get(link.port?.bridge ?? '');
  if (bridge?.kind !== 'bridge') throw new Refusal('RTNETLINK answers: Operation not supported');
  return bridge;
}

function remove<T>(context: CommitContext, fdb: Map<Mac, T>, mac: Mac): void {
  if (!fdb.has(mac)) throw new Refusal('RTNETLINK answers: No such file or directory');
  change(context, fdb, () => fdb.delete(mac));
}

function change<T>(context: CommitContext, fdb: Map<Mac, T>, work: () => void): void {
  const before = [...fdb];
  work();
  context.undo.push(() => {
    fdb.clear();
    for (const [mac, entry] of before) fdb.set(mac, entry);
  });
}
