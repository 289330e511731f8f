import type { Cluster } from '../cluster/index.ts';
import type { Service } from '../k8s/index.ts';
import type { Destination } from './destination.ts';
import type { FlowEnd, Trace, TraceProtocol } from './model.ts';
import type { AskedName, NameChoice, NameResolver } from './name-resolver.ts';
import type { Resolution } from './names/resolution.ts';
import { resolveDestination } from './resolve-destination.ts';
import { findNamed, findNode, resolveSource, type Source } from './resolve-source.ts';
import type { TraceRequest } from './run-trace.ts';
import {
  type DestinationSpec,
  fail,
  ok,
  type PortSpec,
  parseDestination,
  parseSource,
  type TargetResult,
} from './target.ts';

/** A trace as a person asks for it: in words, not yet looked up. */
export interface Question {
  /** SRC and DST (target.ts). */
  readonly source: string;
  readonly destination: string;
  /** The namespace of names that give none. */
  readonly namespace: string;
  readonly protocol?: TraceProtocol;
  /** The node by which traffic from outside enters. */
  readonly via?: string;
  readonly sport?: number;
  readonly ttl?: number;
  /** Bytes of payload. */
  readonly size?: number;
  readonly df?: boolean;
}

/** Who asks, and every address that the destination has. */
export interface QuestionEnds {
  readonly source: Source;
  readonly destinations: readonly [Destination, ...Destination[]];
  /** How the name of the destination was looked up, where it has one. */
  readonly resolution?: Resolution;
  readonly notes: readonly string[];
}

/** Who asks for a name that has no address: the walk of the query that decided. */
export interface NameLost {
  readonly source: Source;
  readonly resolution: Resolution;
  readonly lost: Trace;
  readonly notes: readonly string[];
}

export interface LookUpHow extends NameChoice {
  readonly names?: NameResolver;
}

/** Looks up both ends of a question; a name without an address is an error. */
export function resolveQuestion(
  cluster: Cluster,
  question: Question,
  how: LookUpHow = {},
): TargetResult<QuestionEnds> {
  const ends = lookUpQuestion(cluster, question, how);
  if (!ends.ok) return ends;
  if (!('lost' in ends.value)) return { ok: true, value: ends.value };
  const { lost } = ends.value;
  return fail(lost.paths[0]?.explanation ?? `"${question.destination}" has no address`);
}

/** Looks up both ends of a question. */
export function lookUpQuestion(
  cluster: Cluster,
  question: Question,
  how: LookUpHow,
): TargetResult<QuestionEnds | NameLost> {
  const { namespace, via, protocol } = question;
  const from = parseSource(question.source, namespace);
  if (!from.ok) return from;
  const to = parseDestination(question.destination, namespace);
  if (!to.ok) return to;
  if (via !== undefined) {
    const node = findNode(via, cluster.objects);
    if (!node.ok) return node;
  }
  const source = resolveSource(from.value, cluster);
  if (!source.ok) return source;
  const asked = askedName(to.value, cluster, protocol);
  if (asked !== undefined) return asked.ok ? byName(cluster, source.value, asked.value, how) : asked;
  const found = resolveDestination(to.value, cluster, {
    ...(protocol === undefined ? {} : { protocol }),
    ...(via === undefined ? {} : { via }),
    source: source.value,
  });
  if (!found.ok) return found;
  const [first, ...more] = found.value;
  if (first === undefined) return fail(`destination "${question.destination}" has no address`);
  return ok({ source: source.value, destinations: [first, ...more], notes: [] });
}

function byName(
  cluster: Cluster,
  source: Source,
  asked: AskedName,
  { names, seed, capture }: LookUpHow,
): TargetResult<QuestionEnds | NameLost> {
  if (names === undefined)
    return fail(`names are not looked up here: "${asked.end.name}"`, {
      fix: 'write the address, or svc/NAME or pod/NAME',
    });
  const found = names(cluster, source, asked, {
    ...(seed === undefined ? {} : { seed }),
    ...(capture === undefined ? {} : { capture }),
  });
  return found.ok ? ok({ source, ...found.value }) : found;
}

/** The name that a destination is, or stands for (ExternalName); undefined: it is found without one. */
function askedName(
  spec: DestinationSpec,
  { objects }: Cluster,
  protocol: TraceProtocol | undefined,
): TargetResult<AskedName> | undefined {
  if (spec.kind === 'name') {
    const end: FlowEnd = { kind: 'name', name: spec.name };
    return joined(spec.name, spec.port, protocol, end, `${spec.name}:PORT`);
  }
  if (spec.kind !== 'service') return undefined;
  const found = findNamed('service', 'svc', spec.namespace, spec.name, objects.services);
  if (!found.ok || found.value.type !== 'ExternalName') return undefined;
  const { namespace, name } = spec;
  const port = portOf(found.value, spec.port);
  const end: FlowEnd = { kind: 'service', namespace, name };
  return joined({ namespace, name }, port, protocol, end, `svc/${namespace}/${name}:PORT`);
}

function joined(
  name: AskedName['name'],
  port: number | undefined,
  given: TraceProtocol | undefined,
  end: FlowEnd,
  form: string,
): TargetResult<AskedName> {
  const protocol = given ?? 'tcp';
  if (protocol === 'icmp') {
    if (port === undefined) return ok({ name, protocol, end });
    return fail(`ICMP has no ports: leave ":${port}" out`);
  }
  if (port === undefined)
    return fail(`destination "${form.replace(/:PORT$/, '')}" names no ${protocol.toUpperCase()} port`, {
      fix: `write ${form}, or -p icmp to ping it${end.kind === 'name' ? `; a Service is svc/${end.name}, a pod pod/${end.name}` : ''}`,
    });
  return ok({ name, port, protocol, end: { ...end, port } });
}

/** The port of an ExternalName Service: it translates none, but may say one. */
function portOf({ ports }: Service, port: PortSpec | undefined): number | undefined {
  if (typeof port === 'number') return port;
  const named = port === undefined ? ports : ports.filter(({ name }) => name === port);
  return named.length === 1 ? named[0]?.port : undefined;
}

/** What a question says of the packet itself. */
export function requestOf(question: Question): Omit<TraceRequest, 'source' | 'destination'> {
  const { via, sport, ttl, size, df } = question;
  return {
    ...(via === undefined ? {} : { via }),
    ...(sport === undefined ? {} : { sport }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { size }),
    ...(df === undefined ? {} : { df }),
  };
}
