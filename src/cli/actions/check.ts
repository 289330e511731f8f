import { buildCluster, type Cluster } from '../../cluster/index.ts';
import { checkExpectations, policyModel } from '../../intent/index.ts';
import { formatDiagnostics, readExpectations, readSources } from '../../k8s/index.ts';
import { type Checked, renderChecked } from '../../render/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { inputPaths } from '../open-cluster.ts';
import { openObjects } from '../open-objects.ts';
import type { ClusterOptions } from '../options.ts';
import { presentBehaviour } from './check-init.ts';

export interface CheckOptions extends ClusterOptions {
  readonly init: boolean;
  readonly verbose: boolean;
  readonly output: 'text' | 'tap' | 'junit';
}

/** `podwalk check FILE`. */
export function check(file: string | undefined, options: CheckOptions, io: Io): ExitCode {
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
  const paths = inputPaths(options, io);
  if (paths === undefined) return EXIT.usage;
  const read = file === undefined ? { sources: [], diagnostics: [] } : readSources([file], io.stdin);
  const wanted =
    file === undefined || read.diagnostics.length > 0 ? undefined : readExpectations(read.sources);
  const trouble = [...read.diagnostics, ...(wanted?.diagnostics ?? [])];
  for (const line of formatDiagnostics(trouble, read.sources)) io.stderr(`${line}\n`);
  if (trouble.some(({ severity }) => severity === 'error')) return EXIT.usage;
  const objects = openObjects(paths, options, io, options.verbose);
  if (objects === undefined) return EXIT.usage;
  const model = policyModel(objects);
  if (wanted === undefined) {
    io.stdout(presentBehaviour(objects, model));
    return EXIT.yes;
  }
  let cluster: Cluster | undefined;
  const built = (): Cluster => {
    cluster ??= buildCluster(objects);
    return cluster;
  };
  const outcomes = checkExpectations(wanted.expectations, objects, model, options.namespace, built);
  const checked = outcomes.map(({ expectation, holds, got, why }): Checked => {
    const { name, from, to, port, protocol, expect } = expectation;
    const at = port === undefined ? '' : `:${port}`;
    const words = `${from} -> ${to}${at}${protocol === undefined ? '' : `/${protocol}`}`;
    return { name: name === undefined ? words : `${name} (${words})`, expect, holds, got, why };
  });
  io.stdout(renderChecked(checked, options.output));
  return outcomes.every(({ holds }) => holds) ? EXIT.yes : EXIT.no;
}
