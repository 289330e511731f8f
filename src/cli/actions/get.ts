import { didYouMean } from '../../k8s/index.ts';
import { type KindName, listObjects, manifestOf, renderYaml } from '../../render/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { openCluster } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';

export interface GetOptions extends ClusterOptions {
  readonly output?: 'wide' | 'json' | 'yaml' | 'name';
  readonly verbose: boolean;
}

/** Singular, plural and short names, as kubectl takes them. */
const NAMES: ReadonlyMap<string, KindName> = new Map([
  ['nodes', 'nodes'],
  ['node', 'nodes'],
  ['no', 'nodes'],
  ['pods', 'pods'],
  ['pod', 'pods'],
  ['po', 'pods'],
  ['services', 'services'],
  ['service', 'services'],
  ['svc', 'services'],
  ['endpointslices', 'endpointslices'],
  ['endpointslice', 'endpointslices'],
  ['namespaces', 'namespaces'],
  ['namespace', 'namespaces'],
  ['ns', 'namespaces'],
]);

const CLUSTER_WIDE: ReadonlySet<KindName> = new Set(['nodes', 'namespaces']);

/** `podwalk get KIND [NAME...]`. Exit 1 when a named object is not there. */
export function get(kind: string, names: readonly string[], options: GetOptions, io: Io): ExitCode {
  const kindName = NAMES.get(kind.toLowerCase());
  if (kindName === undefined) {
    const near = didYouMean(kind, NAMES.keys());
    const hint =
      near === undefined
        ? '; there are nodes, pods, svc, endpointslices and ns'
        : ` (did you mean "${near}"?)`;
    io.stderr(`error: unknown kind "${kind}"${hint}\n`);
    return EXIT.usage;
  }
  const cluster = openCluster(options, io, options.verbose);
  if (cluster === undefined) return EXIT.usage;
  const inScope = listObjects(
    kindName,
    cluster.objects,
    ({ namespace }) => CLUSTER_WIDE.has(kindName) || options.allNamespaces || namespace === options.namespace,
  );
  const known = inScope.objects.map(({ meta }) => meta.name);
  const missing = names.filter((name) => !known.includes(name));
  for (const name of missing) {
    const near = didYouMean(name, known);
    io.stderr(
      `error: ${kindName} "${name}" not found${near === undefined ? '' : ` (did you mean "${near}"?)`}\n`,
    );
  }
  const wanted = new Set(names);
  const shown =
    names.length === 0
      ? inScope
      : listObjects(
          kindName,
          { ...cluster.objects },
          (meta) => wanted.has(meta.name) && inScope.objects.some((object) => object.meta === meta),
        );
  print(shown, kindName, options, io);
  return missing.length === 0 ? EXIT.yes : EXIT.no;
}

function print(listed: ReturnType<typeof listObjects>, kind: KindName, options: GetOptions, io: Io): void {
  if (options.output === 'json' || options.output === 'yaml') {
    const list = { apiVersion: 'v1', kind: 'List', items: listed.objects.map(manifestOf) };
    io.stdout(options.output === 'json' ? `${JSON.stringify(list, null, 2)}\n` : renderYaml(list));
    return;
  }
  if (listed.objects.length === 0) {
    const where = CLUSTER_WIDE.has(kind) || options.allNamespaces ? '' : ` in ${options.namespace} namespace`;
    io.stderr(`No resources found${where}\n`);
    return;
  }
  if (options.output === 'name') io.stdout(listed.names);
  else io.stdout(listed.table(options.output === 'wide', options.allNamespaces && !CLUSTER_WIDE.has(kind)));
}
