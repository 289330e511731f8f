import { sameValue } from '../cluster/diff/index.ts';
import type { Cluster } from '../cluster/index.ts';
import type { ClusterObjects } from '../k8s/index.ts';
import { manifestOf } from './manifest.ts';
import type { Manifest } from './manifest-parts.ts';
import { settingsManifests } from './manifest-settings.ts';
import type { ListedObject } from './objects.ts';

/** A field that differs; undefined on the side that lacks it. */
export interface FieldChange {
  /** `spec.ports[0].port`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** An object that is on one side only, or differs. */
export interface ObjectChange {
  readonly change: 'added' | 'removed' | 'changed';
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** Of one that differs. */
  readonly fields: readonly FieldChange[];
}

/** The kinds that are compared, in the order in which their changes are told: causes before what follows from them. */
function objectsOf(objects: ClusterObjects): ListedObject[] {
  const { namespaces, nodes, workloads, pods, services, endpointSlices, networkPolicies } = objects;
  return [...namespaces, ...nodes, ...workloads, ...pods, ...services, ...endpointSlices, ...networkPolicies];
}

/** What differs between the objects of two clusters, as podwalk completed them, and between their settings. */
export function diffObjects(before: Cluster, after: Cluster): ObjectChange[] {
  if (sameValue(before.objects, after.objects)) return [];
  const old = byKey(objectsOf(before.objects));
  const now = byKey(objectsOf(after.objects));
  const kinds = [...new Set([...old.values(), ...now.values()].map(({ kind }) => kind))];
  const changes = [...new Set([...old.keys(), ...now.keys()])].flatMap((key): ObjectChange[] => {
    const [a, b] = [old.get(key), now.get(key)];
    if (a !== undefined && b !== undefined)
      return sameValue(a, b) ? [] : changed(manifestOf(a), manifestOf(b));
    const one = b ?? a;
    if (one === undefined) return [];
    return [{ change: b === undefined ? 'removed' : 'added', ...identity(manifestOf(one)), fields: [] }];
  });
  const settings = settingsManifests(after.objects);
  return [
    ...settingsManifests(before.objects).flatMap((a, i) => changed(a, settings[i] ?? {})),
    ...kinds.flatMap((kind) => changes.filter((change) => change.kind === kind)),
  ];
}

function byKey(objects: readonly ListedObject[]): Map<string, ListedObject> {
  return new Map(objects.map((one) => [`${one.kind} ${one.meta.namespace}/${one.meta.name}`, one]));
}

/** Nothing where only the order of fields differs. */
function changed(before: Manifest, after: Manifest): ObjectChange[] {
  const fields = fieldChanges(before, after, '');
  return fields.length === 0 ? [] : [{ change: 'changed', ...identity(after), fields }];
}

function identity(manifest: Manifest): Pick<ObjectChange, 'kind' | 'namespace' | 'name'> {
  const { kind, metadata } = manifest;
  const { name, namespace } = metadata as { readonly name: string; readonly namespace?: string };
  return { kind: String(kind), ...(namespace === undefined ? {} : { namespace }), name };
}

function fieldChanges(before: unknown, after: unknown, path: string): FieldChange[] {
  const [a, b] = [partsOf(before), partsOf(after)];
  if (a === undefined || b === undefined || Array.isArray(before) !== Array.isArray(after)) {
    if (JSON.stringify(before) === JSON.stringify(after)) return [];
    return [
      {
        path,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      },
    ];
  }
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].flatMap((key) =>
    fieldChanges(a.get(key), b.get(key), below(path, key, Array.isArray(before))),
  );
}

function below(path: string, key: string, list: boolean): string {
  if (list) return `${path}[${key}]`;
  const word = /^[\w-]+$/.test(key) ? key : `"${key}"`;
  return path === '' ? word : `${path}.${word}`;
}

function partsOf(value: unknown): Map<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}
