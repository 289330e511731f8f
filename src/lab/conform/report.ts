import { formatIp } from '../../addr/index.ts';
import type { Difference } from './conform-cluster.ts';

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
    `${probe.source} ${probe.destination} ${wordsOf(probe)}: ${what}`,
    `   ${'walk'.padEnd(width)} | kernel`,
  ];
  for (let i = from; i < to; i++) {
    const mark = i === at ? '>>' : '  ';
    lines.push(`${mark} ${(expected[i] ?? '-').padEnd(width)} | ${observed[i] ?? '-'}`);
  }
  const source =
    probe.request.source.ip === undefined ? probe.source : `external/${formatIp(probe.request.source.ip)}`;
  lines.push(
    `   again: podwalk conform ${options.cluster} --probe '${source} ${probe.destination} ${wordsOf(probe)}'`,
    `   walk:  podwalk trace ${source} ${probe.destination} ${options.cluster} --all -v ${wordsOf(probe)}`,
  );
  return `${lines.join('\n')}\n`;
}

/** The options of `podwalk trace` that say the same. */
function wordsOf({ request }: Difference['probe']): string {
  const { destination, ttl, size, df } = request;
  const words = ['-p', destination.protocol];
  if (ttl !== undefined) words.push('--ttl', `${ttl}`);
  if (size !== undefined) words.push('--size', `${size}`);
  if (df === true) words.push('--df');
  return words.join(' ');
}
