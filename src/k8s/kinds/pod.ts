import { familyOf, formatIp, type Ip } from '../../addr/index.ts';
import { ipField } from '../address-fields.ts';
import type { Draft } from '../draft.ts';
import {
  at,
  child,
  duplicate,
  EMPTY_MAP,
  type Field,
  flag,
  integer,
  invalid,
  isMapping,
  isPresent,
  oneOf,
  records,
  required,
  tell,
  text,
} from '../field.ts';
import type { ContainerPort, PodPhase, Protocol } from '../objects.ts';
import { check, checkLabels, checkPort, dns1123Label, dns1123Subdomain, portName } from '../syntax.ts';
import { decodeMeta } from './meta.ts';

export const PROTOCOLS: readonly Protocol[] = ['SCTP', 'TCP', 'UDP'];
const PHASES: readonly PodPhase[] = ['Failed', 'Pending', 'Running', 'Succeeded', 'Unknown'];

export function decodePod(field: Field, draft: Draft): void {
  const meta = decodeMeta(field, { namespaced: true, nameRule: dns1123Subdomain });
  const spec = child(field, 'spec');
  const status = child(field, 'status');
  if (!isMapping(spec) && !isPresent(spec)) required(spec);
  isMapping(status);
  const hostNetwork = flag(child(spec, 'hostNetwork')) ?? false;
  // A manifest without a status describes a pod that will run; a Running one without conditions is taken as ready.
  const phase = oneOf(child(status, 'phase'), PHASES, 'Running');
  const nodeName = optionalName(child(spec, 'nodeName'), dns1123Subdomain);
  const selector = child(spec, 'nodeSelector');
  draft.pods.push({
    object: {
      kind: 'Pod',
      meta,
      nodeName,
      hostNetwork,
      phase,
      podIPs: podIPs(status),
      ready: isReady(status, phase),
      ports: containerPorts(spec, hostNetwork),
      nodeSelector: isPresent(selector) ? checkLabels(selector) : EMPTY_MAP,
      hostname: optionalName(child(spec, 'hostname'), dns1123Label),
      subdomain: optionalName(child(spec, 'subdomain'), dns1123Label),
      serviceAccountName:
        text(child(spec, 'serviceAccountName')) || text(child(spec, 'serviceAccount')) || 'default',
    },
    field,
  });
}

function optionalName(field: Field, rule: (value: string) => string | undefined): string {
  const name = text(field) ?? '';
  if (name !== '') check(field, name, rule);
  return name;
}

function podIPs(status: Field): readonly Ip[] {
  const single = child(status, 'podIP');
  const first = text(single) ?? '';
  const list = records(child(status, 'podIPs'));
  // Conversion v1 -> internal: where they differ, podIP is authoritative, for older kubelets.
  if (first !== '' && child(list[0] ?? status, 'ip').value !== first) {
    if (list.length > 0) {
      tell(
        single,
        'warning',
        'PW214',
        `Invalid value: "${first}": it differs from podIPs[0].ip, which is ignored`,
        'make status.podIP and status.podIPs[0].ip the same',
      );
    }
    const ip = ipField(single, first);
    return ip === undefined ? [] : [ip];
  }
  const ips: Ip[] = [];
  for (const item of list) {
    const ip = ipField(child(item, 'ip'));
    if (ip === undefined) continue;
    if (ips.some((other) => familyOf(other) === familyOf(ip))) {
      const field = child(item, 'ip');
      if (ips.includes(ip)) duplicate(field);
      else invalid({ ...field, value: formatIp(ip) }, 'may specify no more than one IP for each IP family');
      continue;
    }
    ips.push(ip);
  }
  return ips;
}

function isReady(status: Field, phase: PodPhase): boolean {
  for (const condition of records(child(status, 'conditions'))) {
    if (text(child(condition, 'type')) === 'Ready') return child(condition, 'status').value === 'True';
  }
  return phase === 'Running';
}

/** Ports of the containers, and of the init containers that keep running (sidecars: restartPolicy Always). */
function containerPorts(spec: Field, hostNetwork: boolean): readonly ContainerPort[] {
  const ports: ContainerPort[] = [];
  const containers = child(spec, 'containers');
  if (
    isPresent(spec) &&
    (!isPresent(containers) || (Array.isArray(containers.value) && containers.value.length === 0))
  ) {
    required(containers);
  }
  const names = new Set<string>();
  const inits = records(child(spec, 'initContainers'));
  const sidecars = inits.filter((init) => child(init, 'restartPolicy').value === 'Always');
  for (const container of [...records(containers), ...sidecars]) {
    const nameField = child(container, 'name');
    const name = text(nameField) ?? '';
    if (name === '') required(nameField);
    else if (check(nameField, name, dns1123Label) && names.has(name)) duplicate(nameField);
    names.add(name);
    const portNames = new Set<string>();
    for (const port of records(child(container, 'ports'))) {
      ports.push(containerPort(port, name, portNames, hostNetwork));
    }
  }
  return ports;
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

/** Field of a pod's address, for diagnostics across objects. */
export function podIpField(root: Field): Field {
  const single = at(root, 'status', 'podIP');
  return isPresent(single) ? single : at(root, 'status', 'podIPs');
}
