import type { ClusterObjects, Diagnostic, Meta } from '../../k8s/index.ts';

/** The objects with what was missing filled in, and what there is to say about it. */
export interface Completion {
  readonly objects: ClusterObjects;
  readonly diagnostics: readonly Diagnostic[];
}

/** The `at` of a diagnostic about a field of an object; nothing for objects that podwalk assumed. */
export function at(meta: Meta, ...path: (string | number)[]): Pick<Diagnostic, 'at'> {
  return meta.source === undefined ? {} : { at: { source: meta.source, path } };
}
