import { describe, expect, it } from 'vitest';
import { checkTrace } from '../../../src/trace/grammar.ts';
import type { Hop, Path, Step, Trace } from '../../../src/trace/model.ts';
import { DELIVERED_PATH, MIXED, ONE_BRANCH, REFUSED, REFUSED_PATH } from '../../fixtures/trace.ts';

const certain: Path = { ...DELIVERED_PATH, probability: 1, odds: '1' };

function traceOf(path: Path): Trace {
  return { ...REFUSED, verdict: path.verdict, paths: [path] };
}

/** The delivered path with one hop of its request changed. */
function withHop(index: number, change: (hop: Hop) => Hop): Trace {
  return traceOf({ ...certain, hops: certain.hops.map((hop, i) => (i === index ? change(hop) : hop)) });
}

function withStep(step: Step): Trace {
  return withHop(1, (hop) => ({ ...hop, steps: [...hop.steps.slice(0, 1), step, ...hop.steps.slice(1)] }));
}

function without<K extends keyof Path>(path: Path, key: K): Path {
  const { [key]: _, ...rest } = path;
  return rest as unknown as Path;
}

const netfilter = {
  type: 'netfilter',
  hook: 'FORWARD',
  table: 'filter',
  priority: 0,
  evaluated: 3,
  rules: [],
  verdict: 'ACCEPT',
  policy: true,
} as const;

