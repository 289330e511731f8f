import {
  type ClusterObjects,
  controllerOf,
  type Diagnostic,
  type Meta,
  type SourceRef,
} from '../k8s/index.ts';

/** The object that a finding is about, and what its author says of findings about it. */
export interface FindingObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Annotations that count for it: its own, its owners', its namespace's. */
  readonly annotations: readonly { readonly of: string; readonly meta: Meta }[];
}

/** Finds the object that a diagnostic points into; undefined where it points to none that was read. */
export type ObjectOf = (diagnostic: Diagnostic) => FindingObject | undefined;

interface Known {
  readonly kind: string;
  readonly meta: Meta;
}

/** Indexes all objects by where they stand. A finding at a pod is one at the workload that makes it, too. */
export function findingObjects(objects: ClusterObjects): ObjectOf {
  const all: readonly Known[] = [
    ...objects.namespaces,
    ...objects.nodes,
    ...objects.workloads,
    ...objects.services,
    ...objects.endpointSlices,
    ...objects.networkPolicies,
    ...(objects.ingresses ?? []),
    ...objects.pods,
  ];
  const byPlace = new Map<string, Known>();
  const byName = new Map<string, Known>();
  for (const one of all) {
    const { source, namespace, name } = one.meta;
    byName.set(`${one.kind} ${namespace}/${name}`, one);
    if (source === undefined) continue;
    const place = placeOf(source, source.path);
    if (!byPlace.has(place)) byPlace.set(place, one);
  }
  const ownersOf = ({ meta }: Known): Known[] => {
    const owners: Known[] = [];
    let owner = controllerOf(meta);
    // A pod's ReplicaSet has a Deployment; nothing has more owners than that.
    for (let depth = 0; owner !== undefined && depth < 3; depth++) {
      const found = byName.get(`${owner.kind} ${meta.namespace}/${owner.name}`);
      if (found === undefined) break;
      owners.push(found);
      owner = controllerOf(found.meta);
    }
    return owners;
  };
  return ({ at }) => {
    if (at === undefined) return undefined;
    const { source } = at;
    for (let length = source.path.length; length >= 0; length--) {
      const found = byPlace.get(placeOf(source, source.path.slice(0, length)));
      if (found === undefined) continue;
      const { kind, meta } = found;
      const namespace = byName.get(`Namespace /${meta.namespace}`);
      const saying = [found, ...ownersOf(found), ...(namespace === undefined ? [] : [namespace])];
      return {
        kind,
        namespace: meta.namespace,
        name: meta.name,
        annotations: saying.map((one) => ({ of: nameOf(one), meta: one.meta })),
      };
    }
    return undefined;
  };
}

function nameOf({ kind, meta }: Known): string {
  return meta.namespace === '' ? `${kind} ${meta.name}` : `${kind} ${meta.namespace}/${meta.name}`;
}

function placeOf({ file, document }: SourceRef, path: readonly (string | number)[]): string {
  return `${file}\0${document}\0${path.join('\0')}`;
}
