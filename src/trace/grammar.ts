import { toNumber } from '../kernel/index.ts';
import type { Hop, Path, Reason, Step, StepType, Trace, Verdict } from './model.ts';
import { parseOdds } from './odds.ts';

/**
 * What the types of a trace cannot say, checked on every trace by the tests: how hops follow each other, which
 * steps may stand where, and which fields come with which verdict.
 *
 *     way      = hop(originate ... end) hop(receive ... end)*      every end but the last is a transmit
 *     end      = transmit | deliver | drop
 *     path     = way [reply: way | returned: way]                  a reply exactly when delivered
 *     trace    = path+ with probabilities that sum, with the unexplored rest, to 1
 */

/** Rounding of the probabilities: each is a double made from an exact fraction. */
const EPSILON = 1e-6;

const LAST_STEPS: ReadonlySet<StepType> = new Set(['transmit', 'deliver', 'drop']);
const HOP_KINDS: ReadonlySet<string> = new Set(['node', 'pod', 'switch', 'router', 'host']);
/** Verdicts with which connect() or send() gives an errno at once or after an ICMP error. */
const ERRNO_VERDICTS: ReadonlySet<Verdict> = new Set(['refused', 'unreachable', 'denied']);

/** Every rule that the trace breaks, as `paths[0].hops[2]: ...`; empty for a trace in order. */
export function checkTrace(trace: Trace): string[] {
  const out: string[] = [];
  if (trace.paths.length === 0) out.push('paths: a trace has at least one path');
  trace.paths.forEach((path, i) => {
    checkPath(path, `paths[${i}]`, out);
  });
  const rest = trace.unexplored?.probability ?? 0;
  const total = trace.paths.reduce((sum, path) => sum + path.probability, rest);
  if (Math.abs(total - 1) > EPSILON) out.push(`paths: probabilities sum to ${total}, not 1`);
  if (trace.unexplored !== undefined && (trace.unexplored.branches < 1 || rest <= 0 || rest >= 1))
    out.push('unexplored: present without a branch or a probability');
  const verdicts = new Set(trace.paths.map((path) => path.verdict));
  const [common] = verdicts;
  const expected = verdicts.size === 1 ? common : 'mixed';
  if (trace.paths.length > 0 && trace.verdict !== expected)
    out.push(`verdict: ${trace.verdict}, but the paths say ${expected}`);
  return out;
}

function checkPath(path: Path, at: string, out: string[]): void {
  const delivered = path.verdict === 'delivered';
  const say = (problem: string): void => {
    out.push(`${at}: ${problem}`);
  };
  if (!(path.probability > 0 && path.probability <= 1 + EPSILON)) say(`probability ${path.probability}`);
  const odds = parseOdds(path.odds);
  if (odds === undefined) say(`odds "${path.odds}" is no fraction`);
  else if (Math.abs(toNumber(odds) - path.probability) > EPSILON)
    say(`odds ${path.odds} is not ${path.probability}`);
  if (delivered !== (path.reason === 'OK')) say(`verdict ${path.verdict} with reason ${path.reason}`);
  if ((path.verdict === 'unknown') !== (path.reason === 'UNSUPPORTED'))
    say(`verdict ${path.verdict} with reason ${path.reason}`);
  if (path.explanation === '') say('no explanation');
  if (delivered !== (path.reply !== undefined)) say('a reply exists exactly when delivered');
  if (delivered && path.returned !== undefined) say('delivered, with a way of what came back instead');
  if (delivered && path.endpoint === null) say('delivered to no endpoint');
  if (delivered && path.observedSource === undefined) say('delivered without observedSource');
  if (delivered && path.replySource === undefined) say('delivered without replySource');
  if (ERRNO_VERDICTS.has(path.verdict) !== (path.errno !== undefined))
    say(
      `verdict ${path.verdict} ${path.errno === undefined ? 'without an errno' : `with errno ${path.errno}`}`,
    );
  const end = checkWay(path.hops, `${at}.hops`, out);
  if (delivered && end?.type !== 'deliver') say(`delivered, but the request ends with ${end?.type}`);
  if (path.reply !== undefined) {
    const last = checkWay(path.reply.hops, `${at}.reply.hops`, out);
    if (last?.type !== 'deliver') say(`delivered, but the reply ends with ${last?.type}`);
  }
  if (path.returned !== undefined) checkWay(path.returned.hops, `${at}.returned.hops`, out);
  if (!delivered && !namesReason(path)) say(`no step says ${path.reason}`);
}

/** Reasons that are a judgement over the whole way and no single step's. */
const JUDGED: ReadonlySet<Reason> = new Set([
  'REPLY_LOST',
  'REPLY_FROM_WRONG_ADDRESS',
  'NAME_NOT_FOUND',
  'NAME_SERVER_FAILURE',
  'UNSUPPORTED',
]);

/** The reason of a path that failed is that of a drop or of an answer on its way. */
function namesReason(path: Path): boolean {
  if (JUDGED.has(path.reason)) return true;
  const hops = [...path.hops, ...(path.returned?.hops ?? [])];
  return hops.some((hop) =>
    hop.steps.some((s) => (s.type === 'drop' || s.type === 'answer') && s.reason === path.reason),
  );
}

