import type { Cluster } from '../../cluster/index.ts';
import {
  type Answer,
  type AnswerOptions,
  answer,
  asksByName,
  type NameResolver,
  parseDestination,
  type Question,
  type TargetResult,
} from '../../trace/index.ts';
import type { Io } from '../io.ts';
import { type OpenClusters, openCluster, openClusters } from '../open-cluster.ts';
import type { ClusterOptions } from '../options.ts';

/** A question's answer, and the cluster that it was asked of. */
export interface Answered {
  readonly cluster: Cluster;
  readonly options: AnswerOptions;
  readonly result: TargetResult<Answer>;
}

/** Answers a question; one that names its destination is asked of the cluster with its DNS. */
export async function answerQuestion(
  clusters: OpenClusters,
  question: Question,
  options: AnswerOptions,
): Promise<Answered> {
  const { cluster, names } = await clusterFor(clusters, question);
  const how = names === undefined ? options : { ...options, names };
  return { cluster, options: how, result: answer(cluster, question, how) };
}

/** The cluster for a question, and who looks up its names; both are loaded only for a question that has some. */
export async function clusterFor(
  { cluster, withDns }: OpenClusters,
  question: Pick<Question, 'destination' | 'namespace'>,
): Promise<{ readonly cluster: Cluster; readonly names?: NameResolver }> {
  if (!asksByName(cluster.objects, question)) return { cluster };
  const { resolveName } = await import('../../trace/names/index.ts');
  return { cluster: await withDns(), names: resolveName };
}

/** Opens the clusters for one question: where that names its destination, there is only the one with its DNS. */
export async function openFor(
  { destination, namespace }: Pick<Question, 'destination' | 'namespace'>,
  options: ClusterOptions & { readonly verbose: boolean },
  io: Io,
): Promise<OpenClusters | undefined> {
  const to = parseDestination(destination, namespace);
  if (!to.ok || to.value.kind !== 'name') return openClusters(options, io, options.verbose);
  const { withDns } = await import('../../controllers/dns/index.ts');
  const cluster = await openCluster(options, io, options.verbose, {}, withDns);
  return cluster === undefined ? undefined : { cluster, withDns: async () => cluster };
}
