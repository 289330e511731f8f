import { jsonText } from '../../formats/text/index.ts';
import { didYouMean, readText, STDIN } from '../../k8s/index.ts';
import { formatTargetError, type Question, type TraceProtocol } from '../../trace/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openClusters } from '../open-cluster.ts';
import { progressOf } from '../progress.ts';
import { answerQuestion } from './answer-question.ts';
import { diagnosed } from './diagnosed.ts';
import { questionOf, type TraceOptions, traceRenderer } from './trace.ts';

/** Written in pieces of this many characters: one write a line is slow, one for all of them may not fit. */
const PIECE = 1 << 16;

/**
 * `podwalk trace --batch FILE|-`: a request a line in, a trace a line out, in order; the cluster is built once. A
 * line that is no request, or names what is not there, gives an Error object in its place, and exit 2 at the end.
 */
export async function batch(file: string, options: TraceOptions, io: Io): Promise<ExitCode> {
  if (file === '-' && options.filename.includes('-')) {
    io.stderr('error: only one of -f - and --batch - can read stdin\n');
    return EXIT.usage;
  }
  const { output = 'jsonl' } = options;
  if (output === 'pcapng') {
    io.stderr('error: --batch writes text, a trace a line; -o pcapng takes one SRC and one DST\n');
    return EXIT.usage;
  }
  const text = readBatch(file, io);
  if (text === undefined) return EXIT.usage;
  const clusters = await openClusters(options, io, options.verbose);
  if (clusters === undefined) return EXIT.usage;
  const how = { all: options.all, ...(options.seed === undefined ? {} : { seed: options.seed }) };
  const render = traceRenderer(options, output, io);
  let code: ExitCode = EXIT.yes;
  let pending = '';
  const all = text.split('\n');
  const progress = progressOf('lines', all.length, io);
  for (const [index, line] of all.entries()) {
    progress.tick();
    if (line.trim() === '') continue;
    const request = readRequest(line, options);
    const asked = typeof request === 'string' ? request : await answerQuestion(clusters, request, how);
    if (typeof request === 'string' || typeof asked === 'string' || !asked.result.ok) {
      const message =
        typeof asked === 'string' ? asked : asked.result.ok ? '' : formatTargetError(asked.result.error);
      pending += `${jsonText({ kind: 'Error', line: index + 1, message })}\n`;
      code = EXIT.usage;
    } else {
      const { trace } = asked.result.value;
      const walked = { question: request, options: asked.options, trace };
      pending += render(options.diagnose === true ? await diagnosed(asked.cluster, walked, true) : trace);
    }
    if (pending.length >= PIECE) {
      progress.end();
      io.stdout(pending);
      pending = '';
    }
  }
  progress.end();
  if (pending !== '') io.stdout(pending);
  return code;
}

function readBatch(file: string, io: Io): string | undefined {
  const read = readText(file === '-' ? STDIN : file, io.stdin);
  if (read.ok) return read.text;
  const { message, fix } = read.problem;
  io.stderr(`error: --batch: ${message}${fix === undefined ? '' : `; ${fix}`}\n`);
  return undefined;
}

const PROTOCOLS: ReadonlyMap<unknown, TraceProtocol> = new Map([
  ['tcp', 'tcp'],
  ['udp', 'udp'],
  ['sctp', 'sctp'],
  ['icmp', 'icmp'],
]);

type Check = (value: unknown) => string | undefined;

const text: Check = (value) => (typeof value === 'string' ? undefined : 'a string');
const number =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `a number from ${min} to ${max}`;

/** The keys of a request and what each must be. */
const KEYS: ReadonlyMap<string, Check> = new Map([
  ['source', text],
  ['destination', text],
  ['namespace', text],
  ['protocol', (value) => (PROTOCOLS.has(value) ? undefined : 'tcp, udp, sctp or icmp')],
  ['via', text],
  ['sport', number(1, 65535)],
  ['ttl', number(1, 255)],
  ['size', number(0, 65507)],
  ['df', (value) => (typeof value === 'boolean' ? undefined : 'true or false')],
]);

/** Reads a line as a request over what the options say for all of them; a string is what is wrong with it. */
function readRequest(line: string, options: TraceOptions): Question | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'not a JSON object';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  for (const [key, given] of Object.entries(value)) {
    const check = KEYS.get(key);
    if (check === undefined) {
      const near = didYouMean(key, KEYS.keys());
      return `unknown key "${key}"${near === undefined ? '' : ` (did you mean "${near}"?)`}`;
    }
    const expected = check(given);
    if (expected !== undefined) return `${key}: expected ${expected}, got ${jsonText(given)}`;
  }
  const request = value as Partial<Question>;
  if (request.source === undefined) return 'source is missing';
  if (request.destination === undefined) return 'destination is missing';
  return { ...questionOf(request.source, request.destination, options), ...request } as Question;
}