describe('the grammar of traces', () => {
  it('finds nothing wrong with traces in order', () => {
    for (const trace of [ONE_BRANCH, MIXED, REFUSED, traceOf(certain)]) expect(checkTrace(trace)).toEqual([]);
  });

  const broken: [string, Trace, RegExp][] = [
    ['no paths', { ...REFUSED, paths: [] }, /at least one path/],
    ['probabilities that do not sum to 1', { ...ONE_BRANCH, paths: [certain] }, /sum to 1.5/],
    ['odds that are not the probability', traceOf({ ...certain, odds: '1/2' }), /odds 1\/2 is not 1/],
    ['odds that are no fraction', traceOf({ ...certain, odds: 'half' }), /no fraction/],
    ['a verdict that no path has', { ...REFUSED, verdict: 'delivered' }, /but the paths say refused/],
    ['a common verdict called mixed', { ...REFUSED, verdict: 'mixed' }, /but the paths say refused/],
    [
      'unexplored branches of no probability',
      { ...REFUSED, unexplored: { branches: 1, probability: 0 } },
      /unexplored/,
    ],
    [
      'OK without delivery',
      traceOf({ ...REFUSED_PATH, probability: 1, odds: '1', reason: 'OK' }),
      /reason OK/,
    ],
    ['delivery without a reply', traceOf(without(certain, 'reply')), /reply exists exactly/],
    [
      'a reply without delivery',
      traceOf({ ...REFUSED_PATH, probability: 1, odds: '1', reply: { hops: [] } }),
      /reply exists/,
    ],
    ['delivery to nobody', traceOf({ ...certain, endpoint: null }), /no endpoint/],
    ['delivery without observedSource', traceOf(without(certain, 'observedSource')), /observedSource/],
    ['delivery without replySource', traceOf(without(certain, 'replySource')), /replySource/],
    [
      'refusal without errno',
      traceOf({ ...without(REFUSED_PATH, 'errno'), probability: 1, odds: '1' }),
      /without an errno/,
    ],
    ['delivery with errno', traceOf({ ...certain, errno: 'EPERM' }), /with errno EPERM/],
    ['no explanation', traceOf({ ...certain, explanation: '' }), /no explanation/],
    [
      'unknown for another reason',
      traceOf({ ...REFUSED_PATH, probability: 1, odds: '1', verdict: 'unknown' }),
      /verdict unknown/,
    ],
    [
      'a reason that no step gives',
      traceOf({ ...REFUSED_PATH, probability: 1, odds: '1', reason: 'NO_ROUTE' }),
      /no step says/,
    ],
    [
      'a first hop that receives',
      traceOf({ ...certain, hops: certain.hops.slice(1) }),
      /begins with receive/,
    ],
    [
      'a request that ends in the middle',
      traceOf({ ...certain, hops: certain.hops.slice(0, 2) }),
      /no hop follows/,
    ],
    ['no hops', traceOf({ ...certain, hops: [] }), /hops: empty/],
    ['a hop without steps', withHop(1, (hop) => ({ ...hop, steps: [] })), /no steps/],
    ['a hop of an unknown kind', withHop(1, (hop) => ({ ...hop, kind: 'cloud' })), /unknown kind/],
    ['an origin with a device', withHop(0, (hop) => ({ ...hop, in: 'eth0' })), /originate with in/],
    ['a transmit without out', withHop(1, (hop) => ({ ...hop, out: null })), /transmit with out null/],
    ['a transmit on another device', withHop(1, (hop) => ({ ...hop, out: 'eth9' })), /but its out is eth9/],
    ['an end in the middle of a hop', withStep({ type: 'deliver', to: 'x' }), /deliver is not last/],
    [
      'a second origin',
      withHop(1, (hop) => ({ ...hop, steps: [...hop.steps.slice(0, 1), ...hop.steps] })),
      /receive is not first/,
    ],
    ['a TTL that jumps', withStep({ type: 'ttl', from: 64, to: 60 }), /TTL/],
    [
      'more matches than evaluations',
      withStep({
        ...netfilter,
        evaluated: 0,
        rules: [
          { table: 'filter', chain: 'FORWARD', number: 1, text: '-j ACCEPT', origin: { program: 'cni' } },
        ],
      }),
      /1 rules matched of 0/,
    ],
    [
      'a rule of another table',
      withStep({
        ...netfilter,
        rules: [{ table: 'nat', chain: 'X', number: 1, text: '', origin: { program: 'cni' } }],
      }),
      /another table/,
    ],
    [
      'a rule numbered 0',
      withStep({
        ...netfilter,
        rules: [{ table: 'filter', chain: 'X', number: 0, text: '', origin: { program: 'cni' } }],
      }),
      /counted from 1/,
    ],
    [
      'a rule without an origin',
      withStep({
        ...netfilter,
        rules: [{ table: 'filter', chain: 'X', number: 1, text: '', origin: { program: '' } }],
      }),
      /without an origin/,
    ],
    ['a REJECT that no rule says', withStep({ ...netfilter, verdict: 'REJECT' }), /REJECT without a rule/],
    ['a DROP that nothing says', withStep({ ...netfilter, verdict: 'DROP', policy: false }), /DROP without/],
    [
      'a choice with wrong odds',
      withStep({ type: 'choose', what: 'x', odds: '1/3', probability: 0.5 }),
      /odds 1\/3/,
    ],
    [
      'a route that was not taken',
      withStep({ type: 'route', decision: 'none', route: 'default' }),
      /no decision/,
    ],
    [
      'a bridge that forwards nowhere',
      withStep({ type: 'bridge', bridge: 'b', decision: 'forward', mac: 'm', port: null }),
      /no port/,
    ],
    ['an answer for no reason', withStep({ type: 'answer', what: 'RST', reason: 'OK' }), /reason OK/],
    [
      'a drop for the reason OK',
      withHop(3, (hop) => ({
        ...hop,
        steps: [...hop.steps.slice(0, 2), { type: 'drop', reason: 'OK', detail: '' }],
      })),
      /a drop for the reason OK/,
    ],
    [
      'delivery that ends in a drop',
      withHop(3, (hop) => ({
        ...hop,
        steps: [...hop.steps.slice(0, 2), { type: 'drop', reason: 'LOOP', detail: 'x' }],
      })),
      /delivered, but the request ends with drop/,
    ],
  ];
  it.each(broken)('rejects %s', (_, trace, message) => {
    expect(checkTrace(trace).join('\n')).toMatch(message);
  });
});
