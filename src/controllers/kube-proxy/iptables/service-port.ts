import type { RestoreRule, SharedChain } from '../../../kernel/index.ts';
import type {
  CategorizedEndpoints,
  LocalTraffic,
  ProxyState,
  ServicePortInfo,
  ServicePortState,
  TableWriter,
} from '../common/index.ts';
import { type ServiceRuleContext, writeServiceRules } from './service-rules.ts';

/** What a service port's rules came to on one node, and everything of the node that they depend on. */
interface WrittenPort {
  readonly context: ServiceRuleContext;
  readonly endpoints: CategorizedEndpoints;
  readonly chains: readonly SharedChain[];
  readonly nat: readonly RestoreRule[];
  readonly filter: readonly RestoreRule[];
}

const lastWritten = new WeakMap<ServicePortState, WrittenPort>();

/**
 * The rules of one service port. Most ports come to the same on every node: what was written last is taken again where
 * nothing that it depends on differs. True when it was written afresh; its chains are had from `portChains`.
 */
export function writeServicePort(
  context: ServiceRuleContext,
  state: ServicePortState,
  endpoints: CategorizedEndpoints,
): boolean {
  const last = lastWritten.get(state);
  const same = last !== undefined && isSame(last, context, endpoints, state.info);
  const written = same ? last : writeAfresh(context, state, endpoints);
  if (!same) lastWritten.set(state, written);
  for (const rule of written.nat) context.nat.rules.push(rule);
  for (const rule of written.filter) context.filter.rules.push(rule);
  return !same;
}

function writeAfresh(
  context: ServiceRuleContext,
  state: ServicePortState,
  endpoints: CategorizedEndpoints,
): WrittenPort {
  const filter: TableWriter = { chains: [], rules: [] };
  const nat: TableWriter = { chains: [], rules: [] };
  writeServiceRules({ ...context, filter, nat }, state, endpoints);
  const chains = nat.chains.map(({ name, origin, rules }): SharedChain => {
    const own = rules ?? nat.rules.filter(({ chain }) => chain === name).map(({ rule }) => rule);
    return { name, origin, rules: own };
  });
  const names = new Set(nat.chains.filter(({ rules }) => rules === undefined).map(({ name }) => name));
  const rest = names.size === 0 ? nat.rules : nat.rules.filter(({ chain }) => !names.has(chain));
  return { context, endpoints, chains, nat: rest, filter: filter.rules };
}

const assembled = new WeakMap<ProxyState, readonly SharedChain[]>();

/** The chains of all service ports as they were written last; the same list as long as none is written `afresh`. */
export function portChains(state: ProxyState, afresh: boolean): readonly SharedChain[] {
  const known = assembled.get(state);
  if (known !== undefined && !afresh) return known;
  const chains = state.ports.flatMap((port) => lastWritten.get(port)?.chains ?? []);
  assembled.set(state, chains);
  return chains;
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
