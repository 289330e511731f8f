import { type Family, familyOf } from '../../addr/index.ts';
import { checkNonSpecialIp, ipField } from '../address-fields.ts';
import type { Draft } from '../draft.ts';
import { child, type Field, isPresent, records, required, text } from '../field.ts';
import type { Endpoint, EndpointPort, EndpointSlice, Meta } from '../objects.ts';
import { check, dns1123Label, dns1123Subdomain } from '../syntax.ts';
import { endpointPort, targetRef } from './endpoint-slice.ts';
import { decodeMeta } from './meta.ts';

/**
 * Decodes an Endpoints object (ValidateEndpoints) into the slices that mirroring would make of it: one a subset
 * and family. mirror-endpoints.ts decides whether they are used.
 */
export function decodeEndpoints(field: Field, draft: Draft): void {
  const meta = decodeMeta(field, { namespaced: true, nameRule: dns1123Subdomain });
  const slices = records(child(field, 'subsets')).flatMap((subset) => subsetSlices(subset, meta));
  draft.endpoints.push({ object: { meta, slices }, field });
}

function subsetSlices(subset: Field, meta: Meta): EndpointSlice[] {
  const ready = records(child(subset, 'addresses')).map((item) => address(item, true));
  const notReady = records(child(subset, 'notReadyAddresses')).map((item) => address(item, false));
  if (ready.length === 0 && notReady.length === 0) {
    required(subset, 'must specify `addresses` or `notReadyAddresses`');
  }
  const portFields = records(child(subset, 'ports'));
  const ports = portFields.map((field): EndpointPort => {
    const port = endpointPort(field);
    if (!isPresent(child(field, 'port'))) required(child(field, 'port'));
    const name = port.name ?? '';
    if (name === '' && portFields.length > 1) required(child(field, 'name'));
    return { ...port, name };
  });
  const endpoints = [...ready, ...notReady].filter((endpoint) => endpoint !== undefined);
  const families: Family[] = [4, 6];
  return families.flatMap((family): EndpointSlice[] => {
    const own = endpoints.filter((e) => e.addresses.some((ip) => familyOf(ip) === family));
    if (own.length === 0) return [];
    return [
      {
        kind: 'EndpointSlice',
        meta,
        serviceName: meta.name,
        addressType: family === 4 ? 'IPv4' : 'IPv6',
        ports,
        endpoints: own,
      },
    ];
  });
}

function address(field: Field, ready: boolean): Endpoint | undefined {
  const ipText = child(field, 'ip');
  if (!isPresent(ipText)) required(ipText);
  const ip = ipField(ipText);
  if (ip !== undefined) checkNonSpecialIp(ipText, ip);
  const nodeField = child(field, 'nodeName');
  const nodeName = text(nodeField) ?? '';
  if (nodeName !== '') check(nodeField, nodeName, dns1123Subdomain);
  const hostField = child(field, 'hostname');
  const hostname = text(hostField) ?? '';
  if (hostname !== '') check(hostField, hostname, dns1123Label);
  const reference = targetRef(child(field, 'targetRef'));
  if (ip === undefined) return undefined;
  return {
    addresses: [ip],
    ready,
    serving: ready,
    terminating: false,
    hostname,
    nodeName,
    zone: '',
    ...(reference === undefined ? {} : { targetRef: reference }),
  };
}
