import { add, type Fraction, formatOdds, fraction, toNumber } from '../../kernel/index.ts';
import type { Endpoint, Path, Reason, Trace, Verdict } from '../model.ts';

/** From the branch where it is least to the one where it is most. */
export interface Span {
  readonly least: number;
  readonly most: number;
}

/** Who answers, how often. */
export interface EndpointShare extends Endpoint {
  readonly odds: string;
  readonly probability: number;
}

/** How a walk ends, how often. */
export interface EndShare {
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly errno?: string;
  readonly odds: string;
  readonly probability: number;
}

/** What a question comes to in one mode, over all branches. */
export interface ModeOutcome {
  readonly verdict: Trace['verdict'];
  readonly ends: readonly EndShare[];
  /** Of what was delivered; sorted by address. */
  readonly endpoints: readonly EndpointShare[];
  /** Who chose the endpoint: `at random` (rules), or the scheduler of IPVS; null when there was no choice. */
  readonly choice: string | null;
  /** The addresses that servers see, sorted. */
  readonly observedSources: readonly string[];
  /** The addresses that the client is answered from, sorted. */
  readonly replySources: readonly string[];
  /** Hops of the request. */
  readonly hops: Span;
  /** Rules of iptables that the kernel evaluates for the first packet of the request, on all its hops. */
  readonly rules: Span;
  /** Hashes that it looks up for that packet where there could have been rules. */
  readonly lookups: Span;
}

export function outcomeOf({ verdict, paths }: Trace): ModeOutcome {
  return {
    verdict,
    ends: endsOf(paths),
    endpoints: endpointsOf(paths),
    choice: choiceOf(paths),
    observedSources: distinct(paths.flatMap(({ observedSource }) => observedSource?.ip ?? [])),
    replySources: distinct(paths.flatMap(({ replySource }) => replySource?.ip ?? [])),
    hops: spanOf(paths, ({ hops }) => hops.length),
    rules: spanOf(paths, rulesOf),
    lookups: spanOf(paths, lookupsOf),
  };
}

/** Rules evaluated on the request's way. */
export function rulesOf({ hops }: Path): number {
  let sum = 0;
  for (const { steps } of hops)
    for (const step of steps) if (step.type === 'netfilter') sum += step.evaluated;
  return sum;
}

/** Hashes looked up on the request's way. */
export function lookupsOf({ hops }: Path): number {
  return hops.reduce((sum, { lookups = 0 }) => sum + lookups, 0);
}

function spanOf(paths: readonly Path[], of: (path: Path) => number): Span {
  const values = paths.map(of);
  return { least: Math.min(...values), most: Math.max(...values) };
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}

function oddsOf({ odds }: Path): Fraction {
  const [numerator = '1', denominator = '1'] = odds.split('/');
  return fraction(BigInt(numerator), BigInt(denominator));
}

/** Sums the odds of paths that come to the same. */
function shares(paths: readonly Path[], key: (path: Path) => string): Map<string, [Path, Fraction]> {
  const found = new Map<string, [Path, Fraction]>();
  for (const path of paths) {
    const name = key(path);
    const known = found.get(name);
    found.set(name, known === undefined ? [path, oddsOf(path)] : [known[0], add(known[1], oddsOf(path))]);
  }
  return found;
}

function endsOf(paths: readonly Path[]): EndShare[] {
  return [...shares(paths, ({ verdict, reason }) => `${verdict} ${reason}`).values()].map(
    ([{ verdict, reason, errno }, odds]) => ({
      verdict,
      reason,
      ...(errno === undefined ? {} : { errno }),
      odds: formatOdds(odds),
      probability: toNumber(odds),
    }),
  );
}

function endpointsOf(paths: readonly Path[]): EndpointShare[] {
  const answered = paths.filter(({ verdict, endpoint }) => verdict === 'delivered' && endpoint !== null);
  return [...shares(answered, ({ endpoint }) => JSON.stringify(endpoint)).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, [{ endpoint }, odds]]) =>
      endpoint === null ? [] : [{ ...endpoint, odds: formatOdds(odds), probability: toNumber(odds) }],
    );
}

function choiceOf(paths: readonly Path[]): string | null {
  const steps = paths.flatMap(({ hops }) => hops.flatMap((hop) => hop.steps));
  const scheduled = steps.find((step) => step.type === 'ipvs' && step.action === 'schedule');
  if (scheduled?.type === 'ipvs') return `scheduler ${scheduled.scheduler}`;
  return steps.some(({ type }) => type === 'choose') ? 'at random' : null;
}
