import {
  type ClusterObjects,
  didYouMean,
  isFinished,
  matchLabels,
  noNetwork,
  type Pod,
  type Service,
  type ServicePort,
} from '../k8s/index.ts';
import type { Trace } from '../trace/index.ts';
import { editService, nameOf, type ObjectFault, podRef, refTo } from './object-fault.ts';
import type { Asked } from './promise.ts';

/** Pods that the selector means: running, with an address. */
function selected(objects: ClusterObjects, service: Service): Pod[] {
  const { selector, meta } = service;
  if (selector === undefined) return [];
  return objects.pods.filter(
    (p) => p.meta.namespace === meta.namespace && matchLabels(selector, p.meta.labels),
  );
}

/** A selector that no pod has: the slip of a key or value, or another label that would do. */
export function unselected(objects: ClusterObjects, service: Service): ObjectFault[] {
  const { selector, meta } = service;
  if (selector === undefined || selected(objects, service).length > 0) return [];
  const pods = objects.pods.filter((p) => p.meta.namespace === meta.namespace && !isFinished(p));
  const text = [...selector].map(([key, value]) => `${key}=${value}`).join(',');
  const elsewhere = objects.pods.find((p) => matchLabels(selector, p.meta.labels));
  const hint = elsewhere === undefined ? '' : `; ${nameOf(elsewhere)} is in another namespace`;
  const fault: ObjectFault = {
    object: refTo(service),
    field: 'spec.selector',
    what: `${text} matches no pod${hint}`,
  };
  const edits = slips(selector, pods, service).map(({ next, pod }): ObjectFault => {
    const shown = [...next].map(([key, value]) => `${key}: ${value}`).join(', ');
    const apply = editService(service, (s) => ({ ...s, selector: next }));
    return { ...fault, edit: { text: `spec.selector: {${shown}}, as ${nameOf(pod)} is labelled`, apply } };
  });
  return edits.length > 0 ? edits.slice(0, MOST_TRIED) : [fault];
}

/** A selector that may have been meant, and a pod that it matches. */
interface Slip {
  readonly next: ReadonlyMap<string, string>;
  readonly pod: Pod;
}

/**
 * The selector with one requirement changed, so that a pod matches it: another key with the same value, a value that
 * looks like what was written, or at last any value of a pod that declares the Service's targetPort.
 */
function slips(selector: ReadonlyMap<string, string>, pods: readonly Pod[], service: Service): Slip[] {
  const found: Slip[] = [];
  for (const [key, value] of selector) {
    const rest = new Map([...selector].filter(([k]) => k !== key));
    const among = pods.filter((p) => matchLabels(rest, p.meta.labels));
    const replaced = (k: string, v: string): Map<string, string> =>
      new Map([...selector].map(([oldKey, old]) => (oldKey === key ? [k, v] : [oldKey, old])));
    for (const pod of among)
      for (const [other, v] of pod.meta.labels)
        if (v === value && other !== key) found.push({ next: replaced(other, value), pod });
    const near = didYouMean(value, new Set(among.flatMap((p) => p.meta.labels.get(key) ?? [])));
    const likely = among.filter((p) => p.meta.labels.get(key) === near);
    for (const pod of [...likely.slice(0, 1), ...among.filter((p) => declaresTarget(p, service))]) {
      const there = pod.meta.labels.get(key);
      if (there === undefined || there === value) continue;
      if (found.some(({ next }) => next.get(key) === there)) continue;
      found.push({ next: replaced(key, there), pod });
    }
  }
  return found;
}

function declaresTarget(pod: Pod, service: Service): boolean {
  return pod.ports.some((c) =>
    service.ports.some((p) => p.protocol === c.protocol && [c.containerPort, c.name].includes(p.targetPort)),
  );
}

const MOST_TRIED = 5;

/** Values that pods have, what looks like the one that was written first. */
function nearestFirst(value: string, there: readonly (string | undefined)[]): string[] {
  const values = [...new Set(there.filter((v) => v !== undefined))];
  const near = didYouMean(value, values);
  return near === undefined
    ? values.slice(0, MOST_TRIED)
    : [near, ...values.filter((v) => v !== near)].slice(0, MOST_TRIED);
}

/** Pods that are meant and that are not ready, or not running any more, or placed nowhere. */
export function notReady(objects: ClusterObjects, service: Service): ObjectFault[] {
  const pods = selected(objects, service);
  if (pods.length === 0 || pods.some((p) => p.ready && !isFinished(p) && p.nodeName !== '')) return [];
  return pods.slice(0, MOST_TRIED).map((pod): ObjectFault => {
    if (isFinished(pod))
      return {
        object: podRef(pod),
        field: 'status.phase',
        what: `is ${pod.phase}: it has no network any more`,
      };
    const lacking = noNetwork(pod);
    if (lacking !== undefined)
      return { object: podRef(pod), field: pod.nodeName === '' ? 'spec' : 'status.phase', what: lacking.why };
    if (pod.nodeName === '') return { object: podRef(pod), field: 'spec.nodeName', what: 'is on no node' };
    const apply = (all: ClusterObjects): ClusterObjects => ({
      ...all,
      pods: all.pods.map((p) =>
        p.meta.name === pod.meta.name && p.meta.namespace === pod.meta.namespace
          ? { ...p, ready: true, phase: 'Running' }
          : p,
      ),
    });
    const more =
      pods.length === 1
        ? ''
        : `, as are all ${pods.length} pods of Service ${service.meta.namespace}/${service.meta.name}`;
    return {
      object: podRef(pod),
      field: 'status.conditions',
      what: `say that it is not ready${more}`,
      edit: {
        text: 'status.conditions: a condition Ready that is "True", which its readiness probe decides',
        apply,
      },
    };
  });
}

