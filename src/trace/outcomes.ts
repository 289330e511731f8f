import type { Cluster } from '../cluster/index.ts';
import { newSession, type Session, seededRandom } from '../kernel/index.ts';
import { decisionsOf } from './explain.ts';
import { type Branch, FIRST } from './explore.ts';
import type { FlowEnd, Path } from './model.ts';
import type { NameResolver } from './name-resolver.ts';
import { outcomeOf, type PathOutcome, pathOf, type Walked } from './path.ts';
import { refusedSides } from './policy-runs.ts';
import { lookUpQuestion, type Question, requestOf } from './resolve-question.ts';
import { runBranches, type TraceRequest } from './run-trace.ts';
import { ok, type TargetResult } from './target.ts';

/** What a walk came to, for those who only want to know that; its hops are put into words when they are asked for. */
export interface WalkOutcome extends Pick<PathOutcome, 'verdict' | 'reason' | 'endpoint' | 'observedSource'> {
  /** Whether NetworkPolicies refused it on its way, on either side. */
  readonly refused: { readonly ingress: boolean; readonly egress: boolean };
  /** All of it. */
  readonly path: () => Path;
}

/**
 * As `runTrace`, without its words: several times as fast. With `warm` link addresses that earlier walks learnt are known,
 * which shows in hops and nowhere else. With `oneWay` requests are not answered: one that somebody took is REPLY_LOST.
 */
export function runOutcomes(
  cluster: Cluster,
  request: TraceRequest,
  options: {
    readonly all: boolean;
    readonly seed?: number;
    readonly warm?: Session;
    readonly oneWay?: boolean;
  },
): WalkOutcome[] {
  return runBranches(cluster, request, options, options).map((branch) => walkOutcome(cluster, branch));
}

/**
 * What many walks may share. Undefined where something was done by hand: link addresses that are known then, and were not
 * when a walk began, could change its way.
 */
export function warmSession({ world, breaks }: Cluster): Session | undefined {
  return breaks.length > 0 ? undefined : newSession(world, FIRST, seededRandom(1));
}

function walkOutcome(cluster: Cluster, branch: Branch<Walked>): WalkOutcome {
  const sides = refusedSides(branch.result.request);
  const { verdict, reason, endpoint, observedSource } = outcomeOf(branch);
  return {
    verdict,
    reason,
    endpoint,
    ...(observedSource === undefined ? {} : { observedSource }),
    refused: { ingress: sides.has('Ingress'), egress: sides.has('Egress') },
    path: () => pathOf(cluster, branch),
  };
}

/** Who asked, and what every branch to every address came to. */
export interface Outcomes {
  readonly source: FlowEnd;
  readonly outcomes: readonly WalkOutcome[];
}

/** As `answer` with `all`, without the words of the walks. */
export function answerOutcomes(
  cluster: Cluster,
  question: Question,
  names?: NameResolver,
): TargetResult<Outcomes> {
  const ends = lookUpQuestion(cluster, question, names === undefined ? {} : { names });
  if (!ends.ok) return ends;
  if ('lost' in ends.value) {
    const { flow, paths } = ends.value.lost;
    return ok({ source: flow.source, outcomes: paths.map(lostOutcome) });
  }
  const { source, destinations } = ends.value;
  const request = requestOf(question);
  const outcomes = destinations.flatMap((destination) =>
    runOutcomes(cluster, { ...request, source, destination }, { all: true }),
  );
  return ok({ source: source.end, outcomes });
}

/** Of a name that has no address: the walk of the query that decided. */
function lostOutcome(path: Path): WalkOutcome {
  const denied = decisionsOf(path.hops).filter(({ verdict }) => verdict === 'denied');
  return {
    verdict: path.verdict,
    reason: path.reason,
    endpoint: path.endpoint,
    ...(path.observedSource === undefined ? {} : { observedSource: path.observedSource }),
    refused: {
      ingress: denied.some(({ direction }) => direction === 'ingress'),
      egress: denied.some(({ direction }) => direction === 'egress'),
    },
    path: () => path,
  };
}
