import type { Ip } from '../../addr/index.ts';
import {
  type EndpointSlice,
  isFinished,
  matchLabels,
  type Pod,
  type Protocol,
  type Service,
} from '../../k8s/index.ts';
import type { ObjectRef } from '../../kernel/index.ts';

/** A port that something sends to, and the object that says so. */
export interface AssumedPort {
  readonly protocol: Protocol;
  readonly port: number;
  readonly object: ObjectRef;
  readonly field: string;
}

/** Looks up the ports that are sent to a pod. */
export type AssumedPorts = (pod: Pod) => AssumedPort[];

/**
 * An index over Services (by one pair of their selector) and EndpointSlices (by target and by address), so that
 * asking for one pod does not read them all. An address that several pods share, as those on their node's network
 * do, says nothing about any of them.
 */
export function assumedPorts(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  pods: readonly Pod[],
): AssumedPorts {
  const holders = new Map<Ip, number>();
  for (const pod of pods) {
    if (isFinished(pod) || pod.ports.length > 0) continue;
    for (const ip of pod.podIPs) holders.set(ip, (holders.get(ip) ?? 0) + 1);
  }
  const bySelector = new Map<string, Service[]>();
  for (const service of services) {
    const [pair] = service.selector ?? [];
    if (service.selector === undefined || pair === undefined) continue;
    push(bySelector, key(service.meta.namespace, pair), service);
  }
  const byTarget = new Map<string, EndpointSlice[]>();
  const byAddress = new Map<Ip, EndpointSlice[]>();
  for (const slice of slices) {
    for (const endpoint of slice.endpoints) {
      const target = endpoint.targetRef;
      if (target?.kind === 'Pod') push(byTarget, `${target.namespace}/${target.name}`, slice);
      else if (target === undefined) for (const ip of endpoint.addresses) push(byAddress, ip, slice);
    }
  }
  return (pod) => {
    const { namespace, name, labels } = pod.meta;
    const found = new Map<string, AssumedPort>();
    const add = (port: AssumedPort): void => {
      const id = `${port.protocol}/${port.port}`;
      if (!found.has(id)) found.set(id, port);
    };
    for (const pair of labels) {
      for (const service of bySelector.get(key(namespace, pair)) ?? []) {
        if (service.selector !== undefined && matchLabels(service.selector, labels)) addService(service, add);
      }
    }
    const sending = [
      ...(byTarget.get(`${namespace}/${name}`) ?? []),
      ...pod.podIPs.flatMap((ip) => (holders.get(ip) === 1 ? (byAddress.get(ip) ?? []) : [])),
    ];
    for (const slice of sending) addSlice(slice, add);
    return [...found.values()];
  };
}

function addService(service: Service, add: (port: AssumedPort) => void): void {
  const { namespace, name } = service.meta;
  service.ports.forEach(({ protocol, targetPort }, i) => {
    // A name stands for a declared container port, and this pod declares none.
    if (typeof targetPort !== 'number') return;
    const field = `spec.ports[${i}].targetPort`;
    add({ protocol, port: targetPort, object: { kind: 'Service', namespace, name }, field });
  });
}

function addSlice(slice: EndpointSlice, add: (port: AssumedPort) => void): void {
  const { namespace, name } = slice.meta;
  slice.ports.forEach(({ protocol, port }, i) => {
    if (port === undefined) return;
    add({ protocol, port, object: { kind: 'EndpointSlice', namespace, name }, field: `ports[${i}].port` });
  });
}

function key(namespace: string, [label, value]: readonly [string, string]): string {
  return JSON.stringify([namespace, label, value]);
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else if (list.at(-1) !== value) list.push(value);
}
