import { child, EMPTY_MAP, type Field, isMapping, isPresent } from '../field.ts';
import type { PodTemplate } from '../objects.ts';
import { safeEncode, stableHash } from '../stable-hash.ts';
import { checkLabels } from '../syntax.ts';
import { allEvidence, statedListens } from './listen-evidence.ts';
import { annotations } from './meta.ts';
import { decodePodSpec } from './pod-spec.ts';

/** spec.template of a workload (ValidatePodTemplateSpec). */
export function podTemplate(template: Field): PodTemplate {
  isMapping(template);
  const metadata = child(template, 'metadata');
  isMapping(metadata);
  const labels = child(metadata, 'labels');
  const spec = decodePodSpec(child(template, 'spec'));
  const notes = annotations(child(metadata, 'annotations'));
  const stated = statedListens(notes, child(metadata, 'annotations'));
  return {
    labels: isPresent(labels) ? checkLabels(labels) : EMPTY_MAP,
    annotations: notes,
    spec: { ...spec, ...allEvidence(stated, spec.evidence) },
    // ComputeHash: FNV of the template in decimal, each digit safely spelt. Kubernetes hashes Go's own dump of
    // its structs, which differs from version to version; here it is the text of the manifest, keys in order.
    hash: safeEncode(String(stableHash(canonical(template.value, 0)))),
  };
}

const MAX_DEPTH = 100;

/** JSON with sorted keys and without nulls: equal templates have equal texts. */
function canonical(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (depth > MAX_DEPTH) return '...';
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join()}]`;
  const pairs = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, depth + 1)}`).join()}}`;
}
