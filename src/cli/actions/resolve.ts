import { withDns } from '../../controllers/dns/index.ts';
import { renderResolution } from '../../render/names/index.ts';
import { formatTargetError, parseSource, resolveSource } from '../../trace/index.ts';
import { lookUp } from '../../trace/names/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openCluster } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';

export interface ResolveOptions extends ClusterOptions {
  readonly from: string;
  readonly libc: 'glibc' | 'musl';
  readonly output: 'text' | 'json';
  readonly verbose: boolean;
}

/** `podwalk resolve NAME --from POD`. */
export async function resolve(name: string, options: ResolveOptions, io: Io): Promise<ExitCode> {
  const cluster = await openCluster(options, io, options.verbose, {}, withDns);
  if (cluster === undefined) return EXIT.usage;
  const spec = parseSource(options.from, options.namespace);
  const source = spec.ok ? resolveSource(spec.value, cluster) : spec;
  if (!source.ok) {
    io.stderr(`error: ${formatTargetError(source.error)}\n`);
    return EXIT.usage;
  }
  const value = lookUp(cluster, source.value, name, { libc: options.libc, walk: false });
  io.stdout(options.output === 'json' ? `${JSON.stringify(value, null, 2)}\n` : renderResolution(value));
  return value.error === undefined ? EXIT.yes : EXIT.no;
}
