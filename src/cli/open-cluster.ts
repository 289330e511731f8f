import { type BuildOptions, buildState, type Cluster, topologyBreaks } from '../cluster/state/index.ts';
import { type ClusterObjects, didYouMean } from '../k8s/index.ts';
import { parseBreaks } from './breaks.ts';
import type { Io } from './io.ts';
import { loadAndBuild, type Watching } from './load-input.ts';
import type { ClusterOptions } from './options.ts';
import { readInput } from './read-input.ts';
import { reportDiagnostics } from './report-diagnostics.ts';
import { topologyNames, topologyPath } from './topologies.ts';

/**
 * Reads the cluster that the options name and builds its state. What there is to say about the input goes to
 * stderr: errors and warnings always, notes when asked for. Undefined after an error: exit 2.
 *
 * @param adding what is added to the objects as they were loaded
 */
export async function openCluster(
  options: ClusterOptions,
  io: Io,
  verbose: boolean,
  build: BuildOptions = {},
  adding: (objects: ClusterObjects) => ClusterObjects = (objects) => objects,
): Promise<Cluster | undefined> {
  return (await openClusters(options, io, verbose, build, adding))?.cluster;
}

/** A cluster, and the same with its DNS. */
export interface OpenClusters {
  readonly cluster: Cluster;
  /**
   * The cluster with what kubeadm installs for DNS, where the objects have none: for whoever looks up names. Built at
   * the first call.
   */
  readonly withDns: () => Promise<Cluster>;
}

/** `openCluster` for commands that may come upon names. */
export async function openClusters(
  options: ClusterOptions,
  io: Io,
  verbose: boolean,
  build: BuildOptions = {},
  adding: (objects: ClusterObjects) => ClusterObjects = (objects) => objects,
): Promise<OpenClusters | undefined> {
  const breaks = parseBreaks(options.break ?? [], io);
  if (breaks === undefined) return undefined;
  const paths = inputPaths(options, io);
  if (paths === undefined) return undefined;
  const read = readInput(paths, options, io);
  if (!reportDiagnostics(read.diagnostics, read.sources, io, verbose)) return undefined;
  const built = async (objects: ClusterObjects, watching: Watching = {}): Promise<Cluster> =>
    // Reading the commands of ip, iptables and the others is loaded only for who breaks something.
    breaks.length > 0 || topologyBreaks(objects).length > 0
      ? (await import('../cluster/index.ts')).buildCluster(objects, { ...build, ...watching, breaks })
      : buildState(objects, { ...build, ...watching });
  const { loaded, built: cluster } = await loadAndBuild(read.sources, options, io, (objects, watching) =>
    built(adding(objects), watching),
  );
  const sound = reportDiagnostics(loaded.diagnostics, read.sources, io, verbose);
  if (!sound || cluster === undefined) return undefined;
  if (!reportDiagnostics(cluster.diagnostics, read.sources, io, verbose)) return undefined;
  let named: Cluster | undefined;
  const withDns = async (): Promise<Cluster> => {
    if (named === undefined) {
      const dns = await import('../controllers/dns/index.ts');
      const objects = dns.withDns(loaded.objects);
      named = objects === loaded.objects ? cluster : await built(objects);
    }
    return named;
  };
  return { cluster, withDns };
}

/** `-f` and `-t` as paths, none where `-k` names what there is; undefined when nothing is named, which is said. */
export function inputPaths(options: ClusterOptions, io: Io): string[] | undefined {
  const names = topologyNames();
  // The broken ones are many, and look for somebody who knows what to look for.
  const usual = names.filter((name) => !name.startsWith('broken-'));
  const more = names.length > usual.length ? `, and ${names.length - usual.length} broken-...` : '';
  const list = names.length === 0 ? '' : `: ${usual.join(', ')}${more}`;
  if (options.topology === undefined) {
    if (options.filename.length > 0 || (options.kustomize ?? []).length > 0) return [...options.filename];
    io.stderr(`error: no cluster given; name one with -f FILE, or with -t NAME${list}\n`);
    return undefined;
  }
  if (!names.includes(options.topology)) {
    const near = didYouMean(options.topology, names);
    const hint = near === undefined ? `; there are${list}` : ` (did you mean "${near}"?)`;
    io.stderr(`error: topology "${options.topology}" not found${hint}\n`);
    return undefined;
  }
  return [topologyPath(options.topology), ...options.filename];
}
