import type { Draft } from '../draft.ts';
import type { Field } from '../field.ts';
import { dns1123Label } from '../syntax.ts';
import { decodeMeta } from './meta.ts';

export function decodeNamespace(field: Field, draft: Draft): void {
  const meta = decodeMeta(field, { namespaced: false, nameRule: dns1123Label });
  // SetDefaults_Namespace: every namespace can be selected by its name.
  const labels = new Map(meta.labels).set('kubernetes.io/metadata.name', meta.name);
  draft.namespaces.push({ object: { kind: 'Namespace', meta: { ...meta, labels } }, field });
}
