import type { Meta } from '../k8s/index.ts';
import { type Chain, type Netns, type Origin, type Rule, rulesetOf, type Table } from '../kernel/index.ts';

/** A chain that serves a Service, and the chains that it leads to. */
export interface ServiceChain {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly next: readonly ServiceChain[];
}

/** What a namespace holds of a Service. */
export interface ServiceRules {
  /** The chains of table nat that are entered from those that all Services share. */
  readonly chains: readonly ServiceChain[];
  /** Every rule of every table that the Service caused, its endpoints' chains included. */
  readonly count: number;
}

/** The IPv4 rules of a Service in a namespace, found by their origins. */
export function rulesOfService(service: Meta, netns: Netns): ServiceRules {
  const { tables } = rulesetOf(netns, 4);
  const nat = tables.get('nat');
  const roots = nat === undefined ? [] : rootsIn(nat, service);
  const own = new Set(roots.flatMap(namesBelow));
  let count = 0;
  for (const table of tables.values()) {
    for (const chain of table.chains.values()) {
      if (table === nat && own.has(chain.name)) count += chain.rules.length;
      // Chains of other Services and endpoints hold nothing of this one.
      else if (!isOfObject(chain.origin))
        count += chain.rules.filter((rule) => isOf(rule.origin, service)).length;
    }
  }
  return { chains: roots, count };
}

function rootsIn(nat: Table, service: Meta): ServiceChain[] {
  const shared = [...nat.chains.values()].filter(({ origin }) => !isOfObject(origin));
  const entered = new Set(shared.flatMap(jumpsOf));
  return [...entered]
    .map((name) => nat.chains.get(name))
    .filter((chain) => chain !== undefined)
    .filter(({ origin }) => isOf(origin, service))
    .map((chain) => follow(chain, nat));
}

function follow(chain: Chain, nat: Table): ServiceChain {
  const next = jumpsOf(chain)
    .map((name) => nat.chains.get(name))
    .filter((target) => target !== undefined)
    .filter((target) => isOfObject(target.origin));
  return {
    name: chain.name,
    rules: chain.rules,
    next: [...new Set(next)].map((target) => follow(target, nat)),
  };
}

function jumpsOf(chain: Chain): string[] {
  return chain.rules.flatMap(({ target }) =>
    target.kind === 'jump' || target.kind === 'goto' ? [target.chain] : [],
  );
}

function namesBelow(chain: ServiceChain): string[] {
  return [chain.name, ...chain.next.flatMap(namesBelow)];
}

function isOf({ object }: Origin, { namespace, name }: Meta): boolean {
  return object?.kind === 'Service' && object.name === name && object.namespace === namespace;
}

const SERVICE_KINDS: ReadonlySet<string> = new Set(['Service', 'Pod', 'EndpointSlice', 'Node']);

/** Whether a chain was made for one Service or endpoint; the others are there for all. */
function isOfObject({ object }: Origin): boolean {
  return object !== undefined && SERVICE_KINDS.has(object.kind);
}
