import type { Ip } from '../../addr/index.ts';
import { parseIp } from '../../addr/index.ts';
import { child, type Field, isPresent, isRecord } from '../field.ts';
import type { ContainerStatus, PodStatus, Unscheduled } from '../objects.ts';

/**
 * The parts of a pod's status that say how far it came. They are kubelet's and the scheduler's own words, which the
 * API server takes as they are: what is malformed here is passed over.
 */

export type PodConditions = ReadonlyMap<string, PodCondition>;

interface PodCondition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Conditions by type; of one type the first. */
export function podConditions(status: Field): PodConditions {
  const found = new Map<string, PodCondition>();
  for (const one of recordsIn(status, 'conditions')) {
    const type = string(one['type']);
    if (type === '' || found.has(type)) continue;
    found.set(type, {
      status: string(one['status']),
      reason: string(one['reason']),
      message: string(one['message']),
    });
  }
  return found;
}

/** What the scheduler says of a pod without a node; gates of the spec keep it from looking (SchedulingGates). */
export function unscheduledOf(spec: Field, conditions: PodConditions): Unscheduled | undefined {
  const scheduled = conditions.get('PodScheduled');
  if (scheduled?.status === 'False') {
    return { reason: scheduled.reason || 'Unschedulable', message: scheduled.message, by: 'status' };
  }
  const gates = child(spec, 'schedulingGates').value;
  if (!Array.isArray(gates) || gates.length === 0) return undefined;
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  return { reason: 'SchedulingGated', message, by: 'status' };
}

/** Undefined where the status says nothing that a printer would show. */
export function podStatus(status: Field, conditions: PodConditions): PodStatus | undefined {
  const initContainers = recordsIn(status, 'initContainerStatuses').map(containerStatus);
  const containers = recordsIn(status, 'containerStatuses').map(containerStatus);
  const reason = string(child(status, 'reason').value);
  if (initContainers.length + containers.length === 0 && reason === '') return undefined;
  return {
    reason,
    message: string(child(status, 'message').value),
    initContainers,
    containers,
    initialized: conditions.get('Initialized')?.status === 'True',
    readyCondition: conditions.get('Ready')?.status === 'True',
  };
}

function containerStatus(status: Readonly<Record<string, unknown>>): ContainerStatus {
  return {
    name: string(status['name']),
    ready: status['ready'] === true,
    started: status['started'] === true,
    restarts: number(status['restartCount']),
    state: stateOf(status['state']),
  };
}

function stateOf(state: unknown): ContainerStatus['state'] {
  if (!isRecord(state)) return { kind: 'none' };
  const { waiting, running, terminated } = state;
  if (isRecord(waiting)) return { kind: 'waiting', reason: string(waiting['reason']) };
  if (isRecord(terminated)) {
    return {
      kind: 'terminated',
      reason: string(terminated['reason']),
      exitCode: number(terminated['exitCode']),
      signal: number(terminated['signal']),
    };
  }
  return isRecord(running) ? { kind: 'running' } : { kind: 'none' };
}

/** The addresses of the pod's node: hostIP, and from 1.29 on hostIPs, one a family. */
export function hostIPs(status: Field): readonly Ip[] {
  const texts = [
    string(child(status, 'hostIP').value),
    ...recordsIn(status, 'hostIPs').map((one) => string(one['ip'])),
  ];
  const found: Ip[] = [];
  for (const text of texts) {
    const ip = text === '' ? undefined : parseIp(text);
    if (ip !== undefined && !found.some((other) => typeof other === typeof ip)) found.push(ip);
  }
  return found;
}

function recordsIn(field: Field, key: string): readonly Readonly<Record<string, unknown>>[] {
  const list = child(field, key);
  return isPresent(list) && Array.isArray(list.value) ? list.value.filter(isRecord) : [];
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) ? value : 0;
}
