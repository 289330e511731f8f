import { isFinished, isUnstarted, type Pod } from './pod-objects.ts';

/** Why a pod has no network, as a predicate (`is Pending: no node takes it: ...`), and what helps. */
export interface NoNetwork {
  readonly why: string;
  readonly fix: string;
}

/** Undefined: it has one, or will get it. */
export function noNetwork(pod: Pod): NoNetwork | undefined {
  if (isFinished(pod))
    return { why: `has finished (${pod.phase}): it has no address any more`, fix: 'ask for a running pod' };
  const { unscheduled, status } = pod;
  if (unscheduled !== undefined) {
    const { reason, message, by } = unscheduled;
    const said = message === '' ? '' : `; ${message}`;
    // A status of the input says so, or the scheduler here.
    if (by === 'status')
      return {
        why: `is Pending (${reason}): it has no address${said}`,
        fix: 'leave out its status to have it placed here',
      };
    return { why: `is Pending: no node takes it: ${message}`, fix: 'set spec.nodeName, or make a node fit' };
  }
  if (!isUnstarted(pod)) return undefined;
  if (pod.nodeName === '')
    return {
      why: 'is Pending: no node has been chosen for it yet, and it has no address',
      fix: 'leave out its status to have it placed here',
    };
  const waiting = [...(status?.initContainers ?? []), ...(status?.containers ?? [])]
    .map(({ state }) => (state.kind === 'waiting' ? state.reason : ''))
    .find((reason) => reason !== '');
  return {
    why: `is Pending${waiting === undefined ? '' : ` (${waiting})`}: it has no address yet`,
    fix: 'leave out its status to have it run',
  };
}
