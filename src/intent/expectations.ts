import { formatIp } from '../addr/index.ts';
import type { Cluster } from '../cluster/index.ts';
import type { Expectation } from '../k8s/index.ts';
import {
  answer,
  asksByName,
  formatTargetError,
  type NameResolver,
  type Path,
  type Question,
  resolveQuestion,
  type Trace,
} from '../trace/index.ts';
import { explainConnection } from './policy-explain.ts';
import { type Connection, judgeConnection } from './policy-judge.ts';
import type { PolicyModel } from './policy-model.ts';
import { judgeService } from './policy-services.ts';
import { type PolicyDirectory, policyDirectory, spelledOut } from './policy-targets.ts';

/** Whether an expectation holds. */
export interface Outcome {
  readonly expectation: Expectation;
  readonly holds: boolean;
  /** What is, in the words of an expectation; or why it cannot be said. */
  readonly got: string;
  /** When it does not hold: who is to blame, a line each. */
  readonly why: readonly string[];
}

/**
 * Holds expectations against a cluster: `allowed` and `denied` against the NetworkPolicies, the others, and what is
 * said of endpoint and source address, against the walk. The cluster is built when the first walk asks for it.
 *
 * @param names looks up destinations that are names, in the cluster that is built
 */
export function checkExpectations(
  expectations: readonly Expectation[],
  objects: Cluster['objects'],
  model: PolicyModel,
  namespace: string,
  built: () => Cluster,
  names?: NameResolver,
): Outcome[] {
  const directory = policyDirectory(objects);
  const judge = (one: Expectation): Outcome => byPolicy(one, model, directory, namespace);
  return expectations.map((expectation) => {
    const { expect } = expectation;
    const policed = expect === 'allowed' || expect === 'denied';
    const named = names !== undefined && asksByName(objects, questionOf(expectation, namespace));
    const first = !policed
      ? undefined
      : named
        ? ofAddresses(expectation, built(), namespace, names, judge)
        : judge(expectation);
    const walks = !policed || (first?.holds === true && expect === 'allowed' && isWalked(expectation));
    const outcome = walks ? byWalk(expectation, built(), namespace, names) : first;
    return outcome ?? { expectation, holds: false, got: 'nothing', why: [] };
  });
}

function isWalked({ endpoint, snat }: Expectation): boolean {
  return endpoint !== undefined || snat !== undefined;
}

function byPolicy(
  expectation: Expectation,
  model: PolicyModel,
  directory: PolicyDirectory,
  namespace: string,
): Outcome {
  const cannot = (got: string): Outcome => ({ expectation, holds: false, got, why: [] });
  const from = directory.source(expectation.from, namespace);
  if (typeof from === 'string') return cannot(from);
  const to = directory.destination(expectation, namespace);
  if (typeof to === 'string') return cannot(to);
  const wanted = expectation.expect === 'allowed';
  if (to.kind === 'end') {
    const connection = { from, to: to.end, ...to.query };
    const { allowed } = judgeConnection(model, connection);
    return outcomeOf(expectation, allowed === wanted, allowed ? 'allowed' : 'denied', model, [connection]);
  }
  const { allowed, of, connections } = judgeService(model, from, to.target);
  if (of === 0) return cannot('no endpoints');
  const got =
    allowed === of ? 'allowed' : allowed === 0 ? 'denied' : `allowed to ${allowed} of ${of} endpoints`;
  const wrong = connections.filter((one) => judgeConnection(model, one).allowed !== wanted);
  return outcomeOf(expectation, got === expectation.expect, got, model, wrong);
}

/** With what both sides say of the first connection, when the expectation does not hold. */
function outcomeOf(
  expectation: Expectation,
  holds: boolean,
  got: string,
  model: PolicyModel,
  wrong: readonly Connection[],
): Outcome {
  const [first] = wrong;
  const why = holds || first === undefined ? [] : explainConnection(model, first);
  return { expectation, holds, got, why };
}

/** How an explanation of a lookup that failed goes on behind the name. */
const UNRESOLVED = ' is not resolved: ';

/** A name is what its addresses are: all of them have to be as it is expected of the name. */
function ofAddresses(
  expectation: Expectation,
  cluster: Cluster,
  namespace: string,
  names: NameResolver,
  judge: (expectation: Expectation) => Outcome,
): Outcome {
  const ends = resolveQuestion(cluster, questionOf(expectation, namespace), { names });
  if (!ends.ok) {
    const got = formatTargetError(ends.error);
    const lost = got.indexOf(UNRESOLVED);
    if (lost < 0) return { expectation, holds: false, got, why: [] };
    return { expectation, holds: false, got: 'not resolved', why: [got.slice(lost + UNRESOLVED.length)] };
  }
  const outcomes = ends.value.destinations.map(({ ip, port }) =>
    judge({ ...expectation, to: formatIp(ip), ...(port === undefined ? {} : { port }) }),
  );
  const outcome = outcomes.find(({ holds }) => !holds) ?? outcomes[0];
  return { holds: false, got: 'nothing', why: [], ...outcome, expectation };
}

/** An expectation as the question of a trace. */
function questionOf(expectation: Expectation, namespace: string): Question {
  const { from, to, port, protocol, via } = expectation;
  const at = spelledOut(to);
  const host = port !== undefined && at.includes(':') && !at.includes('/') ? `[${at}]` : at;
  const lower = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const;
  return {
    source: from.includes('/') || from === 'external' ? from : `pod/${from}`,
    destination: port === undefined ? at : `${host}:${port}`,
    namespace,
    ...(protocol === undefined ? {} : { protocol: lower[protocol] }),
    ...(via === undefined ? {} : { via }),
  };
}

function byWalk(
  expectation: Expectation,
  cluster: Cluster,
  namespace: string,
  names: NameResolver | undefined,
): Outcome {
  const question = questionOf(expectation, namespace);
  const result = answer(cluster, question, { all: true, ...(names === undefined ? {} : { names }) });
  if (!result.ok) return { expectation, holds: false, got: formatTargetError(result.error), why: [] };
  const { trace } = result.value;
  const got = saidOf(trace, expectation);
  const wrong = trace.paths.find((path) => !fits(path, expectation, trace));
  const why =
    wrong === undefined ? [] : [wrong.explanation, ...(wrong.fix === undefined ? [] : [`fix: ${wrong.fix}`])];
  return { expectation, holds: wrong === undefined, got, why };
}

function fits(path: Path, { expect, endpoint, snat }: Expectation, trace: Trace): boolean {
  if (path.verdict !== (expect === 'allowed' ? 'delivered' : expect)) return false;
  if (endpoint !== undefined && endpointText(path) !== endpoint) return false;
  if (snat === undefined) return true;
  const seen = path.observedSource?.ip;
  return typeof snat === 'string' ? seen === snat : (seen !== trace.flow.source.ip) === snat;
}

function endpointText({ endpoint }: Path): string {
  if (endpoint === null) return 'nobody';
  return endpoint.pod === undefined
    ? (endpoint.node ?? endpoint.host ?? endpoint.ip)
    : `${endpoint.namespace}/${endpoint.pod}`;
}

/** What the walk's paths came to, in the words of the expectation. */
function saidOf(trace: Trace, { endpoint, snat }: Expectation): string {
  const texts = trace.paths.map((path) => {
    const answered = endpoint === undefined ? '' : ` by ${endpointText(path)}`;
    const source =
      snat === undefined || path.observedSource === undefined ? '' : ` from ${path.observedSource.ip}`;
    return `${path.verdict}${path.verdict === 'delivered' ? `${answered}${source}` : ''}`;
  });
  return [...new Set(texts)].join(', or ');
}
