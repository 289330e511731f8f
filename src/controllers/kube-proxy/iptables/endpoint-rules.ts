import { type Family, type Ip, mask4, mask6 } from '../../../addr/index.ts';
import type { Match, Origin, RestoreRule, Target } from '../../../kernel/index.ts';
import type { ServiceEndpoint, ServicePortInfo, ServicePortState } from '../common/index.ts';
import { endpointChain } from './chain-names.ts';
import { bareMatch, comment, host, jump, MARK_MASQ, protocolMatch } from './rule-parts.ts';

/** The chain of one endpoint, the same on every node. */
export interface EndpointChain {
  readonly chain: { readonly name: string; readonly origin: Origin };
  readonly rules: readonly RestoreRule[];
  /** The jump of the service's chains to it. */
  readonly jump: Target;
}

const FULL_MASK: Readonly<Record<Family, Ip>> = { 4: mask4(32), 6: mask6(128) };

function recent(chain: string, ip: Ip, mode: { readonly mode: 'set' } | { readonly rcheck: number }): Match {
  return {
    kind: 'recent',
    ...('mode' in mode
      ? { mode: 'set', not: false, reap: false }
      : { mode: 'rcheck', not: false, seconds: mode.rcheck, reap: true }),
    name: chain,
    mask: FULL_MASK[typeof ip === 'number' ? 4 : 6],
    side: 'rsource',
  };
}

/** The three kinds of `-m NAME` that the rules of a service's endpoints share. */
function buildEndpoint(
  info: ServicePortInfo,
  endpoint: ServiceEndpoint,
  comments: readonly Match[],
): EndpointChain {
  const { ip, port, origin } = endpoint;
  const name = endpointChain(info.name, info.protocol, endpoint.text);
  const bare = bareMatch(info.protocol);
  const affinity = info.affinitySeconds > 0 ? [recent(name, ip, { mode: 'set' })] : [];
  return {
    chain: { name, origin },
    rules: [
      // Traffic that comes back to the pod that sent it must be masqueraded, or the pod would answer itself.
      { chain: name, rule: { src: host(ip), matches: comments, target: MARK_MASQ, origin } },
      {
        chain: name,
        rule: {
          protocol: protocolMatch(info.protocol),
          matches: [...comments, ...affinity, bare],
          target: { kind: 'DNAT', to: { ip, port }, random: false, randomFully: false, persistent: false },
          origin,
        },
      },
    ],
    jump: jump(name),
  };
}

/** Everything of a service port's endpoints that was built so far, with comments and without. */
interface BuiltPort {
  readonly comments: readonly Match[];
  readonly chains: Map<ServiceEndpoint, EndpointChain>;
  /** Rules from a service chain to a list of endpoints, by chain and list. */
  readonly lists: Map<string, Map<readonly ServiceEndpoint[], readonly RestoreRule[]>>;
}

const built = new WeakMap<ServicePortState, { terse?: BuiltPort; full?: BuiltPort }>();

/** In large-cluster mode these rules have no comments (appendServiceCommentLocked). */
function builtPort(state: ServicePortState, large: boolean): BuiltPort {
  let both = built.get(state);
  if (both === undefined) {
    both = {};
    built.set(state, both);
  }
  const key = large ? 'terse' : 'full';
  both[key] ??= { comments: large ? [] : [comment(state.info.name)], chains: new Map(), lists: new Map() };
  return both[key];
}

/** The KUBE-SEP chain of an endpoint. */
export function endpointChainOf(
  state: ServicePortState,
  endpoint: ServiceEndpoint,
  large: boolean,
): EndpointChain {
  const port = builtPort(state, large);
  let chain = port.chains.get(endpoint);
  if (chain === undefined) {
    chain = buildEndpoint(state.info, endpoint, port.comments);
    port.chains.set(endpoint, chain);
  }
  return chain;
}

const chances: (Match | undefined)[] = [];

/** `--probability 1/n`, as the text with ten decimals that kube-proxy writes and the 31 bits that the kernel keeps of it. */
function oneIn(n: number): Match {
  const known = chances[n];
  if (known !== undefined) return known;
  const threshold = Math.round(Number((1 / n).toFixed(10)) * 0x80000000);
  const match: Match = { kind: 'statistic', mode: 'random', threshold, not: false };
  chances[n] = match;
  return match;
}

/** The rules of KUBE-SVC or KUBE-SVL that choose an endpoint (writeServiceToEndpointRules). */
export function choosingRules(
  state: ServicePortState,
  chain: string,
  endpoints: readonly ServiceEndpoint[],
  large: boolean,
): readonly RestoreRule[] {
  const port = builtPort(state, large);
  let byList = port.lists.get(chain);
  if (byList === undefined) {
    byList = new Map();
    port.lists.set(chain, byList);
  }
  let rules = byList.get(endpoints);
  if (rules === undefined) {
    rules = buildChoosing(state, chain, endpoints, large);
    byList.set(endpoints, rules);
  }
  return rules;
}

function buildChoosing(
  state: ServicePortState,
  chain: string,
  endpoints: readonly ServiceEndpoint[],
  large: boolean,
): RestoreRule[] {
  const { info } = state;
  const { origin, affinitySeconds } = info;
  const targets = endpoints.map((endpoint) => {
    const { chain: own, jump: target } = endpointChainOf(state, endpoint, large);
    const comments = large ? [] : [comment(`${info.name} -> ${endpoint.text}`)];
    return { endpoint, name: own.name, target, comments };
  });
  const rules: RestoreRule[] = [];
  if (affinitySeconds > 0) {
    for (const { endpoint, name, target, comments } of targets) {
      const matches = [...comments, recent(name, endpoint.ip, { rcheck: affinitySeconds })];
      rules.push({ chain, rule: { matches, target, origin } });
    }
  }
  for (const [i, { target, comments }] of targets.entries()) {
    const left = targets.length - i;
    const matches = left > 1 ? [...comments, oneIn(left)] : comments;
    rules.push({ chain, rule: { matches, target, origin } });
  }
  return rules;
}
