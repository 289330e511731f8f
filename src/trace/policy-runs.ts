import type { PolicyType } from '../k8s/index.ts';
import type { KernelEvent, MatchedRule, Rule, Visit } from '../kernel/index.ts';

export type NetfilterEvent = Extract<KernelEvent, { readonly type: 'netfilter' }>;

/** The mark "some policy allows this packet" of kube-router's controller. */
const ALLOWED = 0x10000;

/** What a pod's chain did with a packet: from the jump into it to the next. */
export interface Run {
  readonly pod: string;
  readonly direction: PolicyType;
  readonly matched: MatchedRule[];
}

export function runsOf(matched: readonly MatchedRule[]): Run[] {
  const runs: Run[] = [];
  for (const one of matched) {
    const { origin, target, src } = one.rule;
    const { object } = origin;
    const enters = target.kind === 'jump' && one.chain.startsWith('KUBE-ROUTER-') && object?.kind === 'Pod';
    if (origin.program === 'network-policy' && enters)
      runs.push({
        pod: `${object.namespace}/${object.name}`,
        direction: src === undefined ? 'Ingress' : 'Egress',
        matched: [],
      });
    else runs.at(-1)?.matched.push(one);
  }
  return runs;
}

export function isPolicy({ origin: { object } }: Rule): boolean {
  return object?.kind === 'NetworkPolicy';
}

export function isAllowing({ target }: Rule): boolean {
  return target.kind === 'MARK' && target.value === ALLOWED;
}

/** The rule that ends a run in which none allows. */
export function lastOf({ matched }: Run): MatchedRule | undefined {
  return matched.find(
    ({
      rule: {
        target: { kind },
      },
    }) => kind === 'ACCEPT' || kind === 'REJECT' || kind === 'DROP',
  );
}

/** The directions in which NetworkPolicies refused a packet on its way: what its decisions come to, without their words. */
export function refusedSides(way: readonly Visit[]): ReadonlySet<PolicyType> {
  const refused = new Set<PolicyType>();
  for (const { events } of way) {
    for (const event of events) {
      if (event.type !== 'netfilter' || event.table !== 'filter') continue;
      for (const [direction, pods] of refusals(event)) if (pods.size > 0) refused.add(direction);
    }
  }
  return refused;
}

/** Of one walk through table filter, the pods whose last decision refused. */
function refusals(event: NetfilterEvent): Map<PolicyType, Set<string>> {
  const refused = new Map<PolicyType, Set<string>>();
  for (const run of runsOf(event.matched)) {
    const pods = refused.get(run.direction) ?? new Set<string>();
    refused.set(run.direction, pods);
    if (run.matched.some(({ rule }) => isAllowing(rule))) pods.delete(run.pod);
    else {
      const last = lastOf(run)?.rule;
      if (last?.target.kind === 'REJECT') pods.add(run.pod);
      else if (last !== undefined && passes(last)) pods.delete(run.pod);
    }
  }
  return refused;
}

/** Rules with which kube-router lets a packet through whatever the policies say. */
function passes({ matches }: Rule): boolean {
  return matches.some(({ kind }) => kind === 'addrtype' || kind === 'icmp');
}
