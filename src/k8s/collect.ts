import { isCniConfig } from './cni-document.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { SourceDocument } from './documents.ts';
import type { Draft } from './draft.ts';
import { isRecord, rootField, shown } from './field.ts';
import type { SourceRef } from './objects.ts';
import { decodeObject } from './registry.ts';

/** Lists in lists; kubectl never writes one. */
const MAX_LIST_DEPTH = 8;

/** Decodes the objects of a document: itself, or the items of a List. */
export function collectObjects(document: SourceDocument, draft: Draft, diagnostics: Diagnostic[]): void {
  const { file, index, value } = document;
  collect(value, { file, document: index, path: [] }, undefined, 0);

  function collect(object: unknown, source: SourceRef, listOf: ListItem | undefined, depth: number): void {
    const complain = (code: string, message: string, fix: string, ...path: string[]): void => {
      diagnostics.push({ severity: 'error', code, message, fix, at: { source, path } });
    };
    if (!isRecord(object)) {
      complain(
        'PW108',
        `a Kubernetes object must be a mapping, not ${shown(object)}`,
        'begin with apiVersion and kind',
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
    const { items } = object;
    if (kind.endsWith('List') && (Array.isArray(items) || items === null || items === undefined)) {
      if (depth >= MAX_LIST_DEPTH) {
        complain('PW106', `Lists are nested deeper than ${MAX_LIST_DEPTH} levels`, 'flatten them');
        return;
      }
      // The items of a PodList need not say that they are Pods.
      const item = kind === 'List' ? undefined : { kind: kind.slice(0, -'List'.length), apiVersion };
      const list: readonly unknown[] = Array.isArray(items) ? items : [];
      for (const [i, one] of list.entries()) {
        collect(one, { ...source, path: [...source.path, 'items', i] }, item, depth + 1);
      }
      return;
    }
    decodeObject(rootField(object, { diagnostics, source }), kind, apiVersion, draft);
  }
}

interface ListItem {
  readonly kind: string;
  readonly apiVersion: string;
}
