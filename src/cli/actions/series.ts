import { renderJson, renderSeries } from '../../render/index.ts';
import { paintFor, renderJsonLine } from '../../render/walk/index.ts';
import { formatTargetError, runSeries } from '../../trace/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { clusterFor, openFor } from './answer-question.ts';
import { questionOf, type TraceOptions } from './trace.ts';

/** What --count cannot go with, and why. */
function conflictOf({ all, diagnose, output, sport }: TraceOptions): string | undefined {
  if (all) return '--count takes one branch of each choice, drawn from --seed; leave --all out';
  if (sport !== undefined) return '--count gives each connection a source port of its own; leave --sport out';
  if (diagnose === true) return '--diagnose is for a single walk; leave --count out';
  return output === 'pcapng' ? '-o pcapng is for a single walk; leave --count out' : undefined;
}

/** `podwalk trace --count N`: connections one after another. */
export async function series(
  source: string,
  destination: string,
  options: TraceOptions,
  count: number,
  io: Io,
): Promise<ExitCode> {
  const conflict = conflictOf(options);
  if (conflict !== undefined) {
    io.stderr(`error: ${conflict}\n`);
    return EXIT.usage;
  }
  const question = questionOf(source, destination, options);
  const clusters = await openFor(question, options, io);
  if (clusters === undefined) return EXIT.usage;
  const { cluster, names } = await clusterFor(clusters, question);
  const result = runSeries(cluster, question, count, options.seed, names);
  if (!result.ok) {
    io.stderr(`error: ${formatTargetError(result.error)}\n`);
    return EXIT.usage;
  }
  const { notes, summary, traces } = result.value;
  for (const note of notes) io.stderr(`note: ${note}\n`);
  if (options.output === 'jsonl') for (const trace of traces) io.stdout(renderJsonLine(trace));
  else if (options.output === 'json') io.stdout(renderJson(summary));
  else io.stdout(renderSeries(summary, { paint: paintFor(io.isTTY, io.env), verbose: options.verbose }));
  return summary.verdict === 'delivered' ? EXIT.yes : EXIT.no;
}
