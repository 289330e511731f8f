import type { Diagnostic } from '../diagnostics.ts';
import { type ClusterObjects, isFinished, type Service } from '../objects.ts';
import { indexPods } from '../pods-by-label.ts';
import { checkIngresses } from './ingresses.ts';
import { knownPods, withoutWritten } from './known-pods.ts';
import { checkNamespaces } from './namespaces.ts';
import { checkGoverningServices, checkSharedAddresses, checkSliceReferences } from './references.ts';
import { checkSelector, type Selecting } from './selectors.ts';
import { checkTargetPorts } from './target-ports.ts';

/**
 * What an API server takes and a person hardly means: Services that reach nothing, ports that nobody has, names that
 * lead nowhere. Warnings where the input itself shows it, notes where it may be right with what is not in the input;
 * about objects as the control plane left them (workloads with their pods, Services with their EndpointSlices).
 * `podwalk lint` prints them.
 */
export function checkMeaning(objects: ClusterObjects): Diagnostic[] {
  const byLabel = indexPods(objects.pods.filter((pod) => !isFinished(pod)));
  const known = knownPods(objects);
  // Endpoints of the input are the real cluster's: there, pods may be missing from the input and not from the cluster.
  const served = new Set(
    objects.endpointSlices
      .filter((slice) => slice.meta.source !== undefined && slice.endpoints.length > 0)
      .map((slice) => `${slice.meta.namespace}/${slice.serviceName}`),
  );
  const diagnostics = objects.services.flatMap((service) => {
    if (!selects(service) || served.has(`${service.meta.namespace}/${service.meta.name}`)) return [];
    const { meta, selector } = service;
    const stated = withoutWritten(selector);
    const found = byLabel(meta.namespace, selector);
    // What controllers write is not known of pods that podwalk makes: pods with all the rest may be meant.
    const selected =
      found.length > 0 || stated === selector || stated.size === 0
        ? found
        : known.select(meta.namespace, stated);
    return [...checkSelector(service, selected, known), ...checkTargetPorts(service, selected)];
  });
  return [
    ...diagnostics,
    ...checkSharedAddresses(objects.services),
    ...checkGoverningServices(objects, known),
    ...checkSliceReferences(objects, known),
    ...checkNamespaces(objects),
    ...checkIngresses(objects),
  ];
}

function selects(service: Service): service is Selecting {
  return service.type !== 'ExternalName' && service.selector !== undefined && service.selector.size > 0;
}
