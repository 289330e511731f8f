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
import { generateName } from '../generated-names.ts';
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
  const given = text(nameField) ?? '';
  const namespace = namespaceOf(child(metadata, 'namespace'), kind.namespaced);
  const generated = child(metadata, 'generateName');
  let name = given;
  if (given !== '') check(nameField, given, kind.nameRule);
  else if (!isPresent(nameField) || nameField.value === '') {
    const base = text(generated) ?? '';
    if (base !== '') name = generatedName(root, generated, base, namespace, kind.nameRule);
    else if (!isPresent(generated) || generated.value === '')
      required(nameField, 'name or generateName is required');
  }
  const source = root.report.source;
  return {
    name,
    namespace,
    labels: isPresent(child(metadata, 'labels')) ? checkLabels(child(metadata, 'labels')) : EMPTY_MAP,
    annotations: annotations(child(metadata, 'annotations')),
    ownerReferences: ownerReferences(metadata),
    deleting: isPresent(child(metadata, 'deletionTimestamp')),
    ...(source === undefined ? {} : { source }),
  };
}

/** A name as the API server makes one; `base` is checked as it does, without the dash at the end. */
function generatedName(
  root: Field,
  field: Field,
  base: string,
  namespace: string,
  nameRule: (name: string) => string | undefined,
): string {
  check(field, base, (value) => nameRule(value.endsWith('-') && value !== '-' ? `${value}a` : value));
  const { value } = child(root, 'kind');
  const kind = typeof value === 'string' ? value : '';
  return generateName(root.report.generated ?? new Map(), kind, namespace, base);
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
