import { type CommitContext, Refusal, touch } from './commit-context.ts';
import { applyIpsetOperation } from './commit-ipset.ts';
import { applyLinkOperation } from './commit-link.ts';
import { applyNetfilterOperation } from './commit-netfilter.ts';
import { applyRouteOperation } from './commit-route.ts';
import type { World } from './model.ts';
import type { Operation, TransactionError } from './transaction.ts';

/** A committed transaction that can be taken back as a whole, latest changes first. */
export interface Committed {
  readonly undo: () => void;
}

/**
 * Applies all operations in order, or none: when one is refused, what came before it is taken back and the
 * refusal is returned in the words of the real tool.
 */
export function commit(world: World, operations: readonly Operation[]): TransactionError | undefined {
  const result = commitReversible(world, operations);
  return 'undo' in result ? undefined : result;
}

/** As `commit`, and hands back how to undo it: for state that exists only for one walk. */
export function commitReversible(
  world: World,
  operations: readonly Operation[],
): Committed | TransactionError {
  const context: CommitContext = { world, undo: [] };
  const takeBack = (): void => {
    while (context.undo.length > 0) context.undo.pop()?.();
  };
  for (const operation of operations) {
    try {
      apply(context, operation);
    } catch (error) {
      takeBack();
      if (error instanceof Refusal) return { operation, message: error.message };
      throw error;
    }
  }
  return { undo: takeBack };
}

function apply(context: CommitContext, operation: Operation): void {
  switch (operation.op) {
    case 'link-add':
    case 'veth-add':
    case 'link-delete':
    case 'link-up':
    case 'link-down':
    case 'link-mac':
    case 'link-mtu':
    case 'link-master':
    case 'bridge-port':
    case 'fdb-replace':
    case 'fdb-delete':
      return applyLinkOperation(context, operation);
    case 'address-add':
    case 'address-delete':
    case 'route-add':
    case 'route-replace':
    case 'route-delete':
    case 'neighbour-replace':
    case 'neighbour-delete':
    case 'proxy-neighbour-add':
      return applyRouteOperation(context, operation);
    case 'sysctl': {
      const { sysctls } = touch(context, operation.netns);
      const before = sysctls.get(operation.key);
      sysctls.set(operation.key, { value: operation.value, origin: operation.origin });
      context.undo.push(() =>
        before === undefined ? sysctls.delete(operation.key) : sysctls.set(operation.key, before),
      );
      return;
    }
    case 'listen': {
      const { sockets } = touch(context, operation.netns);
      const { protocol, port, ip } = operation.socket;
      if (sockets.some((s) => s.protocol === protocol && s.port === port && s.ip === ip)) {
        throw new Refusal(`bind: Address already in use (${protocol}/${port})`);
      }
      sockets.push(operation.socket);
      context.undo.push(() => sockets.pop());
      return;
    }
    case 'ipset-create':
    case 'ipset-destroy':
    case 'ipset-flush':
    case 'ipset-add':
    case 'ipset-del':
      return applyIpsetOperation(context, operation);
    case 'iptables-restore':
      return applyNetfilterOperation(context, operation);
  }
}
