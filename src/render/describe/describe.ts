import type { Cluster } from '../../cluster/index.ts';
import type { ListedObject } from '../objects.ts';
import { describeEndpoints, describeSlice } from './describe-endpoints.ts';
import { describeNode } from './describe-node.ts';
import { describePod } from './describe-pod.ts';
import { describePolicy } from './describe-policy.ts';
import { describeService } from './describe-service.ts';
import { describeWorkload } from './describe-workload.ts';
import { metadataFields } from './metadata.ts';
import { formatFields } from './page.ts';

/**
 * An object as `kubectl describe` shows it, as far as manifests say (no events, images, resources, volumes), and what
 * the emulated nodes hold because of it.
 */
export function describeObject(object: ListedObject, cluster: Cluster): string {
  switch (object.kind) {
    case 'Service':
      return describeService(object, cluster);
    case 'Pod':
      return describePod(object, cluster);
    case 'Node':
      return describeNode(object, cluster);
    case 'EndpointSlice':
      return describeSlice(object);
    case 'Endpoints':
      return describeEndpoints(object);
    case 'NetworkPolicy':
      return describePolicy(object, cluster);
    case 'Namespace':
      return formatFields([
        ...metadataFields(object.meta),
        ['Status', object.meta.deleting ? 'Terminating' : 'Active'],
      ]);
    case 'Deployment':
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job':
      return describeWorkload(object, cluster);
  }
}
