import type { Diagnostic } from '../diagnostics.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { ContainerPort, Pod, Service, ServicePort } from '../objects.ts';
import { listed, podName, tellOf } from './advice.ts';

/** Ports that people declare for those who look after a program; that they are there says nothing of its own ports. */
const SIDE_PORT = /metric|prom|health|status|probe|admin|debug|pprof|monitor|live|ready|telemetry/;

/**
 * targetPorts that the selected pods do not have (PW322): names, which only a declaration gives, and numbers that no pod
 * declares though all declare ports. A declaration of a number is information only: a warning where the Service reaches
 * nothing that is declared, a note where another of its ports does, or where the pods declare side ports alone.
 */
export function checkTargetPorts(service: Service, selected: readonly Pod[]): Diagnostic[] {
  if (selected.length === 0) return [];
  const declared = distinct(selected);
  const reaches = service.ports.some(({ targetPort, protocol }) =>
    declared.some(
      (port) => (port.containerPort === targetPort || port.name === targetPort) && port.protocol === protocol,
    ),
  );
  const aside = declared.every(({ name }) => SIDE_PORT.test(name));
  return service.ports.flatMap((port, i) => {
    const found =
      typeof port.targetPort === 'string'
        ? namedPort(port, port.targetPort, selected)
        : numberedPort(port, port.targetPort, selected);
    if (found === undefined) return [];
    // Who looks a headless Service up gets addresses, and chooses the port himself.
    const harmless = service.headless || (typeof port.targetPort === 'number' && (reaches || aside));
    const severity = harmless && !found.slip ? 'note' : 'warning';
    const { meta } = service;
    const name = port.name === '' ? `${port.port}` : `"${port.name}"`;
    const message = `port ${name} of Service ${meta.namespace}/${meta.name}: ${found.problem}`;
    return [tellOf(severity, meta, ['spec', 'ports', i, 'targetPort'], 'PW322', message, found.fix)];
  });
}

interface Found {
  readonly problem: string;
  readonly fix: string;
  /** Whether a declared port is nearly the one that is written. */
  readonly slip: boolean;
}

function namedPort({ protocol }: ServicePort, name: string, selected: readonly Pod[]): Found | undefined {
  const lacking = selected.filter(
    (pod) => !pod.ports.some((port) => port.name === name && port.protocol === protocol),
  );
  if (lacking.length === 0) return undefined;
  if (lacking.length < selected.length) {
    return {
      problem: `only ${selected.length - lacking.length} of ${selected.length} pods have a ${protocol} port named "${name}"`,
      fix: `add it to ${listed(lacking.map(podName))}: they get nothing`,
      slip: false,
    };
  }
  const ports = distinct(selected);
  const other = ports.find((port) => port.name === name);
  const near = didYouMean(
    name,
    ports.filter((port) => port.protocol === protocol && port.name !== '').map((port) => port.name),
  );
  return {
    problem: `no selected pod has a ${protocol} port named "${name}"`,
    fix:
      other !== undefined
        ? `the port of that name is ${other.protocol}`
        : near !== undefined
          ? `did you mean "${near}"?`
          : have(ports, 'name a container port, or write its number'),
    slip: near !== undefined,
  };
}

function numberedPort(
  { protocol, port: own }: ServicePort,
  number: number,
  selected: readonly Pod[],
): Found | undefined {
  if (selected.some((pod) => pod.ports.length === 0)) return undefined;
  const serving = selected.filter((pod) => listensOn(pod, number, protocol));
  if (serving.length > 0) return undefined;
  const ports = distinct(selected);
  const other = ports.find((port) => port.containerPort === number);
  const near = didYouMean(
    `${number}`,
    ports.filter((port) => port.protocol === protocol).map((port) => `${port.containerPort}`),
  );
  const unset = own === number ? ' (the port itself, where targetPort says no other)' : '';
  const meant =
    other !== undefined
      ? `${number} is declared for ${other.protocol}`
      : near !== undefined
        ? `did you mean targetPort: ${near}?`
        : have(ports, 'write targetPort');
  return {
    problem: `no selected pod declares the target port ${number}/${protocol}${unset}: it is refused, unless the program listens there undeclared`,
    fix: `${meant}${meant.endsWith('?') ? '' : ';'} if it listens on ${number}, add it to the container's ports, or say so with the annotation podwalk.dev/listens: ${protocol.toLowerCase()}/${number}`,
    slip: near !== undefined,
  };
}

/** Whether a pod declares a port, or something else of it says that it listens there. */
function listensOn(
  { ports, evidence = [] }: Pod,
  number: number,
  protocol: ServicePort['protocol'],
): boolean {
  return (
    ports.some((port) => port.containerPort === number && port.protocol === protocol) ||
    evidence.some((one) => one.port === number && one.protocol === protocol && !one.loopback)
  );
}

/** The ports that the pods declare, each once. */
function distinct(selected: readonly Pod[]): readonly ContainerPort[] {
  const found = new Map<string, ContainerPort>();
  for (const pod of selected) {
    for (const port of pod.ports) found.set(`${port.name}/${port.containerPort}/${port.protocol}`, port);
  }
  return [...found.values()];
}

function have(ports: readonly ContainerPort[], otherwise: string): string {
  if (ports.length === 0) return otherwise;
  const shown = ports.map(({ name, containerPort, protocol }) =>
    name === '' ? `${containerPort}/${protocol}` : `${containerPort}/${protocol} (${name})`,
  );
  return `the pods have ${listed(shown)}`;
}
