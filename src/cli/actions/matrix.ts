import type { Ip } from '../../addr/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import {
  distinctPorts,
  type MatrixEnd,
  type MatrixLevel,
  matrixEnds,
  matrixGroups,
  type PolicyModel,
  type PortQuery,
  policyModel,
  reachability,
} from '../../intent/index.ts';
import type { ClusterObjects } from '../../k8s/index.ts';
import { parseBreaks } from '../breaks.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { inputPaths } from '../open-cluster.ts';
import { openObjects } from '../open-objects.ts';
import type { ClusterOptions } from '../options.ts';
import { parseExternals, parseModes, parsePort } from '../policy-options.ts';
import { printDatapath } from './matrix-datapath.ts';
import { matrixDiff } from './matrix-diff.ts';
import { explainCell } from './matrix-explain.ts';
import { printGroups, printPairs } from './matrix-print.ts';
import { printServices } from './matrix-services.ts';

export interface MatrixOptions extends ClusterOptions {
  readonly port: readonly string[];
  readonly allPorts: boolean;
  readonly external: readonly string[];
  readonly by?: MatrixLevel;
  readonly svc: boolean;
  readonly datapath: boolean;
  readonly explain?: string;
  readonly diff: boolean;
  readonly mode: readonly string[];
  readonly verbose: boolean;
  readonly output: 'table' | 'csv' | 'json';
}

/** What is asked, and of what. */
export interface MatrixQuestion {
  readonly objects: ClusterObjects;
  readonly model: PolicyModel;
  readonly ends: readonly MatrixEnd[];
  /** Every port that is asked about. */
  readonly queries: readonly PortQuery[];
  /** Whether a port is asked of an end: all of them with `--port`, else its own. */
  readonly asks: (end: number, query: PortQuery) => boolean;
  /** Ports were given: they are asked of all. */
  readonly portsGiven: boolean;
  /** With `--datapath`: the cluster that is walked. */
  readonly cluster?: Cluster;
}

/** More ends than this are a row for each workload, and more workloads one for each namespace. */
const MOST_ROWS = 50;

/** `podwalk matrix`. */
export async function matrix(
  diffPaths: readonly (string | undefined)[],
  options: MatrixOptions,
  io: Io,
): Promise<ExitCode> {
  const wrong = (message: string): ExitCode => {
    io.stderr(`error: ${message}\n`);
    return EXIT.usage;
  };
  const modes = parseModes(options.mode);
  if (typeof modes === 'string') return wrong(modes);
  const outside = parseExternals(options.external);
  if (typeof outside === 'string') return wrong(outside);
  const ports: PortQuery[] = [];
  for (const text of options.port) {
    const port = parsePort(text);
    if (typeof port === 'string') return wrong(`--port: ${port}`);
    ports.push(port);
  }
  if (options.allPorts && ports.length > 0) return wrong('--port and --all-ports cannot both be given');
  const [before, after] = diffPaths;
  if (options.diff && (before === undefined || after === undefined))
    return wrong('--diff takes two inputs: podwalk matrix --diff A B');
  if (!options.diff && before !== undefined)
    return wrong(`unexpected "${before}"; inputs are named with -f, and with --diff as A B`);
  const breaks = parseBreaks(options.break ?? [], io);
  if (breaks === undefined) return EXIT.usage;
  if (breaks.length > 0 && !options.datapath)
    return wrong('--break changes what is walked, not what policies say: add --datapath');
  const read = async (paths: readonly string[]): Promise<MatrixQuestion | undefined> => {
    const objects = await openObjects(paths, options, io, options.verbose);
    if (objects === undefined) return undefined;
    const asked = question(objects, policyModel(objects, modes), outside, ports);
    if (!options.datapath) return asked;
    const { buildCluster } = await import('../../cluster/index.ts');
    const cluster = buildCluster(objects, { breaks });
    const errors = cluster.diagnostics.filter(({ severity }) => severity === 'error');
    for (const { message } of errors) io.stderr(`error: ${message}\n`);
    return errors.length > 0 ? undefined : { ...asked, cluster };
  };
  if (options.diff && before !== undefined && after !== undefined) {
    const given = options.topology !== undefined || options.filename.length > 0;
    const common = given ? inputPaths(options, io) : [];
    const old = common === undefined ? undefined : await read([...common, before]);
    const now = common === undefined || old === undefined ? undefined : await read([...common, after]);
    return old === undefined || now === undefined ? EXIT.usage : matrixDiff(old, now, options, io);
  }
  const paths = inputPaths(options, io);
  const asked = paths === undefined ? undefined : await read(paths);
  if (asked === undefined) return EXIT.usage;
  if (options.explain !== undefined) return explainCell(asked, options.explain, options.namespace, io);
  print(asked, options, io);
  return EXIT.yes;
}

function question(
  objects: ClusterObjects,
  model: PolicyModel,
  outside: readonly Ip[],
  ports: readonly PortQuery[],
): MatrixQuestion {
  const ends = matrixEnds(objects, outside);
  if (ports.length > 0)
    return { objects, model, ends, queries: distinctPorts(ports), asks: () => true, portsGiven: true };
  const queries = distinctPorts(ends.flatMap((end) => end.ports));
  // One set a port: ends are asked about a port far more often than there are ports.
  const askers = new Map(queries.map((query) => [`${query.port}/${query.protocol}`, new Set<number>()]));
  for (const [index, end] of ends.entries())
    for (const { port, protocol } of end.ports) askers.get(`${port}/${protocol}`)?.add(index);
  return {
    objects,
    model,
    ends,
    queries,
    portsGiven: false,
    asks: (end, { port, protocol }) => askers.get(`${port}/${protocol}`)?.has(end) === true,
  };
}

function print(asked: MatrixQuestion, options: MatrixOptions, io: Io): void {
  const { ends, objects, model } = asked;
  if (ends.length === 0) io.stderr('No pods found\n');
  if (options.svc && objects.services.length === 0) io.stderr('No Services found\n');
  if (options.output === 'table' && (ends.length === 0 || (options.svc && objects.services.length === 0)))
    return;
  const level = options.by ?? (options.output === 'table' ? levelFor(asked, io) : 'pod');
  if (options.svc) {
    printServices(asked, matrixGroups(ends, level, objects), options.output, io, asked.cluster);
    return;
  }
  if (asked.cluster !== undefined) {
    printDatapath(asked, asked.cluster, matrixGroups(ends, level, objects), options.output, io);
    return;
  }
  const reach = reachability(
    model,
    ends.map(({ end }) => end),
  );
  if (level === 'pod' && options.output !== 'table') printPairs(asked, reach, options.output, io);
  else printGroups(asked, reach, matrixGroups(ends, level, objects), options.output, io);
}

/** The finest level that is readable; anything coarser than pods is said on stderr. */
function levelFor({ ends, objects }: MatrixQuestion, io: Io): MatrixLevel {
  if (ends.length <= MOST_ROWS) return 'pod';
  const workloads = matrixGroups(ends, 'workload', objects).length;
  const level = workloads <= MOST_ROWS ? 'workload' : 'namespace';
  io.stderr(`note: ${ends.length} pods and addresses: a row for each ${level}; --by pod shows every pod\n`);
  return level;
}
