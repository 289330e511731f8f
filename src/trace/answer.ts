import type { Cluster } from '../cluster/index.ts';
import { seededRandom } from '../kernel/index.ts';
import { combineTraces } from './combine.ts';
import type { Destination } from './destination.ts';
import type { Trace, TraceProtocol } from './model.ts';
import { resolveDestination } from './resolve-destination.ts';
import { findNode, resolveSource, type Source } from './resolve-source.ts';
import { runTrace, type TraceRequest } from './run-trace.ts';
import { fail, ok, parseDestination, parseSource, type TargetResult } from './target.ts';

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

export interface AnswerOptions {
  /** Walk every branch. */
  readonly all: boolean;
  /** Draws branches, ports and ids; undefined: the first branch. */
  readonly seed?: number;
  /** Without `all`: say what the other branches come to. */
  readonly summary?: boolean;
  /** Keep every frame on the devices of a path (`Path.capture`). */
  readonly capture?: boolean;
}

export interface Answer {
  readonly trace: Trace;
  /** Things that the asker may not expect, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Looks up who and where, and walks. An error is a value: a name that does not exist, a port that is not there, a
 * destination that cannot be walked.
 */
export function answer(cluster: Cluster, question: Question, options: AnswerOptions): TargetResult<Answer> {
  const ends = resolveQuestion(cluster, question);
  if (!ends.ok) return ends;
  const { source, destinations } = ends.value;
  const [first] = destinations;
  const walked = options.all
    ? destinations
    : [destinations[pick(destinations.length, options.seed)] ?? first];
  const request = requestOf(question);
  const traces = walked.map((destination) => runTrace(cluster, { ...request, source, destination }, options));
  const [only] = traces;
  const trace =
    destinations.length === 1 && only !== undefined
      ? only
      : combineTraces(flowOf(traces, first.end), traces, destinations.length - traces.length);
  const found = [
    ...walked.flatMap((destination) => (destination.note === undefined ? [] : [destination.note])),
    ...unenforced(cluster),
  ];
  const notes = [...new Set(found)];
  return ok({ trace: notes.length === 0 ? trace : { ...trace, notes }, notes });
}

/** What a walk says where policies stand and nobody enforces them. */
function unenforced({ objects }: Cluster): string[] {
  const { length } = objects.networkPolicies;
  if (length === 0 || objects.policyEnforcement !== 'none') return [];
  const which = length === 1 ? 'the NetworkPolicy is' : `the ${length} NetworkPolicies are`;
  return [`${which} not enforced (--policy none), as on a cluster with flannel alone`];
}

/** Who asks, and every address that the destination has. */
export interface QuestionEnds {
  readonly source: Source;
  readonly destinations: readonly [Destination, ...Destination[]];
}

/** Looks up both ends of a question. */
export function resolveQuestion(cluster: Cluster, question: Question): TargetResult<QuestionEnds> {
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
  const found = resolveDestination(to.value, cluster, {
    ...(protocol === undefined ? {} : { protocol }),
    ...(via === undefined ? {} : { via }),
    source: source.value,
  });
  if (!found.ok) return found;
  const [first, ...more] = found.value;
  if (first === undefined) return fail(`destination "${question.destination}" has no address`);
  return ok({ source: source.value, destinations: [first, ...more] });
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

/** Which of several addresses one branch takes: the first, or one drawn from the seed. */
function pick(count: number, seed: number | undefined): number {
  return seed === undefined || count === 1 ? 0 : seededRandom(seed)() % count;
}

/** The flow to a name with several addresses: the name, and no address. */
function flowOf(traces: readonly Trace[], end: Trace['flow']['destination']): Trace['flow'] {
  const [first] = traces;
  if (first === undefined) throw new Error('no trace to combine');
  const { ip: _, ...destination } = end;
  return { ...first.flow, destination };
}
