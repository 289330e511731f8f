/**
 * # trace: walks put into words
 *
 * Names the ends of a flow, runs the emulated kernel down one branch or all of them, and turns what it told into
 * a Trace: hops of typed steps, a verdict as the client's program would see it, and the reason.
 *
 * Guarantees: the odds of all branches sum to 1; a reply exists exactly when the verdict is `delivered`; every
 * trace keeps the grammar of grammar.ts; tracing leaves the cluster as it was; the same request and seed give the
 * same Trace.
 *
 * Leaves out: forwarding decisions of its own. The next hop is always the kernel's.
 */
export { afterFlows } from './after-flows.ts';
export { type Answer, type AnswerOptions, answer } from './answer.ts';
export { combineTraces, commonVerdict } from './combine.ts';
export type { Destination, DestinationChoice } from './destination.ts';
export type { Culprit, Diagnosis, Mend, Promised } from './diagnosis.ts';
export { decisionsOf } from './explain.ts';
export { checkTrace } from './grammar.ts';
export * from './model.ts';
export { asksByName, type NameResolver } from './name-resolver.ts';
export type { QueryView, Resolution, ResolverView } from './names/resolution.ts';
export { answerOutcomes, type Outcomes, runOutcomes, type WalkOutcome, warmSession } from './outcomes.ts';
export { keepOutsideWorld } from './outside.ts';
export { changesFor, parseHostPort } from './policy-decision.ts';
export { resolveDestination } from './resolve-destination.ts';
export { type Question, requestOf, resolveQuestion } from './resolve-question.ts';
export {
  findNode,
  findPod,
  podOfWorkload,
  resolveSource,
  type Source,
  type TargetScope,
} from './resolve-source.ts';
export { BRANCH_LIMIT, runTrace, type TraceOptions, type TraceRequest } from './run-trace.ts';
export {
  runSeries,
  type Series,
  type SeriesConnection,
  type SeriesCount,
  type TraceSeries,
} from './series.ts';
export {
  type DestinationSpec,
  formatDestination,
  formatTargetError,
  parseDestination,
  parseSource,
  type SourceSpec,
  type TargetError,
  type TargetResult,
} from './target.ts';
