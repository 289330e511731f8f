import { formatHostPort, formatIp, isLinkLocal } from '../addr/index.ts';
import type { ClusterObjects } from '../k8s/index.ts';
import { type End, formatOrigin } from '../kernel/index.ts';
import type { Judgement } from './judge.ts';
import { NO_READY_POD, whoseAddress } from './left-for.ts';
import type { Hop, PolicyDecision, Reason } from './model.ts';

/** One sentence for a person, and where there is one a thing to change. */
export interface Explanation {
  readonly explanation: string;
  readonly fix?: string;
}

export function explain(
  judgement: Judgement,
  who: string | undefined,
  objects?: Pick<ClusterObjects, 'services' | 'endpointSlices' | 'pods' | 'nodes'>,
): Explanation {
  const { end, reason, accepted, answer } = judgement;
  if (reason === 'OK') {
    const from = answer === undefined ? '' : `, and the answer came from ${formatIp(answer.packet.src)}`;
    return { explanation: `${who ?? 'the destination'} answered${from}` };
  }
  const at = end === undefined ? '' : ` at ${end.visit.netns.label}`;
  const detail = end?.detail ?? 'nothing came back';
  const cause = end?.rule?.rule.origin ?? end?.origin;
  const caused = cause === undefined ? '' : `, from ${formatOrigin(cause)}`;
  if (accepted !== undefined) {
    const got = `${who ?? 'the server'} got the request from ${formatHostPort(accepted.packet.src, accepted.packet.sport)}`;
    if (reason === 'REPLY_FROM_WRONG_ADDRESS') {
      const from = lastSource(judgement);
      return {
        explanation: `${got}, but its answer reached the client from ${from ?? 'another address'}, which the client never asked`,
        fix: isSourceByRoute(judgement)
          ? 'bind the server to the address that is called, or have it answer from there (IP_PKTINFO)'
          : 'let the answer pass the node that translated the request (net.bridge.bridge-nf-call-iptables=1, symmetric routes)',
      };
    }
    return {
      explanation: `${got}, but its answer was lost${at}: ${detail}${caused}`,
      ...fixOf(end, end?.reason),
    };
  }
  if (reason === 'LEFT_CLUSTER') {
    const fix = objects === undefined ? undefined : whoseAddress(end, objects);
    return { explanation: leftCluster(end), ...(fix === undefined ? fixOf(end, reason) : { fix }) };
  }
  const assumed =
    reason === 'NO_LISTENER' && end?.visit.netns.kind === 'pod'
      ? ' (assumed: nothing of the pod says that it does)'
      : '';
  return { explanation: `${detail}${at}${caused}${assumed}`, ...fixOf(end, reason) };
}

/** Of a packet that policies end: whose, which rule came nearest, and what would let it through. */
export function explainPolicy({ reason, end }: Judgement, hops: readonly Hop[]): Explanation | undefined {
  if (reason !== 'POLICY') return undefined;
  const denied = lastDenial(hops);
  if (denied === undefined) return undefined;
  const at = end === undefined ? '' : `${end.visit.netns.label}: `;
  const [nearest] = denied.misses ?? [];
  const rule = nearest === undefined || nearest.rule === null ? '' : ` ${denied.direction}[${nearest.rule}]`;
  const why = nearest === undefined ? '' : `; ${nearest.policy}${rule}: ${nearest.text}`;
  return {
    explanation: `${at}${denied.text}${why}`,
    ...(denied.change === undefined ? {} : { fix: denied.change }),
  };
}

/** What NetworkPolicies said of a packet on its way, in the order of the way. */
export function decisionsOf(hops: readonly Hop[]): PolicyDecision[] {
  return hops.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.type === 'netfilter' ? (step.decisions ?? []) : [])),
  );
}

function lastDenial(hops: readonly Hop[]): PolicyDecision | undefined {
  return decisionsOf(hops).findLast(({ verdict }) => verdict === 'denied');
}

/** The source matters: an unmasqueraded pod address could not have been answered anyway. */
function leftCluster(end: End | undefined): string {
  const seen = end?.visit.events.find((e) => e.type === 'receive' || e.type === 'originate');
  if (seen === undefined) return 'the packet left the cluster';
  const { src, dst } = seen.packet;
  const left = `the packet left the cluster by ${end?.visit.netns.label} for ${formatIp(dst)} with source ${formatIp(src)}`;
  return isLinkLocal(dst)
    ? `${left}; ${formatIp(dst)} is link-local: something on the node itself answers there, as node-local-dns (NodeLocal DNSCache) does, and nothing in the input has it`
    : `${left}; no host there is modelled`;
}

