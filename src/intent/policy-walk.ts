import { formatIp } from '../addr/index.ts';
import type { Cluster } from '../cluster/index.ts';
import {
  answerOutcomes,
  type Destination,
  type Path,
  type Reason,
  resolveSource,
  runOutcomes,
  type Source,
  type WalkOutcome,
  warmSession,
} from '../trace/index.ts';
import { askedOf, POLICY_DIFFERENCES } from './policy-differences.ts';
import type { MatrixEnd } from './policy-ends.ts';
import { type Connection, judgeConnection } from './policy-judge.ts';
import type { PortQuery } from './policy-match.ts';
import type { PolicyModel } from './policy-model.ts';
import type { ServiceTarget } from './policy-services.ts';

/** What a walk says of one connection. */
export interface WalkedCell {
  /** The packet came to whom it was for, or left the cluster; whether anybody listens there is not the policies' word. */
  readonly allowed: boolean;
  /** Null: it came no further than its sender's egress. */
  readonly ingress: boolean | null;
  readonly egress: boolean;
  readonly reason: Reason;
}

/** The packet came to somebody, whatever became of the answer. */
const ARRIVES: ReadonlySet<Reason> = new Set(['OK', 'NO_LISTENER', 'REPLY_LOST', 'REPLY_FROM_WRONG_ADDRESS']);

/** The namespace that an end sends from; undefined for addresses outside, from where no pod's own address is reached. */
export function walkSource(cluster: Cluster, { end }: MatrixEnd): Source | undefined {
  if (end.kind === 'address') return undefined;
  const { namespace, name } = end.pod.meta;
  const found = resolveSource({ kind: 'pod', namespace, name }, cluster);
  return found.ok ? found.value : undefined;
}

/** Where a connection to an end goes; undefined: it has no IPv4 address, and only those are walked. */
export function walkDestination(
  { objects }: Cluster,
  { end }: MatrixEnd,
  { port, protocol }: PortQuery,
): Destination | undefined {
  const ips =
    end.kind === 'address'
      ? [end.ip]
      : end.pod.hostNetwork
        ? (objects.nodes.find(({ meta }) => meta.name === end.pod.nodeName)?.internalIPs ?? [])
        : end.pod.podIPs;
  const ip = ips.find((one) => typeof one === 'number');
  if (ip === undefined) return undefined;
  const at = { ip: formatIp(ip), port };
  const whole =
    end.kind === 'address'
      ? { kind: 'ip' as const, ...at }
      : { kind: 'pod' as const, namespace: end.pod.meta.namespace, name: end.pod.meta.name, ...at };
  return { ip, port, protocol: PROTOCOLS[protocol], end: whole };
}

const PROTOCOLS = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const;

/** Walks single connections of a cluster, many of them. */
export function cellWalker(cluster: Cluster): (source: Source, destination: Destination) => WalkedCell {
  const warm = warmSession(cluster);
  // What became of the answer is no matter here, and rules that controllers wrote are all understood.
  const options = warm === undefined ? { all: false } : { all: false, warm, oneWay: true };
  return (source, destination) => walkCell(cluster, source, destination, options);
}

function walkCell(
  cluster: Cluster,
  source: Source,
  destination: Destination,
  options: Parameters<typeof runOutcomes>[2],
): WalkedCell {
  const [outcome] = runOutcomes(cluster, { source, destination }, options);
  return outcome === undefined ? NOWHERE : cellOf(outcome, destination.end.kind === 'ip');
}

const NOWHERE: WalkedCell = { allowed: false, ingress: null, egress: true, reason: 'UNSUPPORTED' };

/** `outside`: what leaves the cluster is where it should be. */
function cellOf({ refused, reason }: WalkOutcome, outside: boolean): WalkedCell {
  const egress = !refused.egress;
  const allowed = ARRIVES.has(reason) || (outside && reason === 'LEFT_CLUSTER');
  return { allowed, egress, ingress: refused.ingress ? false : egress ? true : null, reason };
}

/** How many endpoints of a Service's port a walk may come to, of how many branches. */
export interface WalkedService {
  readonly allowed: number;
  readonly of: number;
  /** Whether every branch was allowed by that side; null: none came so far. */
  readonly ingress: boolean | null;
  readonly egress: boolean;
}

/**
 * Walks every branch of a connection to a Service; from outside by each node, to its LoadBalancer address or else its
 * node port. Undefined: an end of that kind cannot ask it.
 */
export function walkService(
  cluster: Cluster,
  from: MatrixEnd,
  target: ServiceTarget,
): WalkedService | undefined {
  const outcomes = serviceOutcomes(cluster, from, target);
  if (outcomes === undefined) return undefined;
  const cells = outcomes.map((outcome) => cellOf(outcome, false));
  const reached = cells.flatMap(({ ingress }) => (ingress === null ? [] : [ingress]));
  const sides = {
    ingress: reached.length === 0 ? null : reached.every((allowed) => allowed),
    egress: cells.every(({ egress }) => egress),
  };
  // Who is stopped before an endpoint is chosen is stopped for all of them.
  const endpoints = target.backends.length;
  if (endpoints === 0 || cells.every(({ allowed }) => !allowed))
    return { ...sides, allowed: 0, of: endpoints };
  return { ...sides, allowed: cells.filter(({ allowed }) => allowed).length, of: cells.length };
}

/** Every branch of a connection to a Service's port. */
export function servicePaths(
  cluster: Cluster,
  from: MatrixEnd,
  target: ServiceTarget,
): readonly Path[] | undefined {
  return serviceOutcomes(cluster, from, target)?.map(({ path }) => path());
}

function serviceOutcomes(
  cluster: Cluster,
  from: MatrixEnd,
  { name, port, protocol }: ServiceTarget,
): readonly WalkOutcome[] | undefined {
  const outside = from.end.kind === 'address';
  const ask = (via?: string): readonly WalkOutcome[] | undefined => {
    const result = answerOutcomes(cluster, {
      source: outside ? `external/${from.name}` : `pod/${from.name}`,
      destination: `${name}:${port}`,
      namespace: 'default',
      protocol: PROTOCOLS[protocol],
      ...(via === undefined ? {} : { via }),
    });
    return result.ok ? result.value.outcomes : undefined;
  };
  if (!outside) return ask();
  const byNode = cluster.objects.nodes.map(({ meta }) => ask(meta.name));
  return byNode.every((one) => one === undefined) ? undefined : byNode.flatMap((one) => one ?? []);
}

const NODE_ADDRESS =
  "a node's packets bear the address of the device by which they leave (flannel.1), no policy sees its own";
const CHANGED = 'the state is not as the programs left it (--break)';
const UNKNOWN = 'none that is documented';

/** The documented difference between the specification and kube-router that a connection shows. */
export function differenceOf(
  cluster: Cluster,
  model: PolicyModel,
  connection: Connection,
  walkedAllowed: boolean,
): string {
  const { ingress, egress } = judgeConnection(model, connection);
  const effect = walkedAllowed ? 'opens' : 'closes';
  const known = POLICY_DIFFERENCES.find(
    (one) =>
      (one.effect === 'either' || one.effect === effect) &&
      [ingress, egress].some((side) => one.shows(askedOf(cluster.objects, side, connection))),
  );
  if (known !== undefined) return known.name;
  const { from } = connection;
  if (from.kind === 'pod' && from.pod.hostNetwork) return NODE_ADDRESS;
  return cluster.breaks.length > 0 ? CHANGED : UNKNOWN;
}
