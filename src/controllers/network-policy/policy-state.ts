import type { Family } from '../../addr/index.ts';
import type { ClusterObjects, Node, Pod } from '../../k8s/index.ts';
import type { IpSet, RestoreChain, RestoreRule, RestoreTable, SharedChain } from '../../kernel/index.ts';
import { podChain } from './pod-chains.ts';
import { policyChain } from './policy-chains.ts';
import { type PolicyInfo, policyInfos } from './policy-info.ts';
import { PROGRAM } from './rule-parts.ts';
import { byName, isActionable } from './selection.ts';
import { ACCEPT_PASSED, commonChains, inputRules, TOP_CHAINS, topJumps } from './top-chains.ts';

/** What the controllers of all nodes have in common, each part worked out when it is first asked for. */
export interface PolicyState {
  readonly objects: ClusterObjects;
  /** The policies that select a pod, in their order. */
  readonly policiesOf: (pod: Pod) => readonly PolicyInfo[];
  /** The chains that do not depend on the node: always the same list. */
  readonly chains: (family: Family) => readonly SharedChain[];
  readonly sets: (family: Family) => readonly IpSet[];
}

/** Undefined where nothing is enforced: there are no policies, or nobody who would. */
export function policyState(objects: ClusterObjects): PolicyState | undefined {
  if (objects.networkPolicies.length === 0 || objects.policyEnforcement === 'none') return undefined;
  const infos = once(() => policyInfos(objects));
  const byPod = once(() => {
    const found = new Map<Pod, PolicyInfo[]>();
    for (const info of infos()) {
      for (const { pods } of info.targets) {
        for (const pod of pods) {
          const own = found.get(pod);
          if (own === undefined) found.set(pod, [info]);
          else own.push(info);
        }
      }
    }
    return found;
  });
  const written = { 4: once(() => write(4)), 6: once(() => write(6)) };
  function write(family: Family): { readonly chains: SharedChain[]; readonly sets: IpSet[] } {
    const policies = infos().map((info) => policyChain(info, family));
    const sets = policies.flatMap((one) => one.sets);
    return {
      chains: [...commonChains(family), ...policies.map(({ chain }) => chain)],
      // buildIPSetRestore writes them in the order of their names.
      sets: sets.sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }
  return {
    objects,
    policiesOf: (pod) => byPod().get(pod) ?? [],
    chains: (family) => written[family]().chains,
    sets: (family) => written[family]().sets,
  };
}

/** The sets that the controller keeps on every node. */
export function networkPolicySets(state: PolicyState, families: readonly Family[]): IpSet[] {
  return families.flatMap((family) => state.sets(family));
}

/** The tables that the controller writes on a node in one family, for `iptables-restore` after every other program. */
export function networkPolicyTables(
  state: PolicyState,
  node: Node,
  pods: readonly Pod[],
  family: Family,
): RestoreTable[] {
  const chains: RestoreChain[] = Object.values(TOP_CHAINS).map((name) => ({ name, origin: PROGRAM }));
  const rules: RestoreRule[] = topJumps();
  for (const rule of inputRules(state.objects.serviceRanges, family))
    rules.push({ chain: TOP_CHAINS.INPUT, rule });
  for (const pod of pods.filter((one) => one.nodeName === node.meta.name && isActionable(one)).sort(byName)) {
    const own = podChain(pod, state.policiesOf(pod), family);
    if (own === undefined) continue;
    chains.push(own.chain);
    rules.push(...own.jumps);
  }
  for (const chain of Object.values(TOP_CHAINS)) rules.push({ chain, rule: ACCEPT_PASSED });
  return [{ table: 'filter', chains, sharedChains: state.chains(family), rules }];
}

function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | undefined;
  return () => {
    done ??= { value: work() };
    return done.value;
  };
}
