import { isCniConfig } from './cni-document.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { SourceDocument } from './documents.ts';
import type { Draft } from './draft.ts';
import { envelopeOf, type ListItem } from './envelope.ts';
import { isRecord, rootField, shown } from './field.ts';
import { leftOut, placeKey } from './left-out.ts';
import type { SourceRef } from './objects.ts';
import { decodeObject } from './registry.ts';
import { folderOf, isKustomizationKind, notRendered } from './sources/kustomization.ts';
import { STDIN } from './sources/read-text.ts';
import type { Watch } from './watch.ts';

/** Lists in lists; kubectl never writes one. */
const MAX_LIST_DEPTH = 8;

const NOTHING: ReadonlySet<string> = new Set();

/** Decodes the objects of a document, itself or the items of a List, but those at the places `without`. */
export function collectObjects(
  document: SourceDocument,
  draft: Draft,
  diagnostics: Diagnostic[],
  without: ReadonlySet<string> = NOTHING,
  watch?: Watch,
): void {
  const { file, index, value } = document;
  collect(value, { file, document: index, path: [] }, undefined, 0);

  function collect(object: unknown, source: SourceRef, listOf: ListItem | undefined, depth: number): void {
    const complain = (code: string, message: string, fix: string, ...path: string[]): void => {
      diagnostics.push({ severity: 'error', code, message, fix, at: { source, path } });
    };
    if (without.size > 0 && without.has(placeKey(source))) {
      diagnostics.push(leftOut(object, source));
      return;
    }
    if (!isRecord(object)) {
      complain(
        'PW108',
        `a Kubernetes object must be a mapping, not ${shown(object)}`,
        Array.isArray(object)
          ? 'several objects are the items of a kind: List, or documents of their own'
          : 'begin with apiVersion and kind',
      );
      return;
    }
    if (listOf === undefined && isCniConfig(object)) {
      const name = file.replace(/^.*\//, '');
      draft.cni.push(rootField(object, { diagnostics, source, object: { kind: 'File', name } }));
      return;
    }
    const kind = object['kind'] ?? listOf?.kind;
    const apiVersion = object['apiVersion'] ?? listOf?.apiVersion;
    if (typeof kind !== 'string' || kind === '') {
      complain('PW108', "Object 'Kind' is missing", 'add kind: and apiVersion:', 'kind');
      return;
    }
    if (typeof apiVersion !== 'string' || apiVersion === '') {
      complain('PW108', `Object 'apiVersion' is missing (kind "${kind}")`, 'add apiVersion:', 'apiVersion');
      return;
    }
    if (isKustomizationKind(kind, apiVersion)) {
      const folder = file === STDIN ? 'DIR' : folderOf(file);
      diagnostics.push({ ...notRendered(folder, `this ${kind}`), at: { source, path: ['kind'] } });
      return;
    }
    const field = rootField(object, { diagnostics, source, generated: draft.generated });
    const envelope = envelopeOf(field, kind, apiVersion);
    if (envelope.kind === 'object') decodeObject(field, kind, apiVersion, draft);
    if (envelope.kind !== 'list') return;
    if (depth >= MAX_LIST_DEPTH) {
      complain('PW106', `Lists are nested deeper than ${MAX_LIST_DEPTH} levels`, 'flatten them');
      return;
    }
    for (const [i, one] of envelope.items.entries()) {
      watch?.('objects', i, envelope.items.length);
      collect(one.value, { ...source, path: [...source.path, 'items', i] }, envelope.item, depth + 1);
    }
  }
}
