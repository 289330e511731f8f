import type { Cluster } from '../../cluster/index.ts';
import {
  type Answer,
  type AnswerOptions,
  answer,
  asksByName,
  type NameResolver,
  type Question,
  type TargetResult,
} from '../../trace/index.ts';
import type { OpenClusters } from '../open-cluster.ts';

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
