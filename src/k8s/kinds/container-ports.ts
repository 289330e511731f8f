import { formatIp } from '../../addr/index.ts';
import { ipField } from '../address-fields.ts';
import {
  child,
  duplicate,
  type Field,
  integer,
  invalid,
  isPresent,
  isRecord,
  oneOf,
  pathOf,
  pathText,
  records,
  required,
  tell,
  text,
} from '../field.ts';
import type { ContainerPort, InitContainer, Protocol } from '../objects.ts';
import { check, checkPort, dns1123Label, portName } from '../syntax.ts';

export const PROTOCOLS: readonly Protocol[] = ['SCTP', 'TCP', 'UDP'];

/** Ports of the containers, and of the init containers that keep running (sidecars: restartPolicy Always). */
export function containerPorts(spec: Field, hostNetwork: boolean): readonly ContainerPort[] {
  const ports: ContainerPort[] = [];
  const containers = child(spec, 'containers');
  if (
    isPresent(spec) &&
    (!isPresent(containers) || (Array.isArray(containers.value) && containers.value.length === 0))
  ) {
    required(containers);
  }
  const names = new Set<string>();
  const held: Held = { ports: new Map(), hostPorts: new Set() };
  const inits = records(child(spec, 'initContainers'));
  const sidecars = inits.filter((init) => child(init, 'restartPolicy').value === 'Always');
  for (const container of [...records(containers), ...sidecars]) {
    const nameField = child(container, 'name');
    const name = text(nameField) ?? '';
    if (name === '') required(nameField);
    else if (check(nameField, name, dns1123Label) && names.has(name)) duplicate(nameField);
    names.add(name);
    const portNames = new Set<string>();
    for (const field of records(child(container, 'ports'))) {
      const port = containerPort(field, name, portNames, hostNetwork);
      ports.push(port);
      checkHeld(field, port, held);
    }
  }
  return ports;
}

/** Names of the same containers; what is wrong with them is told where their ports are read. */
export function containerNames(spec: Field): string[] {
  const all = ['containers', 'initContainers'].flatMap((key) => {
    const { value } = child(spec, key);
    const list: readonly unknown[] = Array.isArray(value) ? value : [];
    return list.filter(isRecord).filter((one) => key === 'containers' || one['restartPolicy'] === 'Always');
  });
  return all.map(({ name }) => (typeof name === 'string' ? name : ''));
}

/** The init containers, those that end and those that do not. */
export function initContainers(spec: Field): InitContainer[] {
  const { value } = child(spec, 'initContainers');
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return list.filter(isRecord).map(({ name, restartPolicy }) => ({
    name: typeof name === 'string' ? name : '',
    sidecar: restartPolicy === 'Always',
  }));
}

/** What the containers of one pod hold already. */
interface Held {
  /** Protocol and number -> where it was declared first. */
  readonly ports: Map<string, string>;
  readonly hostPorts: Set<string>;
}

/** AccumulateUniqueHostPorts, and the warning of pkg/api/pod about a port that two containers declare. */
function checkHeld(field: Field, port: ContainerPort, held: Held): void {
  if (port.containerPort === 0) return;
  const key = `${port.protocol}/${port.containerPort}`;
  const first = held.ports.get(key);
  if (first === undefined) held.ports.set(key, pathText(pathOf(field)));
  else {
    tell(
      field,
      'warning',
      'PW216',
      `duplicate port definition with ${first}: containers of one pod share its ports`,
      'give each container ports of its own',
    );
  }
  if (port.hostPort === 0) return;
  const address = port.hostIP === undefined ? '' : formatIp(port.hostIP);
  const host = `${port.protocol}/${address}/${port.hostPort}`;
  if (held.hostPorts.has(host)) duplicate(child(field, 'hostPort'), host);
  held.hostPorts.add(host);
}

function containerPort(
  field: Field,
  container: string,
  names: Set<string>,
  hostNetwork: boolean,
): ContainerPort {
  const nameField = child(field, 'name');
  const name = text(nameField) ?? '';
  if (name !== '' && check(nameField, name, portName)) {
    if (names.has(name)) duplicate(nameField);
    names.add(name);
  }
  const portField = child(field, 'containerPort');
  const number = integer(portField);
  if (number === 0 || !isPresent(portField)) required(portField);
  else checkPort(portField, number);
  const hostField = child(field, 'hostPort');
  const given = integer(hostField) ?? 0;
  if (given !== 0) checkPort(hostField, given);
  if (hostNetwork && given !== 0 && given !== number) {
    invalid(hostField, 'must match `containerPort` when `hostNetwork` is true');
  }
  const hostIPField = child(field, 'hostIP');
  const hostIP = hostIPField.value === '' ? undefined : ipField(hostIPField);
  return {
    container,
    name,
    containerPort: number ?? 0,
    protocol: oneOf(child(field, 'protocol'), PROTOCOLS, 'TCP'),
    // Defaulting: the ports of a host-network pod are host ports.
    hostPort: hostNetwork ? (number ?? 0) : given,
    ...(hostIP === undefined ? {} : { hostIP }),
  };
}
