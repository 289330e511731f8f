import { type CommitContext, Refusal, touch } from './commit-context.ts';
import { applyFdbOperation } from './commit-fdb.ts';
import { applyIpsetOperation } from './commit-ipset.ts';
import { applyIptablesOperation } from './commit-iptables.ts';
import { applyIpvsOperation } from './commit-ipvs.ts';
import { applyLinkOperation } from './commit-link.ts';
import { applyNeighbourOperation } from './commit-neighbour.ts';
import { applyNetfilterOperation } from './commit-netfilter.ts';
import { applyPolicyRuleOperation } from './commit-policy-rule.ts';
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
    case 'link-promisc':
    case 'link-master':
    case 'link-nomaster':
    case 'bridge-port':
      return applyLinkOperation(context, operation);
    case 'fdb-add':
    case 'fdb-append':
    case 'fdb-replace':
    case 'fdb-delete':
    case 'bridge-fdb-add':
    case 'bridge-fdb-replace':
    case 'bridge-fdb-delete':
      return applyFdbOperation(context, operation);
    case 'address-add':
    case 'host-addresses-add':
    case 'address-delete':
    case 'route-add':
    case 'route-replace':
    case 'route-change':
    case 'route-append':
    case 'route-delete':
      return applyRouteOperation(context, operation);
    case 'policy-rule-add':
    case 'policy-rule-delete':
      return applyPolicyRuleOperation(context, operation);
    case 'neighbour-add':
    case 'neighbour-replace':
    case 'neighbour-change':
    case 'neighbour-delete':
    case 'proxy-neighbour-add':
    case 'proxy-neighbour-delete':
      return applyNeighbourOperation(context, operation);
    case 'sysctl': {
      const { sysctls } = touch(context, operation.netns);
      const before = [...sysctls];
      context.undo.push(() => {
        sysctls.clear();
        for (const [key, setting] of before) sysctls.set(key, setting);
      });
      // inet_forward_change: writing ip_forward sets every device's switch.
      if (operation.key === 'net.ipv4.ip_forward') {
        for (const key of sysctls.keys())
          if (/^net\.ipv4\.conf\..+\.forwarding$/.test(key)) sysctls.delete(key);
      }
      sysctls.set(operation.key, { value: operation.value, origin: operation.origin });
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
    case 'ipset-share':
    case 'ipset-destroy':
    case 'ipset-flush':
    case 'ipset-add':
    case 'ipset-del':
      return applyIpsetOperation(context, operation);
    case 'ipvs-service-add':
    case 'ipvs-restore':
    case 'ipvs-service-edit':
    case 'ipvs-service-delete':
    case 'ipvs-clear':
    case 'ipvs-timeouts':
    case 'ipvs-server-add':
    case 'ipvs-server-edit':
    case 'ipvs-server-delete':
      return applyIpvsOperation(context, operation);
    case 'iptables':
      return applyIptablesOperation(context, operation);
    case 'iptables-restore':
      return applyNetfilterOperation(context, operation);
  }
}
