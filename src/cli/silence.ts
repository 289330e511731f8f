import type { ClusterObjects, Diagnostic, Meta } from '../k8s/index.ts';
import { findingObjects } from './finding-objects.ts';
import { type Ignore, matchingCodes, unknownCode } from './ignores.ts';

/** Codes that `podwalk lint` is not to tell of this object: `PW320,PW330`. */
export const IGNORE_ANNOTATION = 'podwalk.dev/ignore';

/** Diagnostics without those that somebody asked not to be told. */
export interface Silenced {
  readonly told: readonly Diagnostic[];
  /** How many are not told. */
  readonly ignored: number;
  /** What silences nothing: `--ignore PW320=svc/web`, an annotation with its object. */
  readonly unused: readonly string[];
}

/** Takes out what `--ignore` and the annotations of objects silence; an annotation of unknown codes is told (PW337). */
export function silence(
  diagnostics: readonly Diagnostic[],
  objects: ClusterObjects,
  ignores: readonly Ignore[],
  codes: readonly string[],
): Silenced {
  const objectOf = findingObjects(objects);
  const annotations = readAnnotations(objects, codes);
  const used = new Set<Ignore | string>();
  const told = [...diagnostics, ...annotations.diagnostics].filter((diagnostic) => {
    const object = objectOf(diagnostic);
    let silent = false;
    for (const ignore of ignores) {
      if (!ignore.codes.has(diagnostic.code)) continue;
      if (ignore.name !== undefined && (object === undefined || !ignore.name(object))) continue;
      used.add(ignore);
      silent = true;
    }
    for (const { meta } of object?.annotations ?? []) {
      const entry = annotations.byMeta.get(meta)?.find((one) => one.codes.has(diagnostic.code));
      if (entry === undefined) continue;
      used.add(entry.text);
      silent = true;
    }
    return !silent;
  });
  const entries = [...annotations.byMeta.values()].flat();
  return {
    told,
    ignored: diagnostics.length + annotations.diagnostics.length - told.length,
    unused: [
      ...ignores.filter((one) => !used.has(one)).map(({ text }) => `--ignore ${text}`),
      ...entries.filter(({ text }) => !used.has(text)).map(({ text }) => text),
    ],
  };
}

interface AnnotationEntry {
  /** `podwalk.dev/ignore: PW320 of Service default/web` */
  readonly text: string;
  readonly codes: ReadonlySet<string>;
}

function readAnnotations(
  objects: ClusterObjects,
  codes: readonly string[],
): {
  readonly byMeta: ReadonlyMap<Meta, readonly AnnotationEntry[]>;
  readonly diagnostics: readonly Diagnostic[];
} {
  const {
    namespaces,
    nodes,
    workloads,
    services,
    endpointSlices,
    networkPolicies,
    pods,
    ingresses = [],
  } = objects;
  const byMeta = new Map<Meta, AnnotationEntry[]>();
  const diagnostics: Diagnostic[] = [];
  const all = [
    ...namespaces,
    ...nodes,
    ...workloads,
    ...services,
    ...endpointSlices,
    ...networkPolicies,
    ...ingresses,
    ...pods,
  ];
  for (const { kind, meta } of all) {
    const text = meta.annotations.get(IGNORE_ANNOTATION);
    if (text === undefined) continue;
    const name = meta.namespace === '' ? meta.name : `${meta.namespace}/${meta.name}`;
    const entries: AnnotationEntry[] = [];
    for (const word of text.split(/[\s,]+/)) {
      if (word === '') continue;
      const meant = matchingCodes(word, codes);
      if (meant.size > 0)
        entries.push({ text: `${IGNORE_ANNOTATION}: ${word} of ${kind} ${name}`, codes: meant });
      else diagnostics.push(unknown(kind, name, meta, word, codes));
    }
    byMeta.set(meta, entries);
  }
  return { byMeta, diagnostics };
}

function unknown(
  kind: string,
  name: string,
  { source }: Meta,
  word: string,
  codes: readonly string[],
): Diagnostic {
  const [message = '', fix = ''] = unknownCode(word, codes).split('; ');
  return {
    severity: 'warning',
    code: 'PW337',
    message: `annotation ${IGNORE_ANNOTATION} of ${kind} ${name}: ${message}`,
    fix,
    ...(source === undefined ? {} : { at: { source, path: ['metadata', 'annotations', IGNORE_ANNOTATION] } }),
  };
}
