import { paintFor, renderJson, renderJsonLine, renderText } from '../../render/walk/index.ts';
import { formatTargetError, type Question, type Trace, type TraceProtocol } from '../../trace/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { answerQuestion, openFor } from './answer-question.ts';
import { batch } from './batch.ts';
import { diagnosed } from './diagnosed.ts';

/** What `-o` takes. */
export type TraceFormat = 'text' | 'json' | 'jsonl' | 'pcapng';

export interface TraceOptions extends ClusterOptions {
  readonly protocol?: TraceProtocol;
  readonly all: boolean;
  readonly seed?: number;
  readonly via?: string;
  readonly sport?: number;
  readonly ttl?: number;
  readonly size?: number;
  readonly df?: boolean;
  readonly count?: number;
  readonly batch?: string;
  readonly diagnose?: boolean;
  readonly verbose: boolean;
  readonly output?: TraceFormat;
}

/** `podwalk trace`: one walk, or a batch of them. */
export async function trace(
  source: string | undefined,
  destination: string | undefined,
  options: TraceOptions,
  io: Io,
): Promise<ExitCode> {
  if (options.batch !== undefined) {
    if (options.count !== undefined) {
      io.stderr('error: --count is for one SRC and DST, not for --batch\n');
      return EXIT.usage;
    }
    if (source === undefined) return batch(options.batch, options, io);
    io.stderr('error: --batch takes its sources and destinations from its lines; leave SRC and DST out\n');
    return EXIT.usage;
  }
  if (source === undefined || destination === undefined) {
    io.stderr(`error: missing ${source === undefined ? 'SRC and DST' : 'DST'}: podwalk trace SRC DST\n`);
    return EXIT.usage;
  }
  if (options.count !== undefined) {
    const { series } = await import('./series.ts');
    return series(source, destination, options, options.count, io);
  }
  const output = options.output ?? 'text';
  if (output === 'pcapng' && io.isTTY) {
    io.stderr(
      'error: -o pcapng writes bytes, not text: send them to a file (podwalk trace ... -o pcapng > walk.pcapng) or to a program (| tcpdump -nr -)\n',
    );
    return EXIT.usage;
  }
  const question = questionOf(source, destination, options);
  const clusters = await openFor(question, options, io);
  if (clusters === undefined) return EXIT.usage;
  const wanted = {
    all: options.all,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    summary: output === 'text',
    capture: output === 'pcapng',
  };
  const { cluster, options: how, result } = await answerQuestion(clusters, question, wanted);
  if (!result.ok) {
    io.stderr(`error: ${formatTargetError(result.error)}\n`);
    return EXIT.usage;
  }
  for (const note of result.value.notes) io.stderr(`note: ${note}\n`);
  const { trace: found } = result.value;
  if (output === 'pcapng') {
    const { renderPcapng } = await import('../../render/pcapng/index.ts');
    io.stdoutBytes(renderPcapng(found, { verbose: options.verbose }));
  } else {
    const walked = { question, options: how, trace: found };
    const shown = await diagnosed(cluster, walked, options.diagnose === true);
    io.stdout(traceRenderer(options, output, io)(shown));
  }
  return found.verdict === 'delivered' ? EXIT.yes : EXIT.no;
}

/** What the options say of a walk, but for its ends. */
export function questionOf(source: string, destination: string, options: TraceOptions): Question {
  const { namespace, protocol, via, sport, ttl, size, df } = options;
  return {
    source,
    destination,
    namespace,
    ...(protocol === undefined ? {} : { protocol }),
    ...(via === undefined ? {} : { via }),
    ...(sport === undefined ? {} : { sport }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { size }),
    ...(df === undefined ? {} : { df }),
  };
}

/** How a trace is printed. */
export function traceRenderer(
  options: { readonly verbose: boolean },
  output: Exclude<TraceFormat, 'pcapng'>,
  io: Io,
): (trace: Trace) => string {
  switch (output) {
    case 'json':
      return renderJson;
    case 'jsonl':
      return renderJsonLine;
    case 'text': {
      const paint = paintFor(io.isTTY, io.env);
      return (trace) => renderText(trace, { paint, verbose: options.verbose });
    }
  }
}