/** Checks the hops of one way and gives its last step. */
function checkWay(hops: readonly Hop[], at: string, out: string[]): Step | undefined {
  if (hops.length === 0) out.push(`${at}: empty`);
  hops.forEach((hop, i) => {
    checkHop(hop, `${at}[${i}]`, i === 0, i === hops.length - 1, out);
  });
  return hops.at(-1)?.steps.at(-1);
}

function checkHop(hop: Hop, at: string, first: boolean, last: boolean, out: string[]): void {
  const say = (problem: string): void => {
    out.push(`${at}: ${problem}`);
  };
  if (!HOP_KINDS.has(hop.kind)) say(`unknown kind ${hop.kind}`);
  if (hop.place === '') say('no place');
  const opening = hop.steps[0];
  const closing = hop.steps.at(-1);
  if (opening === undefined || closing === undefined) {
    say('no steps');
    return;
  }
  const wanted = first ? 'originate' : 'receive';
  if (opening.type !== wanted) say(`begins with ${opening.type}, not ${wanted}`);
  if ((hop.in === null) !== (opening.type === 'originate'))
    say(`${opening.type} with in ${hop.in === null ? 'null' : hop.in}`);
  if (!LAST_STEPS.has(closing.type)) say(`ends with ${closing.type}`);
  if ((closing.type === 'transmit') === last)
    say(last ? 'transmits, but no hop follows' : `ends with ${closing.type}, but a hop follows`);
  if ((hop.out === null) === (closing.type === 'transmit'))
    say(`${closing.type} with out ${hop.out === null ? 'null' : hop.out}`);
  if (closing.type === 'transmit' && closing.device !== hop.out)
    say(`transmits on ${closing.device}, but its out is ${hop.out}`);
  hop.steps.forEach((step, i) => {
    const where = `${at}.steps[${i}]`;
    if (i > 0 && (step.type === 'originate' || step.type === 'receive'))
      out.push(`${where}: ${step.type} is not first`);
    if (i < hop.steps.length - 1 && LAST_STEPS.has(step.type)) out.push(`${where}: ${step.type} is not last`);
    checkStep(step, hop, where, out);
  });
}

/** Whether a rule that the packet met in a hop sets TTLs: with it a TTL goes anywhere, to 0 too (xt_HL). */
function setsTtl({ steps }: Hop): boolean {
  return steps.some(
    (step) => step.type === 'netfilter' && step.rules.some(({ text }) => /(?:^| )-j (?:TTL|HL) /.test(text)),
  );
}

function checkStep(step: Step, hop: Hop, at: string, out: string[]): void {
  const say = (problem: string): void => {
    out.push(`${at}: ${problem}`);
  };
  switch (step.type) {
    case 'netfilter':
      if (step.rules.length > step.evaluated)
        say(`${step.rules.length} rules matched of ${step.evaluated} evaluated`);
      if (step.rules.some((rule) => rule.table !== step.table)) say('a rule of another table');
      if (step.rules.some((rule) => rule.number < 1)) say('rules are counted from 1');
      if (step.rules.some((rule) => rule.origin.program === '')) say('a rule without an origin');
      if (step.verdict === 'REJECT' && (step.policy || step.rules.length === 0))
        say('REJECT without a rule that says so');
      if (step.verdict === 'DROP' && !step.policy && step.rules.length === 0)
        say('DROP without a rule or policy');
      return;
    case 'choose': {
      const odds = parseOdds(step.odds);
      if (odds === undefined || Math.abs(toNumber(odds) - step.probability) > EPSILON)
        say(`odds ${step.odds} is not ${step.probability}`);
      return;
    }
    case 'ipvs': {
      if ((step.server === null) !== (step.action === 'none'))
        say(`IPVS ${step.action} with server ${step.server === null ? 'null' : step.server.ip}`);
      if ((step.odds === undefined) !== (step.action !== 'schedule'))
        say(`IPVS ${step.action}: odds ${step.odds}`);
      const odds = step.odds === undefined ? undefined : parseOdds(step.odds);
      if (odds !== undefined && Math.abs(toNumber(odds) - (step.probability ?? 0)) > EPSILON)
        say(`odds ${step.odds} is not ${step.probability}`);
      return;
    }
    case 'ttl':
      if (
        step.to < 0 ||
        step.to > 255 ||
        step.to === step.from ||
        (step.to !== step.from - 1 && !setsTtl(hop))
      )
        say(`the TTL goes from ${step.from} to ${step.to}`);
      return;
    case 'route':
      if (step.decision === 'none' && step.route !== null) say('no decision, but a route');
      return;
    case 'bridge':
      if (step.decision === 'forward' && step.port === null) say('forwards to no port');
      return;
    case 'drop':
      if (step.reason === 'OK') say('a drop for the reason OK');
      if (step.detail === '') say('a drop without a detail');
      return;
    case 'answer':
      if (step.reason === 'OK') say('an error answered for the reason OK');
      return;
    case 'originate':
    case 'receive':
    case 'nat':
    case 'conntrack':
    case 'neighbour':
    case 'encapsulate':
    case 'decapsulate':
    case 'note':
    case 'transmit':
    case 'deliver':
      return;
  }
}
