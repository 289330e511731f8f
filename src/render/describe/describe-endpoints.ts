import { formatIp } from '../../addr/index.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../k8s/index.ts';
import { type Column, formatTable } from '../columns.ts';
import type { Endpoints } from '../endpoints.ts';
import { metadataFields } from './metadata.ts';
import { type Field, formatFields, formatSection } from './page.ts';

const PORT_COLUMNS: readonly Column<EndpointPort>[] = [
  { head: 'NAME', value: ({ name }) => name || '<unset>' },
  { head: 'PORT', value: ({ port }) => (port === undefined ? '<unset>' : `${port}`) },
  { head: 'PROTOCOL', value: ({ protocol }) => protocol },
];

function portTable(ports: readonly EndpointPort[]): string {
  return formatSection('Ports', ports.length === 0 ? '' : formatTable(PORT_COLUMNS, ports));
}

/** What `kubectl describe endpointslice` says. */
export function describeSlice(slice: EndpointSlice): string {
  const fields: Field[] = [...metadataFields(slice.meta), ['AddressType', slice.addressType]];
  const endpoints = slice.endpoints.map(
    (endpoint) => `- ${formatFields(endpointFields(endpoint), 2).trimStart()}`,
  );
  return `${formatFields(fields)}${portTable(slice.ports)}${formatSection('Endpoints', endpoints.join(''))}`;
}

function endpointFields({ addresses, ready, serving, terminating, ...endpoint }: Endpoint): Field[] {
  const { targetRef, zoneHints } = endpoint;
  return [
    ['Addresses', addresses.map(formatIp).join(', ')],
    ['Conditions', `Ready ${ready}, Serving ${serving}, Terminating ${terminating}`],
    ['Hostname', endpoint.hostname],
    ...(targetRef === undefined
      ? []
      : [['TargetRef', `${targetRef.kind}/${targetRef.name}`] satisfies Field]),
    ['NodeName', endpoint.nodeName],
    ['Zone', endpoint.zone],
    ...(zoneHints === undefined ? [] : [['Hints', zoneHints.join(',')] satisfies Field]),
  ];
}

/** What `kubectl describe endpoints` says. */
export function describeEndpoints({ meta, subsets }: Endpoints): string {
  const parts = subsets.map(({ addresses, notReadyAddresses, ports }) => {
    const fields: Field[] = [
      ['Addresses', addresses.map(({ ip }) => formatIp(ip)).join(',')],
      ['NotReadyAddresses', notReadyAddresses.map(({ ip }) => formatIp(ip)).join(',')],
    ];
    return `${formatFields(fields)}${portTable(ports)}`;
  });
  return `${formatFields(metadataFields(meta))}${formatSection('Subsets', parts.join('\n'))}`;
}
