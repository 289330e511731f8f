import {
  at,
  child,
  EMPTY_MAP,
  type Field,
  forbidden,
  isMapping,
  isPresent,
  records,
  required,
  text,
  textMap,
} from '../field.ts';
import type { Meta, OwnerReference } from '../objects.ts';
import { check, checkLabels, dns1123Label, qualifiedName } from '../syntax.ts';

/** Decodes metadata. `nameRule` is the syntax that the kind's strategy asks of a name. */
export function decodeMeta(
  root: Field,
  kind: { readonly namespaced: boolean; readonly nameRule: (name: string) => string | undefined },
): Meta {
  const metadata = child(root, 'metadata');
  isMapping(metadata);
  const nameField = child(metadata, 'name');
  const name = text(nameField) ?? '';
  if (name !== '') check(nameField, name, kind.nameRule);
  else if (!isPresent(nameField) || nameField.value === '') {
    const generated = isPresent(child(metadata, 'generateName'));
    required(
      nameField,
      'name or generateName is required',
      generated ? 'give it a metadata.name: generated names are random, and podwalk is not' : undefined,
    );
  }
  const source = root.report.source;
  return {
    name,
    namespace: namespaceOf(child(metadata, 'namespace'), kind.namespaced),
    labels: isPresent(child(metadata, 'labels')) ? checkLabels(child(metadata, 'labels')) : EMPTY_MAP,
    annotations: annotations(child(metadata, 'annotations')),
    ownerReferences: ownerReferences(metadata),
    deleting: isPresent(child(metadata, 'deletionTimestamp')),
    ...(source === undefined ? {} : { source }),
  };
}

function namespaceOf(field: Field, namespaced: boolean): string {
  const namespace = text(field) ?? '';
  if (!namespaced) {
    if (namespace !== '')
      forbidden(field, 'not allowed on this type', 'remove it: this kind has no namespace');
    return '';
  }
  if (namespace === '') return 'default';
  check(field, namespace, dns1123Label);
  return namespace;
}

/** Annotations: keys are qualified names, whatever their case. */
export function annotations(field: Field): ReadonlyMap<string, string> {
  if (!isPresent(field)) return EMPTY_MAP;
  const map = textMap(field);
  for (const key of map.keys()) check({ ...field, value: key }, key.toLowerCase(), qualifiedName);
  return map;
}

function ownerReferences(metadata: Field): readonly OwnerReference[] {
  const field = child(metadata, 'ownerReferences');
  if (!isPresent(field)) return NO_OWNERS;
  return records(field).map((owner) => ({
    kind: text(child(owner, 'kind')) ?? '',
    name: text(child(owner, 'name')) ?? '',
    controller: at(owner, 'controller').value === true,
  }));
}

const NO_OWNERS: readonly OwnerReference[] = [];
