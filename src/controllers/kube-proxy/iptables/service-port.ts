import type { RestoreChain, RestoreRule } from '../../../kernel/index.ts';
import type {
  CategorizedEndpoints,
  LocalTraffic,
  ServicePortInfo,
  ServicePortState,
} from '../common/index.ts';
import type { TableWriter } from './rule-parts.ts';
import { type ServiceRuleContext, writeServiceRules } from './service-rules.ts';

/** What a service port's rules came to on one node, and everything of the node that they depend on. */
interface WrittenPort {
  readonly context: ServiceRuleContext;
  readonly endpoints: CategorizedEndpoints;
  readonly chains: readonly RestoreChain[];
  readonly nat: readonly RestoreRule[];
  readonly filter: readonly RestoreRule[];
}

const lastWritten = new WeakMap<ServicePortState, WrittenPort>();

/**
 * The rules of one service port. Most ports come to the same on every node: what was written last is taken again where
 * nothing that it depends on differs.
 */
export function writeServicePort(
  context: ServiceRuleContext,
  state: ServicePortState,
  endpoints: CategorizedEndpoints,
): void {
  let written = lastWritten.get(state);
  if (written === undefined || !isSame(written, context, endpoints, state.info)) {
    const filter: TableWriter = { chains: [], rules: [] };
    const nat: TableWriter = { chains: [], rules: [] };
    writeServiceRules({ ...context, filter, nat }, state, endpoints);
    written = { context, endpoints, chains: nat.chains, nat: nat.rules, filter: filter.rules };
    lastWritten.set(state, written);
  }
  for (const chain of written.chains) context.nat.chains.push(chain);
  for (const rule of written.nat) context.nat.rules.push(rule);
  for (const rule of written.filter) context.filter.rules.push(rule);
}

function isSame(
  written: WrittenPort,
  context: ServiceRuleContext,
  endpoints: CategorizedEndpoints,
  info: ServicePortInfo,
): boolean {
  const { context: before, endpoints: old } = written;
  return (
    old.cluster === endpoints.cluster &&
    (old.local === endpoints.local || (old.local.length === 0 && endpoints.local.length === 0)) &&
    old.hasAny === endpoints.hasAny &&
    before.large === context.large &&
    before.masqueradeAll === context.masqueradeAll &&
    isSameTraffic(before.localTraffic, context.localTraffic) &&
    (info.sourceRanges.length === 0 || before.nodeIp === context.nodeIp)
  );
}

function isSameTraffic(a: LocalTraffic | undefined, b: LocalTraffic | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.by === 'source' ? b.by === 'source' && a.cidr === b.cidr : b.by === a.by && b.name === a.name;
}
