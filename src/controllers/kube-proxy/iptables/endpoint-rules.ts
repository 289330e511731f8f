import { type Family, type Ip, mask4, mask6 } from '../../../addr/index.ts';
import type { AddressMatch, Match, RestoreChain, Rule, Target } from '../../../kernel/index.ts';
import {
  bareMatch,
  comment,
  type EndpointAddress,
  host,
  jump,
  MARK_MASQ,
  protocolMatch,
  type ServiceEndpoint,
  type ServicePortInfo,
  type ServicePortState,
} from '../common/index.ts';
import { endpointChain } from './chain-names.ts';

/** The chain of one endpoint, the same on every node. */
export interface EndpointChain {
  readonly chain: RestoreChain;
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

/** What the rules of all service ports that end at one address share. */
interface AddressParts {
  readonly src: AddressMatch;
  readonly dnat: Target;
}

const addressParts = new WeakMap<EndpointAddress, AddressParts>();

function partsOf(address: EndpointAddress): AddressParts {
  let parts = addressParts.get(address);
  if (parts === undefined) {
    const to = { ip: address.ip, port: address.port };
    parts = {
      src: host(address.ip),
      dnat: { kind: 'DNAT', to, random: false, randomFully: false, persistent: false },
    };
    addressParts.set(address, parts);
  }
  return parts;
}

function buildEndpoint(
  info: ServicePortInfo,
  { address, origin }: ServiceEndpoint,
  { comments, dnatMatches }: BuiltPort,
): EndpointChain {
  const name = endpointChain(info.name, info.protocol, address.text);
  const { src, dnat } = partsOf(address);
  const matches =
    info.affinitySeconds > 0
      ? [...comments, recent(name, address.ip, { mode: 'set' }), bareMatch(info.protocol)]
      : dnatMatches;
  return {
    chain: {
      name,
      origin,
      rules: [
        // Traffic that comes back to the pod that sent it must be masqueraded, or the pod would answer itself.
        { src, matches: comments, target: MARK_MASQ, origin },
        { protocol: protocolMatch(info.protocol), matches, target: dnat, origin },
      ],
    },
    jump: jump(name),
  };
}

/** Everything of a service port's endpoints that was built so far, with comments and without. */
interface BuiltPort {
  readonly comments: readonly Match[];
  /** The matches of a DNAT rule without session affinity. */
  readonly dnatMatches: readonly Match[];
  readonly chains: Map<ServiceEndpoint, EndpointChain>;
  /** Rules from a service chain to a list of endpoints, by the list. */
  readonly lists: Map<readonly ServiceEndpoint[], readonly Rule[]>;
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
  const known = both[key];
  if (known !== undefined) return known;
  const comments = large ? [] : [comment(state.info.name)];
  const dnatMatches = [...comments, bareMatch(state.info.protocol)];
  both[key] = { comments, dnatMatches, chains: new Map(), lists: new Map() };
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
    chain = buildEndpoint(state.info, endpoint, port);
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
  endpoints: readonly ServiceEndpoint[],
  large: boolean,
): readonly Rule[] {
  const { lists } = builtPort(state, large);
  let rules = lists.get(endpoints);
  if (rules === undefined) {
    rules = buildChoosing(state, endpoints, large);
    lists.set(endpoints, rules);
  }
  return rules;
}

function buildChoosing(
  state: ServicePortState,
  endpoints: readonly ServiceEndpoint[],
  large: boolean,
): Rule[] {
  const { info } = state;
  const { origin, affinitySeconds } = info;
  const chains = endpoints.map((endpoint) => endpointChainOf(state, endpoint, large));
  const comments = endpoints.map(({ address }) =>
    large ? [] : [comment(`${info.name} -> ${address.text}`)],
  );
  const rules: Rule[] = [];
  if (affinitySeconds > 0) {
    for (const [i, { chain: own, jump: target }] of chains.entries()) {
      const ip = endpoints[i]?.address.ip ?? 0;
      const matches = [...(comments[i] ?? []), recent(own.name, ip, { rcheck: affinitySeconds })];
      rules.push({ matches, target, origin });
    }
  }
  for (const [i, { jump: target }] of chains.entries()) {
    const left = chains.length - i;
    const matches = comments[i] ?? [];
    if (left > 1) matches.push(oneIn(left));
    rules.push({ matches, target, origin });
  }
  return rules;
}
