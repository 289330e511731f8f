import type { Cluster } from '../cluster/index.ts';
import { seededRandom } from '../kernel/index.ts';
import { combineTraces } from './combine.ts';
import type { Trace } from './model.ts';
import type { NameResolver } from './name-resolver.ts';
import { lookUpQuestion, type Question, requestOf } from './resolve-question.ts';
import { runTrace } from './run-trace.ts';
import { ok, type TargetResult } from './target.ts';

export interface AnswerOptions {
  /** Walk every branch. */
  readonly all: boolean;
  /** Draws branches, ports and ids; undefined: the first branch. */
  readonly seed?: number;
  /** Without `all`: say what the other branches come to. */
  readonly summary?: boolean;
  /** Keep every frame on the devices of a path (`Path.capture`). */
  readonly capture?: boolean;
  /** Looks up destinations that are names; undefined: such a question is an error. */
  readonly names?: NameResolver;
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
  const ends = lookUpQuestion(cluster, question, options);
  if (!ends.ok) return ends;
  const { source, resolution } = ends.value;
  const named = resolution === undefined ? {} : { resolution };
  if ('lost' in ends.value)
    return ok(withNotes({ ...ends.value.lost, ...named }, [...ends.value.notes, ...unenforced(cluster)]));
  const { destinations } = ends.value;
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
  const notes = walked.flatMap((destination) => (destination.note === undefined ? [] : [destination.note]));
  return ok(withNotes({ ...trace, ...named }, [...ends.value.notes, ...notes, ...unenforced(cluster)]));
}

function withNotes(trace: Trace, found: readonly string[]): Answer {
  const notes = [...new Set(found)];
  return { trace: notes.length === 0 ? trace : { ...trace, notes }, notes };
}

/** What a walk says where policies stand and nobody enforces them. */
function unenforced({ objects }: Cluster): string[] {
  const { length } = objects.networkPolicies;
  if (length === 0 || objects.policyEnforcement !== 'none') return [];
  const which = length === 1 ? 'the NetworkPolicy is' : `the ${length} NetworkPolicies are`;
  return [`${which} not enforced (--policy none), as on a cluster with flannel alone`];
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
