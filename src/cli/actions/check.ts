import { parseIp } from '../../addr/index.ts';
import { buildCluster } from '../../cluster/index.ts';
import type { withDns } from '../../controllers/dns/index.ts';
import { checkExpectations, policyModel } from '../../intent/index.ts';
import {
  type ClusterObjects,
  type Expectation,
  formatDiagnostics,
  readExpectations,
  readSources,
} from '../../k8s/index.ts';
import { type Checked, renderChecked } from '../../render/index.ts';
import { asksByName, type NameResolver } from '../../trace/index.ts';
import { parseBreaks } from '../breaks.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { inputPaths } from '../open-cluster.ts';
import { openObjects } from '../open-objects.ts';
import type { ClusterOptions } from '../options.ts';
import { progressOf } from '../progress.ts';
import { reportDiagnostics } from '../report-diagnostics.ts';
import { presentBehaviour } from './check-init.ts';

export interface CheckOptions extends ClusterOptions {
  readonly init: boolean;
  readonly verbose: boolean;
  readonly output: 'text' | 'tap' | 'junit';
}

/** `podwalk check FILE`. */
export async function check(file: string | undefined, options: CheckOptions, io: Io): Promise<ExitCode> {
  if (options.init ? file !== undefined : file === undefined) {
    io.stderr(
      options.init
        ? 'error: --init prints to stdout and takes no FILE\n'
        : 'error: missing FILE: podwalk check FILE; --init prints a first one\n',
    );
    return EXIT.usage;
  }
  if (file === '-' && options.filename.includes('-')) {
    io.stderr('error: only one of -f - and the expectations can be read from stdin\n');
    return EXIT.usage;
  }
  const breaks = parseBreaks(options.break ?? [], io);
  const paths = inputPaths(options, io);
  if (breaks === undefined || paths === undefined) return EXIT.usage;
  const read = file === undefined ? { sources: [], diagnostics: [] } : readSources([file], io.stdin);
  const wanted =
    file === undefined || read.diagnostics.length > 0 ? undefined : readExpectations(read.sources);
  const trouble = [...read.diagnostics, ...(wanted?.diagnostics ?? [])];
  for (const line of formatDiagnostics(trouble, read.sources)) io.stderr(`${line}\n`);
  if (trouble.some(({ severity }) => severity === 'error')) return EXIT.usage;
  const { namespace } = options;
  const dns = await dnsFor(wanted?.expectations ?? []);
  const named = (objects: ClusterObjects): boolean =>
    wanted?.expectations.some(({ to }) => asksByName(objects, { destination: to, namespace })) === true;
  const objects = await openObjects(paths, options, io, options.verbose, (loaded) =>
    dns !== undefined && named(loaded) ? dns.withDns(loaded) : loaded,
  );
  if (objects === undefined) return EXIT.usage;
  const cluster = buildCluster(objects, { breaks });
  if (!reportDiagnostics(cluster.diagnostics, [], io, options.verbose)) return EXIT.usage;
  const names = dns === undefined ? {} : { names: dns.names };
  const of = { cluster, model: policyModel(cluster.objects), namespace, ...names };
  if (wanted === undefined) {
    io.stdout(presentBehaviour(of, io));
    return EXIT.yes;
  }
  const progress = progressOf('expectations', wanted.expectations.length, io);
  const outcomes = checkExpectations(wanted.expectations, { ...of, done: progress.tick });
  progress.end();
  const checked = outcomes.map(({ expectation, holds, got, why }): Checked => {
    const { name, from, to, port, protocol, expect } = expectation;
    const at = port === undefined ? '' : `:${port}`;
    const words = `${from} -> ${to}${at}${protocol === undefined ? '' : `/${protocol}`}`;
    return { name: name === undefined ? words : `${name} (${words})`, expect, holds, got, why };
  });
  io.stdout(renderChecked(checked, options.output));
  return outcomes.every(({ holds }) => holds) ? EXIT.yes : EXIT.no;
}

/** What looking up names takes, loaded where a destination may be one: a name, or a Service that stands for one. */
async function dnsFor(
  expectations: readonly Expectation[],
): Promise<{ readonly withDns: typeof withDns; readonly names: NameResolver } | undefined> {
  if (expectations.every(({ to }) => parseIp(to) !== undefined || /^(pods?|po|nodes?|no)\//.test(to)))
    return undefined;
  const [{ withDns }, { resolveName }] = await Promise.all([
    import('../../controllers/dns/index.ts'),
    import('../../trace/names/index.ts'),
  ]);
  return { withDns, names: resolveName };
}
