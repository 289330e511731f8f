import { diffStates } from '../../cluster/diff/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import { jsonText } from '../../formats/text/index.ts';
import { diffObjects, paintFor, renderDiff } from '../../render/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openCluster } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';

export interface DiffOptions extends ClusterOptions {
  readonly output?: 'text' | 'json';
  readonly verbose: boolean;
}

/** One of the two clusters that are compared. */
interface Side {
  readonly name: string;
  readonly options: ClusterOptions;
}

/** `podwalk diff -f A -f B`. Exit 1 when anything differs. */
export async function diff(options: DiffOptions, io: Io): Promise<ExitCode> {
  const sides = sidesOf(options);
  if (typeof sides === 'string') {
    io.stderr(`error: ${sides}\n`);
    return EXIT.usage;
  }
  const [a, b] = sides;
  const before = await openCluster(a.options, io, options.verbose);
  if (before === undefined) return EXIT.usage;
  // A cluster is what its files say: one that is compared with itself is read once.
  const after = a.name === b.name ? before : await openCluster(b.options, io, options.verbose);
  if (after === undefined) return EXIT.usage;
  return print(before, after, [a.name, b.name], options, io);
}

function print(
  before: Cluster,
  after: Cluster,
  names: readonly [string, string],
  options: DiffOptions,
  io: Io,
): ExitCode {
  const changes = { objects: diffObjects(before, after), places: diffStates(before, after) };
  const equal = changes.objects.length === 0 && changes.places.length === 0;
  if (options.output === 'json') {
    io.stdout(`${jsonText({ apiVersion: 'podwalk/v1', kind: 'Diff', equal, ...changes }, 2)}\n`);
  } else io.stdout(renderDiff(changes, names, paintFor(io.isTTY, io.env)));
  return equal ? EXIT.yes : EXIT.no;
}

/**
 * The two sides: what `-t`, the `-f`s and the `-k`s name, in that order. Of one, `--set` and `--break` make the other: what
 * they change is told.
 */
function sidesOf(options: ClusterOptions): readonly [Side, Side] | string {
  const { topology, filename, kustomize = [], set, break: breaks = [] } = options;
  const none = { ...options, filename: [], kustomize: [] };
  const given: Side[] = [
    ...(topology === undefined ? [] : [{ name: topology, options: none }]),
    ...filename.map((path) => ({ name: path, options: without({ ...none, filename: [path] }) })),
    ...kustomize.map((path) => ({ name: `-k ${path}`, options: without({ ...none, kustomize: [path] }) })),
  ];
  if (filename.filter((path) => path === '-').length > 1) return 'only one side can be read from stdin';
  const [a, b, c] = given;
  if (a !== undefined && b !== undefined && c === undefined) return [a, b];
  const changes = [...set.map((one) => `--set ${one}`), ...breaks.map((one) => `--break '${one}'`)];
  if (a !== undefined && b === undefined && changes.length > 0) {
    return [
      { ...a, options: { ...a.options, set: [], break: [] } },
      { ...a, name: `${a.name} ${changes.join(' ')}` },
    ];
  }
  return `two sides to compare, not ${given.length}: podwalk diff -f BEFORE -f AFTER (a file or a directory each), or one side with --set or --break`;
}

function without({ topology: _, ...options }: ClusterOptions): ClusterOptions {
  return options;
}
