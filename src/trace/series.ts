import type { Cluster } from '../cluster/index.ts';
import { ask, type Chooser, completeHandshake, newSession, seededRandom } from '../kernel/index.ts';
import { commonVerdict } from './combine.ts';
import { drawn, walkBranch } from './explore.ts';
import { judge } from './judge.ts';
import type { Endpoint, Flow, Path, Reason, Trace, Verdict } from './model.ts';
import type { NameResolver } from './name-resolver.ts';
import { withOutsideWorld } from './outside.ts';
import { type Question, requestOf, resolveQuestion } from './resolve-question.ts';
import { kernelRequest, singleTrace, type TraceRequest } from './run-trace.ts';
import type { AddressPort } from './step.ts';
import { fail, ok, type TargetResult } from './target.ts';

/** One connection of several, without its way. */
export interface SeriesConnection {
  /** Counted from 1. */
  readonly number: number;
  readonly source: AddressPort;
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly errno?: string;
  readonly endpoint: Endpoint | null;
  readonly observedSource?: AddressPort;
  /** How likely this connection was, after those before it. */
  readonly odds: string;
}

/** How many connections ended alike. */
export interface SeriesCount {
  readonly count: number;
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly endpoint: Endpoint | null;
}

/** What `podwalk trace --count N -o json` prints. */
export interface TraceSeries {
  readonly apiVersion: 'podwalk/v1';
  readonly kind: 'TraceSeries';
  readonly flow: Flow;
  /** The same for all connections, or `mixed`. */
  readonly verdict: Verdict | 'mixed';
  /** In the order in which they first came up. */
  readonly counts: readonly SeriesCount[];
  readonly connections: readonly SeriesConnection[];
}

export interface Series {
  readonly summary: TraceSeries;
  /** A trace for each connection, in order. */
  readonly traces: readonly Trace[];
  readonly notes: readonly string[];
}

/**
 * Opens connections one after another through one run of the emulated kernel, so that whatever one leaves behind is
 * there for the next: schedulers of IPVS go on in their round and count connections, persistent clients keep their
 * server, `-m recent` remembers, link addresses are known. Each is completed when it was answered, and stays open.
 * Choices are drawn from the seed (1 unless given); each connection has a source port of its own. A name is looked up
 * once, by `names`.
 */
export function runSeries(
  cluster: Cluster,
  question: Question,
  count: number,
  seed = 1,
  names?: NameResolver,
): TargetResult<Series> {
  const ends = resolveQuestion(cluster, question, names === undefined ? {} : { names, seed });
  if (!ends.ok) return ends;
  const { source, destinations } = ends.value;
  const [first] = destinations;
  if (question.sport !== undefined) return fail('connections with one source port are one connection');
  const random = seededRandom(seed);
  const requests = Array.from({ length: count }, (): TraceRequest => {
    const at = destinations.length === 1 ? 0 : random() % destinations.length;
    return { ...requestOf(question), source, destination: destinations[at] ?? first };
  });
  const traces = walkAll(cluster, requests, seed, drawn(random));
  const notes = [
    ...ends.value.notes,
    ...destinations.flatMap(({ note }) => (note === undefined ? [] : [note])),
  ];
  return ok({ summary: summaryOf(traces), traces, notes: [...new Set(notes)] });
}

function walkAll(
  cluster: Cluster,
  requests: readonly TraceRequest[],
  seed: number,
  next: Chooser,
): readonly Trace[] {
  let current = next;
  const session = newSession(cluster.world, { chance: (p) => current.chance(p) }, seededRandom(seed));
  return requests.map((request) =>
    withOutsideWorld(cluster, request, () => {
      const branch = walkBranch(
        (chooser) => {
          current = chooser;
          const asked = ask(session, kernelRequest(request));
          const judgement = judge(session, asked, request.destination.protocol);
          completeHandshake(session, asked);
          return judgement;
        },
        [],
        next,
      );
      return singleTrace(cluster, request, branch);
    }),
  );
}

function summaryOf(traces: readonly Trace[]): TraceSeries {
  const paths = traces.flatMap((trace) => trace.paths);
  const counts = new Map<string, SeriesCount>();
  for (const { verdict, reason, endpoint } of paths) {
    const key = JSON.stringify([verdict, reason, endpoint]);
    const known = counts.get(key);
    counts.set(key, { count: (known?.count ?? 0) + 1, verdict, reason, endpoint });
  }
  const [first] = traces;
  if (first === undefined) throw new Error('a series has at least one connection');
  return {
    apiVersion: 'podwalk/v1',
    kind: 'TraceSeries',
    flow: first.flow,
    verdict: commonVerdict(paths),
    counts: [...counts.values()],
    connections: paths.map(connectionOf),
  };
}

function connectionOf(path: Path, at: number): SeriesConnection {
  const { verdict, reason, errno, endpoint, observedSource, odds } = path;
  const step = path.hops[0]?.steps[0];
  const packet = step?.type === 'originate' ? step.packet : undefined;
  const { sport } = packet ?? {};
  return {
    number: at + 1,
    source: { ip: packet?.src ?? '', ...(sport === undefined ? {} : { port: sport }) },
    verdict,
    reason,
    ...(errno === undefined ? {} : { errno }),
    endpoint,
    ...(observedSource === undefined ? {} : { observedSource }),
    odds,
  };
}
