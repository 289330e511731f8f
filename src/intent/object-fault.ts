import type { ClusterObjects, Pod, Service } from '../k8s/index.ts';
import type { ObjectRef } from '../kernel/index.ts';

/** Something about the objects that keeps a request from being answered, and one edit that may mend it. */
export interface ObjectFault {
  readonly object: ObjectRef;
  readonly field: string;
  /** What is wrong with it. */
  readonly what: string;
  /** What to change; undefined where only a person can know. */
  readonly edit?: { readonly text: string; readonly apply: (objects: ClusterObjects) => ClusterObjects };
}

export function refTo(service: Service): ObjectRef {
  return { kind: 'Service', namespace: service.meta.namespace, name: service.meta.name };
}

export function podRef(pod: Pod): ObjectRef {
  return { kind: 'Pod', namespace: pod.meta.namespace, name: pod.meta.name };
}

export function nameOf(pod: Pod): string {
  return `${pod.meta.namespace}/${pod.meta.name}`;
}

export function editService(
  service: Service,
  change: (service: Service) => Service,
): (objects: ClusterObjects) => ClusterObjects {
  return (objects) => ({
    ...objects,
    services: objects.services.map((s) =>
      s.meta.name === service.meta.name && s.meta.namespace === service.meta.namespace ? change(s) : s,
    ),
  });
}
