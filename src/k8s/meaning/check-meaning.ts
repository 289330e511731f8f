import type { Diagnostic } from '../diagnostics.ts';
import { type ClusterObjects, isFinished, type Service } from '../objects.ts';
import { indexPods } from '../pods-by-label.ts';
import {
  checkGoverningServices,
  checkNamespaces,
  checkSharedAddresses,
  checkSliceReferences,
} from './references.ts';
import { checkSelector } from './selectors.ts';
import { checkTargetPorts } from './target-ports.ts';

/**
 * What an API server takes and a person hardly means: Services that reach nothing, ports that nobody has, names that
 * lead nowhere. Warnings only, about objects as the control plane left them (workloads with their pods, Services
 * with their EndpointSlices); `podwalk lint` prints them.
 */
export function checkMeaning(objects: ClusterObjects): Diagnostic[] {
  const byLabel = indexPods(objects.pods);
  // Endpoints of the input are the real cluster's: there, pods may be missing from the input and not from the cluster.
  const served = new Set(
    objects.endpointSlices
      .filter((slice) => slice.meta.source !== undefined && slice.endpoints.length > 0)
      .map((slice) => `${slice.meta.namespace}/${slice.serviceName}`),
  );
  const diagnostics = objects.services.flatMap((service) => {
    if (!selects(service) || served.has(`${service.meta.namespace}/${service.meta.name}`)) return [];
    const selected = byLabel(service.meta.namespace, service.selector).filter((pod) => !isFinished(pod));
    return [...checkSelector(service, selected, objects, byLabel), ...checkTargetPorts(service, selected)];
  });
  return [
    ...diagnostics,
    ...checkSharedAddresses(objects.services),
    ...checkGoverningServices(objects),
    ...checkSliceReferences(objects),
    ...checkNamespaces(objects),
  ];
}

function selects(service: Service): service is Service & { readonly selector: ReadonlyMap<string, string> } {
  return service.type !== 'ExternalName' && service.selector !== undefined && service.selector.size > 0;
}
