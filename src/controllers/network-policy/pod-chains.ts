import type { Family, Ip } from '../../addr/index.ts';
import type { Pod } from '../../k8s/index.ts';
import type { Match, Origin, RestoreChain, RestoreRule, Rule } from '../../kernel/index.ts';
import { podChainName, policyChainName } from './names.ts';
import type { PolicyInfo } from './policy-info.ts';
import {
  ACCEPT,
  CLEAR_ALLOWED,
  comment,
  host,
  jump,
  MARK_PASSED,
  NOT_ALLOWED,
  podOrigin,
  policyOrigin,
  REJECT,
} from './rule-parts.ts';
import { addressesOf } from './selection.ts';
import { COMMON, DEFAULT, FORWARD, INPUT, OUTPUT } from './top-chains.ts';

const BRIDGED: Match = { kind: 'physdev', isBridged: { not: false } };
const FROM_NODE: Match = { kind: 'addrtype', src: { types: ['LOCAL'], not: false } };
/** At most ten log lines in a minute (the defaults of --netpol-nflog-limit and its burst). */
const LOG_LIMIT: Match = { kind: 'limit', rate: { count: 10, per: 'min' }, burst: 10 };

/** A pod's chain, and the jumps into it. Undefined: the pod has no address in the family. */
export function podChain(
  pod: Pod,
  policies: readonly PolicyInfo[],
  family: Family,
): { readonly chain: RestoreChain; readonly jumps: readonly RestoreRule[] } | undefined {
  const [ip] = addressesOf(pod, family);
  if (ip === undefined) return undefined;
  const { namespace, name: podName } = pod.meta;
  const name = podChainName(namespace, podName);
  const origin = podOrigin(pod);
  return {
    chain: { name, origin, rules: podRules(pod, ip, policies, family, origin) },
    jumps: jumpsTo(name, ip, `POD name:${podName} namespace: ${namespace}`, origin),
  };
}

/** interceptPodInboundTraffic, interceptPodOutboundTraffic. */
function jumpsTo(chain: string, ip: Ip, pod: string, origin: Origin): RestoreRule[] {
  const target = jump(chain);
  const into = comment(`rule to jump traffic destined to ${pod} to chain ${chain}`);
  const out = comment(`rule to jump traffic from ${pod} to chain ${chain}`);
  const dst = host(ip);
  const src = dst;
  const rule = (at: string, parts: Omit<Rule, 'target' | 'origin'>): RestoreRule => ({
    chain: at,
    rule: { ...parts, target, origin },
  });
  return [
    rule(FORWARD, { dst, matches: [into] }),
    rule(OUTPUT, { dst, matches: [into] }),
    rule(FORWARD, { dst, matches: [BRIDGED, into] }),
    rule(INPUT, { src, matches: [out] }),
    rule(FORWARD, { src, matches: [out] }),
    rule(OUTPUT, { src, matches: [out] }),
    rule(FORWARD, { src, matches: [BRIDGED, out] }),
  ];
}

/**
 * setupPodNetpolRules and dropUnmarkedTrafficRules, in the order that is left when everything is in: most rules are
 * inserted at the top, so the last policy comes first.
 */
function podRules(pod: Pod, ip: Ip, policies: readonly PolicyInfo[], family: Family, origin: Origin): Rule[] {
  const { namespace, name } = pod.meta;
  const address = host(ip);
  const rules: Rule[] = [
    { matches: [comment('common bi-directional traffic policy rules')], target: jump(COMMON), origin },
    {
      dst: address,
      matches: [
        comment("rule to permit the traffic traffic to pods when source is the pod's local node"),
        FROM_NODE,
      ],
      target: ACCEPT,
      origin,
    },
  ];
  const open = (direction: 'ingress' | 'egress'): boolean =>
    policies.every(({ type }) => type !== 'both' && type !== direction);
  const toDefault = (direction: string, side: 'src' | 'dst'): Rule => ({
    [side]: address,
    matches: [comment(`run through default ${direction} network policy chain`)],
    target: jump(DEFAULT),
    origin,
  });
  if (open('egress')) rules.push(toDefault('egress', 'src'));
  if (open('ingress')) rules.push(toDefault('ingress', 'dst'));
  for (const { policy, type } of policies.toReversed()) {
    const side = type === 'ingress' ? { dst: address } : type === 'egress' ? { src: address } : {};
    rules.push({
      ...side,
      matches: [comment(`run through nw policy ${policy.meta.name}`)],
      target: jump(policyChainName(policy.meta.namespace, policy.meta.name, family)),
      origin: policyOrigin(policy, 'spec.podSelector'),
    });
  }
  rules.push(
    {
      matches: [
        comment(`rule to log dropped traffic POD name:${name} namespace: ${namespace}`),
        NOT_ALLOWED,
        LOG_LIMIT,
      ],
      target: { kind: 'NFLOG', group: 100 },
      origin,
    },
    {
      matches: [
        comment(`rule to REJECT traffic destined for POD name:${name} namespace: ${namespace}`),
        NOT_ALLOWED,
      ],
      target: REJECT[family],
      origin,
    },
    { matches: [], target: CLEAR_ALLOWED, origin },
    {
      matches: [comment('set mark to ACCEPT traffic that comply to network policies')],
      target: MARK_PASSED,
      origin,
    },
  );
  return rules;
}
