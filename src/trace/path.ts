import { formatIp, type Ip } from '../addr/index.ts';
import type { Cluster } from '../cluster/index.ts';
import { type Accepted, formatOdds, toNumber } from '../kernel/index.ts';
import { explain, explainPolicy } from './explain.ts';
import type { Branch } from './explore.ts';
import type { Judgement } from './judge.ts';
import type { Capture, Endpoint, Path } from './model.ts';
import { type PolicyNames, policyNames } from './policy-names.ts';
import { addressPort, hopsOf } from './view.ts';

/** A judgement, what was carried, and what was captured on the way to it. */
export interface Walked extends Judgement {
  readonly payload?: NonNullable<Path['payload']>;
  readonly capture?: Capture;
}

/** What a branch came to: a path without the words for how. */
export type PathOutcome = Pick<
  Path,
  'probability' | 'odds' | 'verdict' | 'reason' | 'errno' | 'endpoint' | 'observedSource' | 'replySource'
>;

export function outcomeOf(branch: Branch<Judgement>): PathOutcome {
  const { verdict, reason, errno, accepted, answer } = branch.result;
  return {
    probability: toNumber(branch.odds),
    odds: formatOdds(branch.odds),
    verdict,
    reason,
    ...(errno === undefined ? {} : { errno }),
    endpoint: accepted === undefined ? null : endpointOf(accepted),
    ...(accepted === undefined
      ? {}
      : { observedSource: withPort(accepted.packet.src, accepted.packet.sport) }),
    ...(answer === undefined ? {} : { replySource: replySource(answer.packet) }),
  };
}

/** A branch put into words. */
export function pathOf({ objects }: Cluster, branch: Branch<Walked>): Path {
  const judgement = branch.result;
  const { back, capture, payload } = judgement;
  const { probability, odds, verdict, reason, ...rest } = outcomeOf(branch);
  const names = (): PolicyNames => policyNames(objects);
  const hops = hopsOf(judgement.request, names);
  const returning = back === undefined ? undefined : { hops: hopsOf(back, names) };
  const who = rest.endpoint === null ? undefined : endpointName(rest.endpoint);
  return {
    probability,
    odds,
    verdict,
    reason,
    ...(explainPolicy(judgement, hops) ?? explain(judgement, who, objects)),
    ...rest,
    hops,
    ...(returning === undefined
      ? {}
      : verdict === 'delivered'
        ? { reply: returning }
        : { returned: returning }),
    ...(payload === undefined ? {} : { payload }),
    ...(capture === undefined ? {} : { capture }),
  };
}

function withPort(ip: Ip, port: number): { readonly ip: string; readonly port?: number } {
  return addressPort(ip, port === 0 ? undefined : port);
}

function replySource(packet: { readonly src: Ip; readonly transport: object }): {
  readonly ip: string;
  readonly port?: number;
} {
  const { transport } = packet;
  return addressPort(
    packet.src,
    'sport' in transport && typeof transport.sport === 'number' ? transport.sport : undefined,
  );
}

/** Who took the request: the owner of the socket, or for a ping whoever has the address. */
export function endpointOf(accepted: Accepted): Endpoint {
  const { socket, netns, packet } = accepted;
  const at = { ip: formatIp(packet.dst), ...(socket === undefined ? {} : { port: packet.dport }) };
  const owner = socket?.owner;
  switch (owner?.kind) {
    case 'pod':
      return { namespace: owner.namespace, pod: owner.name, node: owner.node, ...at };
    case 'node':
      return { node: owner.node, ...at };
    case 'host':
      return { host: owner.name, ...at };
    default:
      break;
  }
  if (netns.kind === 'pod') {
    const [namespace = '', pod = ''] = netns.label.split('/');
    return { namespace, pod, ...(netns.node === undefined ? {} : { node: netns.node }), ...at };
  }
  return netns.kind === 'node' ? { node: netns.label, ...at } : { host: netns.label, ...at };
}

function endpointName(endpoint: Endpoint): string {
  if (endpoint.pod !== undefined) return `pod ${endpoint.namespace}/${endpoint.pod}`;
  return endpoint.node === undefined ? `host ${endpoint.host}` : `node ${endpoint.node}`;
}
