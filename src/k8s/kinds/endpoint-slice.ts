import { type Family, familyOf, formatIp, type Ip } from '../../addr/index.ts';
import { checkNonSpecialIp, ipField } from '../address-fields.ts';
import type { Draft } from '../draft.ts';
import {
  at,
  child,
  duplicate,
  type Field,
  flag,
  integer,
  invalid,
  isPresent,
  items,
  notSupported,
  oneOf,
  records,
  required,
  text,
  tooMany,
} from '../field.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../objects.ts';
import { check, checkPort, dns1123Label, dns1123Subdomain, qualifiedName } from '../syntax.ts';
import { PROTOCOLS } from './container-ports.ts';
import { decodeMeta } from './meta.ts';

type AddressType = EndpointSlice['addressType'];
const ADDRESS_TYPES: readonly AddressType[] = ['FQDN', 'IPv4', 'IPv6'];

// pkg/apis/discovery/validation
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20000;
const MAX_ZONE_HINTS = 8;

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** Decodes an EndpointSlice as ValidateEndpointSlice takes it. */
export function decodeEndpointSlice(field: Field, draft: Draft): void {
  const meta = decodeMeta(field, { namespaced: true, nameRule: dns1123Subdomain });
  const typeField = child(field, 'addressType');
  const word = text(typeField) ?? '';
  const addressType = ADDRESS_TYPES.find((known) => known === word);
  if (addressType === undefined) {
    if (word === '') required(typeField);
    else notSupported(typeField, ADDRESS_TYPES);
  }
  const list = child(field, 'endpoints');
  const all = records(list);
  if (all.length > MAX_ENDPOINTS) tooMany(list, all.length, MAX_ENDPOINTS);
  const endpoints = all.slice(0, MAX_ENDPOINTS).map((item) => endpoint(item, addressType));
  draft.endpointSlices.push({
    object: {
      kind: 'EndpointSlice',
      meta,
      serviceName: meta.labels.get(SERVICE_NAME_LABEL) ?? '',
      addressType: addressType ?? 'IPv4',
      ports: slicePorts(child(field, 'ports')),
      endpoints,
    },
    field,
  });
}

function slicePorts(list: Field): readonly EndpointPort[] {
  const fields = records(list);
  if (fields.length > MAX_PORTS) tooMany(list, fields.length, MAX_PORTS);
  const names = new Set<string>();
  return fields.slice(0, MAX_PORTS).map((field) => {
    const port = endpointPort(field);
    // SetDefaults_EndpointPort: no name is the empty name.
    const name = port.name ?? '';
    if (names.has(name)) duplicate(child(field, 'name'), name);
    names.add(name);
    return { ...port, name };
  });
}

/** One port of a slice or of an Endpoints subset. */
export function endpointPort(field: Field): EndpointPort {
  const nameField = child(field, 'name');
  const name = text(nameField);
  if (name !== undefined && name !== '') check(nameField, name, dns1123Label);
  const portField = child(field, 'port');
  const port = integer(portField);
  if (port !== undefined) checkPort(portField, port);
  const appField = child(field, 'appProtocol');
  const appProtocol = text(appField);
  if (appProtocol !== undefined) check(appField, appProtocol, qualifiedName);
  return {
    ...(name === undefined ? {} : { name }),
    protocol: oneOf(child(field, 'protocol'), PROTOCOLS, 'TCP'),
    ...(port === undefined ? {} : { port }),
    ...(appProtocol === undefined ? {} : { appProtocol }),
  };
}

function endpoint(field: Field, addressType: AddressType | undefined): Endpoint {
  const conditions = child(field, 'conditions');
  const ready = flag(child(conditions, 'ready')) ?? true;
  const nodeField = child(field, 'nodeName');
  const nodeName = text(nodeField) ?? '';
  if (nodeName !== '') check(nodeField, nodeName, dns1123Subdomain);
  const hostField = child(field, 'hostname');
  const hostname = text(hostField) ?? '';
  if (hostname !== '') check(hostField, hostname, dns1123Label);
  const zones = hints(at(field, 'hints', 'forZones'));
  const nodes = hints(at(field, 'hints', 'forNodes'));
  const reference = targetRef(child(field, 'targetRef'));
  return {
    addresses: addresses(child(field, 'addresses'), addressType),
    ready,
    serving: flag(child(conditions, 'serving')) ?? ready,
    terminating: flag(child(conditions, 'terminating')) ?? false,
    hostname,
    nodeName,
    zone: text(child(field, 'zone')) ?? '',
    ...(zones === undefined ? {} : { zoneHints: zones }),
    ...(nodes === undefined ? {} : { nodeHints: nodes }),
    ...(reference === undefined ? {} : { targetRef: reference }),
  };
}

function addresses(list: Field, addressType: AddressType | undefined): readonly Ip[] {
  const fields = items(list);
  if (fields.length === 0 && (!isPresent(list) || Array.isArray(list.value))) {
    required(list, 'must contain at least 1 address');
  }
  if (fields.length > MAX_ADDRESSES) tooMany(list, fields.length, MAX_ADDRESSES);
  const ips: Ip[] = [];
  for (const item of fields) {
    const value = text(item);
    if (value === undefined || addressType === undefined) continue;
    if (addressType === 'FQDN') {
      check(item, value.replace(/\.$/, ''), dns1123Subdomain);
      continue;
    }
    const ip = endpointAddress(item, value, addressType === 'IPv4' ? 4 : 6);
    if (ip !== undefined) ips.push(ip);
  }
  return ips;
}

function endpointAddress(field: Field, value: string, family: Family): Ip | undefined {
  const ip = ipField(field, value);
  if (ip === undefined) return undefined;
  if (familyOf(ip) !== family) {
    const other = family === 4 ? 6 : 4;
    invalid(
      field,
      `must be a valid IPv${family} address`,
      `${formatIp(ip)} belongs in a slice of addressType IPv${other}`,
    );
    return undefined;
  }
  checkNonSpecialIp(field, ip);
  return ip;
}

function hints(list: Field): readonly string[] | undefined {
  if (!isPresent(list)) return undefined;
  const fields = records(list);
  if (fields.length > MAX_ZONE_HINTS) tooMany(list, fields.length, MAX_ZONE_HINTS);
  const names: string[] = [];
  for (const item of fields) {
    const field = child(item, 'name');
    const name = text(field) ?? '';
    if (name === '') required(field);
    else if (names.includes(name)) duplicate(field);
    else names.push(name);
  }
  return names.length === 0 ? undefined : names;
}

/** What an address belongs to, usually a Pod. */
export function targetRef(field: Field): Endpoint['targetRef'] {
  if (!isPresent(field)) return undefined;
  return {
    kind: text(child(field, 'kind')) ?? '',
    namespace: text(child(field, 'namespace')) ?? '',
    name: text(child(field, 'name')) ?? '',
  };
}
