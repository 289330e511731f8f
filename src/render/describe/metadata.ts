import type { Meta } from '../../k8s/index.ts';
import { type Field, pairLines } from './page.ts';

/** Name, namespace, labels and annotations, with which every page begins. */
export function metadataFields(meta: Meta): Field[] {
  return [
    ['Name', meta.name],
    ...(meta.namespace === '' ? [] : [['Namespace', meta.namespace] satisfies Field]),
    ['Labels', pairLines(meta.labels)],
    ['Annotations', annotationLines(meta.annotations)],
  ];
}

/** kubectl's maxAnnotationLen: what is longer gets lines of its own, cut. */
const LONGEST = 140;

/** As kubectl's printAnnotationsMultiline has them: a value of several lines stands below its key, indented. */
function annotationLines(annotations: ReadonlyMap<string, string>): string[] {
  return [...annotations]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, given]) => {
      const value = given.replace(/\n$/, '');
      if (key.length + value.length + 2 <= LONGEST && !value.includes('\n')) return [`${key}: ${value}`];
      const cut = (line: string): string =>
        line.length > LONGEST - 2 ? `${line.slice(0, LONGEST - 2)}...` : line;
      return [`${key}:`, ...value.split('\n').map((line) => `  ${cut(line)}`)];
    });
}