function portField(service: Service, port: ServicePort, field: string): string {
  return `spec.ports[${service.ports.indexOf(port)}].${field}`;
}

function editPort(
  service: Service,
  port: ServicePort,
  targetPort: number | string,
): (o: ClusterObjects) => ClusterObjects {
  const index = service.ports.indexOf(port);
  return editService(service, (s) => ({
    ...s,
    ports: s.ports.map((p, i) => (i === index ? { ...p, targetPort } : p)),
  }));
}

/** A targetPort by a name that no container port has. */
export function unknownPortName(objects: ClusterObjects, service: Service, port: ServicePort): ObjectFault[] {
  const { targetPort } = port;
  const pods = selected(objects, service).filter((p) => !isFinished(p));
  if (typeof targetPort !== 'string' || pods.length === 0) return [];
  if (pods.some((p) => p.ports.some((c) => c.name === targetPort && c.protocol === port.protocol))) return [];
  const names = pods.flatMap((p) =>
    p.ports.filter((c) => c.protocol === port.protocol && c.name !== '').map((c) => c.name),
  );
  const numbers = pods.flatMap((p) =>
    p.ports.filter((c) => c.protocol === port.protocol).map((c) => c.containerPort),
  );
  const tries: (string | number)[] = [...nearestFirst(targetPort, names), ...new Set(numbers)];
  const fault: ObjectFault = {
    object: refTo(service),
    field: portField(service, port, 'targetPort'),
    what: `"${targetPort}" is the name of no container port`,
  };
  if (tries.length === 0) return [fault];
  return tries.slice(0, MOST_TRIED).map((next) => ({
    ...fault,
    edit: {
      text: `${fault.field}: ${next}`,
      apply: editPort(service, port, next),
    },
  }));
}

/** A targetPort that the pods do not listen on. */
export function deafEndpoints(
  objects: ClusterObjects,
  service: Service,
  port: ServicePort,
  trace: Trace,
): ObjectFault[] {
  if (!trace.paths.some((path) => path.reason === 'NO_LISTENER')) return [];
  const pods = selected(objects, service).filter((p) => !isFinished(p));
  const declared = pods.flatMap((p) => p.ports.filter((c) => c.protocol === port.protocol));
  const field = portField(service, port, 'targetPort');
  const list = [
    ...new Set(
      declared.map((c) => (c.name === '' ? `${c.containerPort}` : `${c.containerPort} (${c.name})`)),
    ),
  ];
  const stated = `podwalk.dev/listens: ${port.protocol.toLowerCase()}/${port.targetPort}`;
  const fault: ObjectFault = {
    object: refTo(service),
    field,
    what: `${port.targetPort} is a port on which its pods are not taken to listen: they declare ${list.join(', ') || 'none'} (if they listen there undeclared, the annotation ${stated} says so)`,
  };
  const probed = new Set(pods.flatMap(({ evidence = [] }) => evidence.map((one) => one.port)));
  // A port for measurements or probes is nobody's targetPort by mistake: to offer it would be to guess.
  const serving = declared.filter(({ name, containerPort }) => !isAside(name, containerPort, probed));
  const tries = [...new Set(serving.map((c) => c.containerPort))].filter((n) => n !== port.targetPort);
  if (tries.length === 0) return [fault];
  return tries.slice(0, MOST_TRIED).map((next) => ({
    ...fault,
    edit: { text: `${field}: ${next}`, apply: editPort(service, port, next) },
  }));
}

const ASIDE =
  /metric|prom|monitor|stats|telemetry|health|probe|live|ready|status|admin|debug|pprof|profil|trace|jmx/i;
const USUAL = new Set([9090, 9091, 9100, 9102, 15000, 15020, 15021, 15090, 8081, 6060]);

/** Whether a port serves measurements, probes or people who debug, by its name, or nameless by its number and use. */
function isAside(name: string, number: number, probed: ReadonlySet<number>): boolean {
  if (ASIDE.test(name)) return true;
  return name === '' && USUAL.has(number) && (number >= 9000 || probed.has(number));
}

/** A pod that was asked on a port that it does not declare. */
export function deafPod(objects: ClusterObjects, { destination }: Asked, trace: Trace): ObjectFault[] {
  if (!trace.paths.some((path) => path.reason === 'NO_LISTENER')) return [];
  const pod = objects.pods.find((p) => !p.hostNetwork && !isFinished(p) && p.podIPs.includes(destination.ip));
  if (pod === undefined) return [];
  const ports = pod.ports.map((c) => `${c.containerPort}/${c.protocol.toLowerCase()}`);
  return [
    {
      object: podRef(pod),
      field: 'spec.containers',
      what: `declares no port ${destination.port}/${destination.protocol}; its ports: ${ports.join(', ') || 'none'} (if it listens there undeclared, the annotation podwalk.dev/listens: ${destination.protocol}/${destination.port} says so)`,
    },
  ];
}
