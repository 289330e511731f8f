import { formatHostPort } from '../addr/index.ts';
import type { Cluster } from '../cluster/index.ts';
import type { Expectation } from '../k8s/index.ts';
import {
  answerOutcomes,
  asksByName,
  decisionsOf,
  formatTargetError,
  type NameResolver,
  type Outcomes,
  type Path,
  type Question,
  type WalkOutcome,
} from '../trace/index.ts';
import { explainConnection } from './policy-explain.ts';
import { type Connection, judgeConnection } from './policy-judge.ts';
import type { PolicyModel } from './policy-model.ts';
import {
  type ExpectedTarget,
  type PolicyDirectory,
  policyDirectory,
  spelledOut,
  workloadOf,
} from './policy-targets.ts';

/** Whether an expectation holds. */
export interface Outcome {
  readonly expectation: Expectation;
  readonly holds: boolean;
  /** What is, in the words of an expectation; or why it cannot be said. */
  readonly got: string;
  /** When it does not hold: which policy and rule, or else what, is to blame, a line each. */
  readonly why: readonly string[];
}

/** Where expectations are held against: the cluster, and its policies by their specification. */
export interface ExpectedOf {
  readonly cluster: Cluster;
  readonly model: PolicyModel;
  /** The namespace of names that give none. */
  readonly namespace: string;
  /** Looks up destinations that are names. */
  readonly names?: NameResolver;
  /** Called with each expectation that is done. */
  readonly done?: () => void;
}

/**
 * Holds expectations against a cluster, by walking every branch. A pod's own address, which nothing outside reaches, is
 * asked of the policies alone where the sender is outside, and so is IPv6, which is not walked.
 */
export function checkExpectations(expectations: readonly Expectation[], of: ExpectedOf): Outcome[] {
  const directory = policyDirectory(of.cluster.objects);
  return expectations.map((expectation) => {
    const outcome = checkOne(expectation, of, directory);
    of.done?.();
    return outcome;
  });
}

const WORDS: readonly Expectation['expect'][] = ['allowed', 'denied', 'refused', 'timeout'];

/** What to expect of connections so that it holds now; undefined: their branches come to different things. */
export function presentExpectation(
  of: ExpectedOf,
): (asked: Omit<Expectation, 'expect'>) => Expectation['expect'] | undefined {
  const directory = policyDirectory(of.cluster.objects);
  return (asked) => WORDS.find((expect) => checkOne({ ...asked, expect }, of, directory).holds);
}

function checkOne(expectation: Expectation, of: ExpectedOf, directory: PolicyDirectory): Outcome {
  const { cluster, namespace, names } = of;
  const named =
    names !== undefined && asksByName(cluster.objects, questionOf(expectation, undefined, namespace));
  const to = named ? '' : directory.destination(expectation, namespace);
  const from = directory.source(expectation.from, namespace);
  if (typeof from === 'string') return { expectation, holds: false, got: from, why: [] };
  // The walk knows no workloads as destinations.
  if (typeof to === 'string' && workloadOf(expectation.to, namespace) !== undefined)
    return { expectation, holds: false, got: to, why: [] };
  const target = typeof to === 'string' ? undefined : to;
  const policed = expectation.expect === 'allowed' || expectation.expect === 'denied';
  if (policed && target?.kind === 'end') {
    const connection = { from, to: target.end, ...target.query };
    if (!isWalked(expectation, connection)) return byPolicy(expectation, of.model, connection);
  }
  return byWalk(expectation, of, target);
}

/** Nothing outside reaches a pod's own address; and walks are of IPv4. */
function isWalked({ from }: Expectation, { to }: Connection): boolean {
  const outside = /^external(\/|$)/.test(from) && to.kind === 'pod' && !to.pod.hostNetwork;
  const addresses = to.kind === 'pod' ? to.pod.podIPs : [to.ip];
  return !outside && addresses.some((ip) => typeof ip === 'number');
}

function byPolicy(expectation: Expectation, model: PolicyModel, connection: Connection): Outcome {
  const { allowed } = judgeConnection(model, connection);
  const holds = allowed === (expectation.expect === 'allowed');
  const why = holds ? [] : explainConnection(model, connection);
  return { expectation, holds, got: allowed ? 'allowed' : 'denied', why };
}

