import { formatIp } from '../../addr/index.ts';
import type { Difference } from './conform-cluster.ts';
import { probeOptions } from './probe.ts';

export interface ReportOptions {
  /** The options that say which cluster: `-t two-nodes`, `-f cluster.yaml`. */
  readonly cluster: string;
  /** Show all of both ways, not only what is around the place where they part. */
  readonly verbose: boolean;
}

/** Lines shown before and after the place where two ways part. */
const AROUND = 3;

/** Two ways side by side, the first place where they part marked, and the command that walks it again. */
export function renderDifference({ probe, divergence }: Difference, options: ReportOptions): string {
  const { expected, observed, at, what } = divergence;
  const length = Math.max(expected.length, observed.length);
  const from = options.verbose ? 0 : Math.max(0, at - AROUND);
  const to = options.verbose ? length : Math.min(length, at + AROUND + 1);
  const left = expected.slice(from, to);
  const width = Math.max('walk'.length, ...left.map((line) => line.length));
  const lines = [
    `${probe.source} ${probe.destination} ${probeOptions(probe)}: ${what}`,
    `   ${'walk'.padEnd(width)} | kernel`,
  ];
  for (let i = from; i < to; i++) {
    const mark = i === at ? '>>' : '  ';
    lines.push(`${mark} ${(expected[i] ?? '-').padEnd(width)} | ${observed[i] ?? '-'}`);
  }
  const source =
    probe.request.source.ip === undefined ? probe.source : `external/${formatIp(probe.request.source.ip)}`;
  lines.push(
    `   again: podwalk conform ${options.cluster} --probe '${source} ${probe.destination} ${probeOptions(probe)}'`,
    `   walk:  podwalk trace ${source} ${probe.destination} ${options.cluster} --all -v ${probeOptions(probe)}`,
  );
  return `${lines.join('\n')}\n`;
}
