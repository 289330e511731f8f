import type { Cluster } from '../../cluster/index.ts';
import { withDns } from '../../controllers/dns/index.ts';
import { jsonText } from '../../formats/text/index.ts';
import { renderResolution } from '../../render/names/index.ts';
import { formatTargetError, parseSource, resolveSource } from '../../trace/index.ts';
import { decidingQuery, lookUp, nameClient, type QueryView } from '../../trace/names/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openCluster } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';
import { queryWalk } from './query-walk.ts';

export interface ResolveOptions extends ClusterOptions {
  readonly from: string;
  readonly libc: 'glibc' | 'musl';
  readonly walk: boolean;
  readonly seed?: number;
  readonly output: 'text' | 'json';
  readonly verbose: boolean;
}

/** `podwalk resolve NAME --from POD`. */
export async function resolve(name: string, options: ResolveOptions, io: Io): Promise<ExitCode> {
  const cluster = await openCluster(options, io, options.verbose, {}, withDns);
  if (cluster === undefined) return EXIT.usage;
  const spec = parseSource(options.from, options.namespace);
  const sender = spec.ok ? resolveSource(spec.value, cluster) : spec;
  // Who cannot send a packet here (a pod with IPv6 addresses only) has a resolver all the same.
  const source =
    sender.ok || options.walk ? sender : nameClient(options.from, options.namespace, cluster.objects);
  if (!source.ok) {
    io.stderr(`error: ${formatTargetError(source.error)}\n`);
    return EXIT.usage;
  }
  const { libc, walk, seed, output, verbose } = options;
  const how = { libc, walk, ...(seed === undefined ? {} : { seed }) };
  const value = lookUp(cluster, source.value, name, how);
  if (output === 'json') io.stdout(`${jsonText(value, 2)}\n`);
  else io.stdout(renderResolution(value));
  if (output === 'text' && walk) {
    const told = decidingQuery(cluster, source.value, value);
    const shown = verbose || told === undefined ? value.queries : [told];
    for (const query of shown) io.stdout(await walkText(cluster, options, query, io));
  }
  return value.error === undefined ? EXIT.yes : EXIT.no;
}

/** The walk of a query under a heading. */
async function walkText(
  cluster: Cluster,
  options: ResolveOptions,
  { name, type, server, trace }: QueryView,
  io: Io,
): Promise<string> {
  if (trace === undefined) return '';
  return `\nquery     ${name} ${type}\n${await queryWalk(cluster, options, server, trace, io)}`;
}