/** An expectation as the question of a trace. */
function questionOf(
  expectation: Expectation,
  target: ExpectedTarget | undefined,
  namespace: string,
): Question {
  const { from, via } = expectation;
  const protocol = target?.kind === 'end' ? target.query.protocol : expectation.protocol;
  const lower = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const;
  return {
    source: from.includes('/') || from === 'external' ? from : `pod/${from}`,
    destination: destinationOf(expectation, target),
    namespace,
    ...(protocol === undefined ? {} : { protocol: lower[protocol] }),
    ...(via === undefined ? {} : { via }),
  };
}

function byWalk(
  expectation: Expectation,
  { cluster, namespace, names }: ExpectedOf,
  target: ExpectedTarget | undefined,
): Outcome {
  const question = questionOf(expectation, target, namespace);
  const result = answerOutcomes(cluster, question, names);
  if (!result.ok) return { expectation, holds: false, got: formatTargetError(result.error), why: [] };
  const outside = target?.kind === 'end' && target.end.kind === 'address';
  const wrong = result.value.outcomes.find((one) => !fits(one, expectation, result.value, outside));
  return {
    expectation,
    holds: wrong === undefined,
    got: saidOf(result.value, expectation, outside),
    why: wrong === undefined ? [] : blame(wrong.path()),
  };
}

/** The destination as a walk takes it, with its port as a number where that is known. */
function destinationOf({ to, port }: Expectation, target: ExpectedTarget | undefined): string {
  if (target?.kind !== 'end') return port === undefined ? spelledOut(to) : `${spelledOut(to)}:${port}`;
  const { end, query } = target;
  if (end.kind === 'address') return formatHostPort(end.ip, query.port);
  return `pod/${end.pod.meta.namespace}/${end.pod.meta.name}:${query.port}`;
}

/** Who is to blame for a path: the policies and rules that were asked, what allowed it, or what ended it. */
function blame(path: Path): string[] {
  const decisions = decisionsOf(path.hops);
  const said = decisions.flatMap(({ text, misses, direction }) => [
    text,
    ...(misses ?? []).map(
      ({ policy, rule, text: why }) => `  ${policy}${rule === null ? '' : ` ${direction}[${rule}]`}: ${why}`,
    ),
  ]);
  const end = path.reason === 'POLICY' && said.length > 0 ? [] : [path.explanation];
  return [...end, ...said, ...(path.fix === undefined ? [] : [`fix: ${path.fix}`])];
}

/** What a path came to, in the words of policies; undefined: neither. */
function policyWord({ reason, verdict }: WalkOutcome, outside: boolean): 'allowed' | 'denied' | undefined {
  if (reason === 'POLICY') return 'denied';
  // Whether anybody listens there, and what becomes of a packet that has left the cluster, is not the policies' word.
  const arrives = verdict === 'delivered' || reason === 'NO_LISTENER';
  return arrives || (outside && reason === 'LEFT_CLUSTER') ? 'allowed' : undefined;
}

function fits(path: WalkOutcome, expectation: Expectation, { source }: Outcomes, outside: boolean): boolean {
  const { expect, endpoint, snat } = expectation;
  const policed = expect === 'allowed' || expect === 'denied';
  if (policed ? policyWord(path, outside) !== expect : path.verdict !== expect) return false;
  if (endpoint !== undefined && endpointText(path) !== endpoint) return false;
  if (snat === undefined) return true;
  const seen = path.observedSource?.ip;
  return seen !== undefined && (typeof snat === 'string' ? seen === snat : (seen !== source.ip) === snat);
}

function endpointText({ endpoint }: WalkOutcome): string {
  if (endpoint === null) return 'nobody';
  return endpoint.pod === undefined
    ? (endpoint.node ?? endpoint.host ?? endpoint.ip)
    : `${endpoint.namespace}/${endpoint.pod}`;
}

/** What the walk's paths came to, in the words of the expectation. */
function saidOf({ outcomes }: Outcomes, { expect, endpoint, snat }: Expectation, outside: boolean): string {
  const policed = expect === 'allowed' || expect === 'denied';
  const texts = outcomes.map((path) => {
    const word = policed ? policyWord(path, outside) : undefined;
    const other = path.verdict === 'delivered' ? path.verdict : `${path.verdict} (${path.reason})`;
    const answered = endpoint === undefined ? '' : ` by ${endpointText(path)}`;
    const source =
      snat === undefined || path.observedSource === undefined ? '' : ` from ${path.observedSource.ip}`;
    const more = path.verdict === 'delivered' ? `${answered}${source}` : '';
    const silent = word === 'allowed' && path.reason === 'NO_LISTENER' ? ' (but nobody listens)' : '';
    return `${word ?? other}${silent}${more}`;
  });
  return [...new Set(texts)].join(', or ');
}
