import type { Cluster } from '../../cluster/index.ts';
import { answer } from '../answer.ts';
import type { Flow } from '../model.ts';
import type { NameResolver } from '../name-resolver.ts';
import type { Question } from '../resolve-question.ts';
import { ok, type TargetResult } from '../target.ts';
import { type ModeOutcome, outcomeOf } from './outcome.ts';

/** A cluster in a mode of kube-proxy. */
export interface ModeCluster {
  readonly mode: string;
  readonly cluster: Cluster;
  /** Looks up destinations that are names. */
  readonly names?: NameResolver;
}

/** In what modes differ for whoever asks or answers. */
export type Difference = 'verdict' | 'endpoints' | 'source' | 'answer';

/** One question in several modes. */
export interface Comparison {
  readonly flow: Flow;
  /** The node by which traffic from outside enters, where it was said. */
  readonly via?: string;
  readonly differences: readonly Difference[];
  /** By mode. */
  readonly outcomes: Readonly<Record<string, ModeOutcome>>;
}

/** Asks the same of every cluster, over all branches. */
export function comparePair(clusters: readonly ModeCluster[], question: Question): TargetResult<Comparison> {
  const outcomes: Record<string, ModeOutcome> = {};
  let flow: Flow | undefined;
  for (const { mode, cluster, names } of clusters) {
    const result = answer(cluster, question, { all: true, ...(names === undefined ? {} : { names }) });
    if (!result.ok) return result;
    const { trace } = result.value;
    flow ??= trace.flow;
    outcomes[mode] = outcomeOf(trace);
  }
  if (flow === undefined) throw new Error('no cluster to ask');
  const { via } = question;
  return ok({
    flow,
    ...(via === undefined ? {} : { via }),
    differences: differencesOf(Object.values(outcomes)),
    outcomes,
  });
}

const ASPECTS: readonly (readonly [Difference, (outcome: ModeOutcome) => unknown])[] = [
  ['verdict', ({ ends }) => ends.map(({ verdict, odds }) => [verdict, odds]).sort()],
  ['endpoints', ({ endpoints }) => endpoints],
  ['source', ({ observedSources }) => observedSources],
  ['answer', ({ replySources }) => replySources],
];

/** What a person at either end would notice; that ways and costs differ is what modes are for. */
function differencesOf(outcomes: readonly ModeOutcome[]): Difference[] {
  return ASPECTS.filter(
    ([, aspect]) => new Set(outcomes.map((outcome) => JSON.stringify(aspect(outcome)))).size > 1,
  ).map(([name]) => name);
}
