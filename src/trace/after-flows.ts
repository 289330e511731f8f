import type { Cluster } from '../cluster/index.ts';
import { ask, completeHandshake, newSession, type Session, seededRandom } from '../kernel/index.ts';
import { FIRST } from './explore.ts';
import { withOutsideWorld } from './outside.ts';
import { type Question, requestOf, resolveQuestion } from './resolve-question.ts';
import { kernelRequest, type TraceRequest } from './run-trace.ts';
import { ok, type TargetResult } from './target.ts';

/**
 * Sends the flows one after another through one run of the emulated kernel and hands over what they leave behind:
 * connections, learnt neighbours and FDB entries. Of every choice the first branch is taken, and of several addresses
 * the first; connections that are answered are completed, and stay open. `read` is called while the hosts outside the
 * cluster that the flows need are still there.
 */
export function afterFlows<T>(
  cluster: Cluster,
  questions: readonly Question[],
  seed: number,
  read: (session: Session) => T,
): TargetResult<T> {
  const requests: TraceRequest[] = [];
  for (const question of questions) {
    const ends = resolveQuestion(cluster, question);
    if (!ends.ok) return ends;
    const { source, destinations } = ends.value;
    requests.push({ ...requestOf(question), source, destination: destinations[0] });
  }
  const session = newSession(cluster.world, FIRST, seededRandom(seed));
  const send = ([request, ...rest]: readonly TraceRequest[]): T => {
    if (request === undefined) return read(session);
    return withOutsideWorld(cluster, request, () => {
      completeHandshake(session, ask(session, kernelRequest(request)));
      return send(rest);
    });
  };
  return ok(send(requests));
}