/** Link-local addresses belong to programs on the node (node-local-dns, metadata services): no route can be the fault. */
function adviceForLeaving(end: End | undefined): string {
  const seen = end?.visit.events.find((e) => e.type === 'receive' || e.type === 'originate');
  return seen !== undefined && isLinkLocal(seen.packet.dst)
    ? 'add the DaemonSet and the ConfigMap that put this address on each node (kube-system/node-local-dns for 169.254.20.10)'
    : 'check the address: no Service, pod or node here has it, so it follows the default route';
}

/** Whether the server itself answered from another address than it was asked at. */
function isSourceByRoute({ back }: Judgement): boolean {
  return back?.[0]?.events.some((e) => e.type === 'note' && e.code === 'SOURCE_BY_ROUTE') === true;
}

/** The address that an answer bore when it ended. */
function lastSource(judgement: Judgement): string | undefined {
  const first = judgement.back?.at(-1)?.events[0];
  if (first?.type !== 'receive' && first?.type !== 'originate') return undefined;
  const { src, sport } = first.packet;
  return sport === undefined ? formatIp(src) : formatHostPort(src, sport);
}

type FixReason = Reason | 'NO_SOCKET';

function fixOf(end: End | undefined, reason: FixReason | undefined): { readonly fix?: string } {
  const fix = reason === undefined ? undefined : adviceFor(end, reason);
  return fix === undefined ? {} : { fix };
}

function adviceFor(end: End | undefined, reason: FixReason): string | undefined {
  const device = deviceOf(end);
  switch (reason) {
    case 'NO_LISTENER':
      return 'check the targetPort of the Service against the containerPort, and that the program listens on all addresses';
    case 'REJECT_RULE':
    case 'DROP_RULE':
      return adviceForRule(end);
    case 'NO_REAL_SERVER':
      return NO_READY_POD;
    case 'DROP_POLICY':
      return 'set the chain policy to ACCEPT, or accept the pod network in that chain (flannel --iptables-forward-rules)';
    case 'NO_ROUTE':
      return 'add the missing route; flannel keeps one for each node';
    case 'NEIGHBOUR_UNREACHABLE':
      return 'check that the address exists and is up; for a VXLAN device, that flannel wrote its neighbour entry';
    case 'NO_FDB_ENTRY':
      return 'restore the FDB entry: bridge fdb append MAC dev flannel.1 dst NODE-IP';
    case 'WRONG_MAC':
      return 'compare the link address with that of the receiving device: a neighbour or FDB entry is wrong';
    case 'TTL_EXCEEDED':
      return 'send with a larger TTL, or look for a routing loop';
    case 'FRAG_NEEDED':
      return 'lower the MTU of the sender, or let path MTU discovery through';
    case 'MTU_EXCEEDED':
      return 'give every device of one LAN, and both ends of a veth pair, the same MTU';
    case 'RP_FILTER':
      return `make the route back symmetric, or set net.ipv4.conf.all.rp_filter and net.ipv4.conf.${device}.rp_filter to 0`;
    case 'MARTIAN_SOURCE':
    case 'MARTIAN_DESTINATION':
      return 'packets of 127.0.0.0/8 cross devices only with route_localnet=1; a host never takes its own address from outside';
    case 'FORWARDING_DISABLED':
      return 'sysctl -w net.ipv4.ip_forward=1';
    case 'HAIRPIN_DISABLED':
      return 'set hairpinMode in the CNI configuration: bridge link set dev PORT hairpin on';
    case 'LINK_DOWN':
      return 'ip link set DEVICE up';
    case 'LEFT_CLUSTER':
      return adviceForLeaving(end);
    case 'BLACKHOLE_ROUTE':
    case 'UNREACHABLE_ROUTE':
    case 'PROHIBIT_ROUTE':
      return 'delete that route';
    default:
      return undefined;
  }
}

function deviceOf(end: End | undefined): string {
  return end?.visit.in ?? 'DEVICE';
}

function adviceForRule(end: End | undefined): string | undefined {
  const comment = end?.rule?.rule.matches.find((m) => m.kind === 'comment');
  const text = comment?.kind === 'comment' ? comment.text : '';
  if (text.endsWith('has no endpoints')) return NO_READY_POD;
  if (text.endsWith('has no local endpoints'))
    return 'run an endpoint on this node, enter by another node, or use the traffic policy Cluster';
  if (text.includes('traffic not accepted by')) return 'add the source to spec.loadBalancerSourceRanges';
  return undefined;
}
