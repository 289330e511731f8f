import type { ContainerStatus, Pod, PodStatus } from '../k8s/index.ts';

/** What `kubectl get pods` says of a pod. */
export interface PrintedPod {
  /** `1/2`. */
  readonly ready: string;
  /** `Running`, `Init:0/1`, `CrashLoopBackOff`, ... */
  readonly status: string;
  /** Without the time of the last one: nothing here has a clock. */
  readonly restarts: number;
}

/**
 * printPod of kubectl (pkg/printers/internalversion). A manifest that leaves out its containers' statuses is taken
 * to leave out what kubelet would have written: all are up in a pod that is ready, and a finished pod's have ended.
 */
export function printPod(pod: Pod): PrintedPod {
  const own = containersOf(pod).length;
  const { status } = pod;
  const counted = status === undefined || status.containers.length + status.initContainers.length === 0;
  const told = counted ? undefined : containersIn(pod, status);
  const reason =
    told?.reason ?? (pod.unscheduled?.reason === 'SchedulingGated' ? 'SchedulingGated' : phaseOf(pod));
  return {
    ready: `${told?.ready ?? (pod.ready ? own : 0)}/${own}`,
    status: withDeletion(pod, reason),
    restarts: told?.restarts ?? 0,
  };
}

/** Names of the containers of a pod, sidecars last. */
export function containersOf(pod: Pick<Pod, 'containers' | 'ports'>): readonly string[] {
  if (pod.containers !== undefined && pod.containers.length > 0) return pod.containers;
  const names = new Set(pod.ports.map(({ container }) => container));
  return names.size === 0 ? ['main'] : [...names];
}

function phaseOf({ phase, status }: Pod): string {
  if (status !== undefined && status.reason !== '') return status.reason;
  return phase === 'Succeeded' ? 'Completed' : phase === 'Failed' ? 'Error' : phase;
}

function withDeletion({ meta, phase, status }: Pod, reason: string): string {
  if (!meta.deleting) return reason;
  if (status?.reason === 'NodeLost') return 'Unknown';
  return phase === 'Succeeded' || phase === 'Failed' ? reason : 'Terminating';
}

interface Told {
  readonly ready: number;
  readonly reason: string;
  readonly restarts: number;
}

function containersIn(pod: Pod, status: PodStatus): Told {
  const inits = initsIn(pod, status);
  if (inits.reason !== undefined && !status.initialized) return { ...inits, reason: inits.reason };
  let reason = inits.reason ?? (status.reason === '' ? pod.phase : status.reason);
  let { ready } = inits;
  let restarts = inits.sidecarRestarts;
  let running = false;
  for (const container of [...status.containers].reverse()) {
    restarts += container.restarts;
    const { state } = container;
    if (state.kind === 'waiting' && state.reason !== '') reason = state.reason;
    else if (state.kind === 'terminated') reason = state.reason === '' ? endOf(state) : state.reason;
    else if (state.kind === 'running' && container.ready) {
      running = true;
      ready++;
    }
  }
  // Back to Running where a container still runs.
  if (reason === 'Completed' && running) reason = status.readyCondition ? 'Running' : 'NotReady';
  return { ready, reason, restarts };
}

interface Inits {
  readonly ready: number;
  /** Undefined: every one has done its part. */
  readonly reason?: string;
  readonly restarts: number;
  readonly sidecarRestarts: number;
}

function initsIn({ initContainers = [] }: Pod, status: PodStatus): Inits {
  const sidecars = new Set(initContainers.filter(({ sidecar }) => sidecar).map(({ name }) => name));
  let ready = 0;
  let restarts = 0;
  let sidecarRestarts = 0;
  for (const [i, container] of status.initContainers.entries()) {
    const sidecar = sidecars.has(container.name);
    restarts += container.restarts;
    if (sidecar) sidecarRestarts += container.restarts;
    const { state } = container;
    if (state.kind === 'terminated' && state.exitCode === 0) continue;
    if (sidecar && container.started) {
      if (container.ready) ready++;
      continue;
    }
    return {
      ready,
      restarts,
      sidecarRestarts,
      reason: `Init:${initReason(state, i, initContainers.length)}`,
    };
  }
  return { ready, restarts, sidecarRestarts };
}

function initReason(state: ContainerStatus['state'], index: number, all: number): string {
  if (state.kind === 'terminated') return state.reason === '' ? endOf(state) : state.reason;
  if (state.kind === 'waiting' && state.reason !== '' && state.reason !== 'PodInitializing')
    return state.reason;
  return `${index}/${all}`;
}

function endOf({ signal, exitCode }: { readonly signal: number; readonly exitCode: number }): string {
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}
