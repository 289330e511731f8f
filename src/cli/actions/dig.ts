import type { Cluster } from '../../cluster/index.ts';
import { withDns } from '../../controllers/dns/index.ts';
import {
  DIG_OPTIONS,
  type DigRequest,
  digGreeting,
  parseDigRequest,
  printDig,
} from '../../formats/dig/index.ts';
import { jsonText } from '../../formats/text/index.ts';
import { didYouMean } from '../../k8s/index.ts';
import {
  formatTargetError,
  parseSource,
  resolveSource,
  type TargetResult,
  type Trace,
} from '../../trace/index.ts';
import {
  type DigOutcome,
  type DigSend,
  dig as runDig,
  walkedSend,
  withGatewayResolvers,
} from '../../trace/names/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openCluster } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';
import { queryWalk } from './query-walk.ts';

export interface DigOptions extends ClusterOptions {
  readonly from?: string;
  readonly x?: string;
  readonly walk: boolean;
  readonly seed?: number;
  readonly output: 'text' | 'json';
  readonly verbose: boolean;
}

/** `podwalk dig NAME [TYPE] --from POD`. */
export async function dig(words: readonly string[], options: DigOptions, io: Io): Promise<ExitCode> {
  const parsed = parseDigRequest(words, options.x);
  if (!parsed.ok) {
    const { message, fix, unknown } = parsed;
    const meant =
      unknown === undefined
        ? undefined
        : didYouMean(
            unknown,
            DIG_OPTIONS.map((name) => `+${name}`),
          );
    const near = meant === undefined ? undefined : { didYouMean: meant };
    io.stderr(`error: ${formatTargetError({ message, ...near, ...(fix === undefined ? {} : { fix }) })}\n`);
    return EXIT.usage;
  }
  const { request } = parsed;
  const cluster = await openCluster(options, io, options.verbose, {}, withDns);
  if (cluster === undefined) return EXIT.usage;
  const walks: Trace[] = [];
  const send = options.walk ? walking(cluster, options, walks) : undefined;
  const found =
    send?.ok === false
      ? send
      : withGatewayResolvers(cluster, () => runDig(cluster, options, request, send?.value));
  if (!found.ok) {
    io.stderr(`error: ${formatTargetError(found.error)}\n`);
    return EXIT.usage;
  }
  const { rcode, answer, authority, additional, reason } = found.value;
  if (options.output === 'json')
    io.stdout(
      `${jsonText({ rcode, answer, authority, additional, ...(options.walk ? { walks } : {}) }, 2)}\n`,
    );
  else {
    const given = [...(options.x === undefined ? [] : ['-x', options.x]), ...words];
    io.stdout(digText(found.value, request, given));
  }
  if (options.output === 'text' && options.from !== undefined) {
    const { from } = options;
    for (const walk of options.verbose ? walks : walks.slice(-1))
      io.stdout(
        `\n${await queryWalk(cluster, { ...options, from }, walk.flow.destination.ip ?? '', walk, io)}`,
      );
  }
  if (reason !== undefined) io.stderr(`note: ${reason}\n`);
  return rcode === 'NOERROR' && answer.length > 0 ? EXIT.yes : EXIT.no;
}

const NONE = ';; no servers could be reached\n';

/** Each query as a packet of the pod's. */
function walking(
  cluster: Cluster,
  { from, namespace, seed }: DigOptions,
  walks: Trace[],
): TargetResult<DigSend> {
  if (from === undefined)
    return { ok: false, error: { message: '--walk walks from a pod or node', fix: 'name it with --from' } };
  const spec = parseSource(from, namespace);
  const source = spec.ok ? resolveSource(spec.value, cluster) : spec;
  if (!source.ok) return source;
  const options = { all: false, ...(seed === undefined ? {} : { seed }) };
  return { ok: true, value: walkedSend(cluster, source.value, options, walks) };
}

/**
 * What dig prints on the way.
 *
 * @param words the command line, as it is repeated
 */
export function digText(
  { events, servers, rcode }: DigOutcome,
  { name, type, show, tcp, showSearch }: DigRequest,
  words: readonly string[],
): string {
  const greeting = digGreeting(words, servers, show.short);
  let greeted = !show.cmd || show.short;
  let text = '';
  for (const event of events) {
    switch (event.kind) {
      case 'failure': {
        const at = `${event.server}#53`;
        const why = event.why === 'silence' ? 'timed out' : 'connection refused';
        text +=
          event.transport === 'UDP'
            ? `;; communications error to ${at}: ${why}\n`
            : `;; Connection to ${at}(${event.server}) for ${name} failed: ${why}.\n${event.last ? NONE : ''}`;
        break;
      }
      case 'truncated':
        if (show.comments && !show.short) text += ';; Truncated, retrying in TCP mode.\n';
        break;
      case 'answer':
        if (!event.last && !showSearch) break;
        if (!greeted) text += greeting;
        greeted = true;
        text += type === 'AXFR' ? '; Transfer failed.\n' : printDig(event.message, show);
        break;
    }
  }
  return rcode === null && !tcp ? `${text}${greeting}${NONE}` : text;
}
