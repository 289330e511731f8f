import {
  child,
  duplicate,
  type Field,
  forbidden,
  integer,
  invalid,
  isPresent,
  oneOf,
  records,
  required,
  tell,
  text,
} from '../field.ts';
import type { ServicePort, ServiceType } from '../objects.ts';
import { check, checkPort, dns1123Label, portName, qualifiedName } from '../syntax.ts';
import { PROTOCOLS } from './container-ports.ts';

const KUBELET_PORT = 10250;

/** spec.ports, defaulted, with the checks of ValidateService and validateServicePort. */
export function servicePorts(spec: Field, type: ServiceType, headless: boolean): readonly ServicePort[] {
  const list = child(spec, 'ports');
  const fields = records(list);
  if (
    fields.length === 0 &&
    !headless &&
    type !== 'ExternalName' &&
    (!isPresent(list) || Array.isArray(list.value))
  ) {
    required(list);
  }
  const names = new Set<string>();
  const ports = new Set<string>();
  const nodePorts = new Set<string>();
  return fields.map((field) => {
    const decoded = servicePort(field, fields.length > 1, names);
    const { protocol, port, nodePort } = decoded;
    if (port !== 0 && ports.has(`${protocol}/${port}`)) duplicate(field, `${port}/${protocol}`);
    ports.add(`${protocol}/${port}`);
    const nodePortField = child(field, 'nodePort');
    if (nodePort !== 0) {
      if (nodePorts.has(`${protocol}/${nodePort}`)) duplicate(nodePortField);
      nodePorts.add(`${protocol}/${nodePort}`);
      if (type === 'ClusterIP') {
        forbidden(
          nodePortField,
          "may not be used when `type` is 'ClusterIP'",
          'remove it, or set type: NodePort',
        );
      }
    }
    if (type === 'LoadBalancer' && port === KUBELET_PORT) {
      invalid(field, `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`);
    }
    return decoded;
  });
}

function servicePort(field: Field, nameNeeded: boolean, names: Set<string>): ServicePort {
  const nameField = child(field, 'name');
  const name = text(nameField) ?? '';
  if (name === '') {
    if (nameNeeded) required(nameField, undefined, 'a Service of several ports needs a name for each');
  } else if (check(nameField, name, dns1123Label)) {
    if (names.has(name)) duplicate(nameField);
    names.add(name);
  }
  const portField = child(field, 'port');
  const port = integer(portField);
  if (!isPresent(portField)) required(portField);
  else checkPort(portField, port);
  const nodePortField = child(field, 'nodePort');
  const nodePort = integer(nodePortField) ?? 0;
  const nodePortFine = nodePort === 0 || checkPort(nodePortField, nodePort);
  if (nodePort !== 0 && nodePortFine) warnNodePortRange(nodePortField, nodePort);
  const appField = child(field, 'appProtocol');
  const appProtocol = text(appField);
  if (appProtocol !== undefined) check(appField, appProtocol, qualifiedName);
  return {
    name,
    protocol: oneOf(child(field, 'protocol'), PROTOCOLS, 'TCP'),
    port: port ?? 0,
    targetPort: targetPort(child(field, 'targetPort'), port ?? 0),
    nodePort: nodePortFine ? nodePort : 0,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  };
}

/** An int-or-string; absent, 0 and "" mean the port itself. */
function targetPort(field: Field, port: number): number | string {
  const { value } = field;
  if (value === undefined || value === 0 || value === '') return port;
  if (typeof value === 'string') {
    if (/^\d+$/.test(value)) {
      // The type is IntOrString: a quoted number is a name, and a name needs a letter.
      invalid(field, 'must contain at least one letter (a-z)', `write ${value} without quotes`);
      return port;
    }
    check(field, value, portName);
    return value;
  }
  const number = integer(field);
  return checkPort(field, number) ? (number ?? port) : port;
}

/** Tells of a node port outside the default --service-node-port-range: only another range allows it. */
function warnNodePortRange(field: Field, port: number): void {
  if (port >= 30000 && port <= 32767) return;
  tell(
    field,
    'warning',
    'PW213',
    `Invalid value: ${port}: provided port is not in the valid range. The range of valid ports is 30000-32767`,
    'fine if the API server runs with another --service-node-port-range',
  );
}
