import { add, type Fraction, formatOdds, fraction, multiply, toNumber } from '../kernel/index.ts';
import type { Flow, Path, Trace, Verdict } from './model.ts';
import { parseOdds } from './odds.ts';

/** The verdict that all paths share, or `mixed`. */
export function commonVerdict(paths: readonly Path[]): Verdict | 'mixed' {
  const [first] = paths;
  if (first === undefined) return 'unknown';
  return paths.every((path) => path.verdict === first.verdict) ? first.verdict : 'mixed';
}

/**
 * One trace from several equally likely ones: the addresses that one name stands for. `others` counts further
 * addresses that were not walked. Throws on a trace whose odds do not parse: a bug of the engine.
 */
export function combineTraces(flow: Flow, traces: readonly Trace[], others = 0): Trace {
  const share = fraction(1n, BigInt(traces.length + others));
  const paths: Path[] = [];
  let branches = others;
  let walked: Fraction = fraction(0n, 1n);
  for (const trace of traces) {
    branches += trace.unexplored?.branches ?? 0;
    for (const path of trace.paths) {
      const own = parseOdds(path.odds);
      if (own === undefined) throw new Error(`odds "${path.odds}" is no fraction`);
      const odds = multiply(own, share);
      walked = add(walked, odds);
      paths.push({ ...path, probability: toNumber(odds), odds: formatOdds(odds) });
    }
  }
  return {
    apiVersion: 'podwalk/v1',
    kind: 'Trace',
    flow,
    verdict: commonVerdict(paths),
    paths,
    ...(branches === 0 ? {} : { unexplored: { branches, probability: 1 - toNumber(walked) } }),
  };
}
