import { didYouMean } from '../did-you-mean.ts';
import type { Draft } from '../draft.ts';
import { at, child, items } from '../field.ts';
import { fullName, sentence } from './claim.ts';

/** Services and Nodes that EndpointSlices name. */
export function checkSlices(draft: Draft): void {
  const services = new Set(draft.services.map(({ object }) => fullName(object.meta)));
  const inNamespace = new Map<string, string[]>();
  for (const { object } of draft.services) {
    const own = inNamespace.get(object.meta.namespace);
    if (own === undefined) inNamespace.set(object.meta.namespace, [object.meta.name]);
    else own.push(object.meta.name);
  }
  const nodes = new Set(draft.nodes.map(({ object }) => object.meta.name));
  for (const { object, field } of draft.endpointSlices) {
    const name = fullName(object.meta);
    const label = at(field, 'metadata', 'labels', 'kubernetes.io/service-name');
    if (object.serviceName === '') {
      sentence(
        label,
        'warning',
        'PW308',
        `EndpointSlice ${name} belongs to no Service: nothing reads it`,
        'set the label kubernetes.io/service-name',
      );
    } else if (!services.has(`${object.meta.namespace}/${object.serviceName}`)) {
      const own = inNamespace.get(object.meta.namespace) ?? [];
      const meant = didYouMean(object.serviceName, own);
      // Slices of a namespace without any Service in the input: the Services are elsewhere.
      sentence(
        label,
        own.length === 0 ? 'note' : 'warning',
        'PW308',
        `EndpointSlice ${name} is for Service ${object.meta.namespace}/${object.serviceName}, which does not exist`,
        meant === undefined ? undefined : `did you mean "${meant}"?`,
      );
    }
    if (nodes.size === 0 || draft.nodes.some(({ object: node }) => node.assumed === true)) continue;
    for (const [i, endpoint] of object.endpoints.entries()) {
      if (endpoint.nodeName === '' || nodes.has(endpoint.nodeName)) continue;
      const item = items(child(field, 'endpoints'))[i] ?? child(field, 'endpoints');
      const meant = didYouMean(endpoint.nodeName, nodes);
      sentence(
        child(item, 'nodeName'),
        'warning',
        'PW312',
        `EndpointSlice ${name} has an endpoint on Node "${endpoint.nodeName}", which does not exist: it is local to none`,
        meant === undefined ? undefined : `did you mean "${meant}"?`,
      );
    }
  }
}
