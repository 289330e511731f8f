import type { Meta } from '../../k8s/index.ts';
import { type Field, pairLines } from './page.ts';

/** Name, namespace, labels and annotations, with which every page begins. */
export function metadataFields(meta: Meta): Field[] {
  return [
    ['Name', meta.name],
    ...(meta.namespace === '' ? [] : [['Namespace', meta.namespace] satisfies Field]),
    ['Labels', pairLines(meta.labels)],
    ['Annotations', pairLines(meta.annotations, ': ')],
  ];
}
