import { isRecord } from './field.ts';

/** What the API server and kubectl write into metadata: two readings of one object differ in it. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  ...['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'selfLink', 'uid'],
]);
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Whether two manifests say the same: the order of keys, nulls, the namespace `default` and the API server's bookkeeping
 * do not count.
 */
export function sameObject(a: unknown, b: unknown): boolean {
  if (!isRecord(a) || !isRecord(b)) return same(a, b, 0);
  const { metadata: aMeta, ...aRest } = a;
  const { metadata: bMeta, ...bRest } = b;
  return same(plainMeta(aMeta), plainMeta(bMeta), 0) && same(aRest, bRest, 0);
}

function plainMeta(metadata: unknown): unknown {
  if (!isRecord(metadata)) return metadata;
  const plain: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of Object.entries(metadata)) {
    if (BOOKKEEPING.has(key) || (key === 'namespace' && value === 'default')) continue;
    plain[key] = value;
  }
  const { annotations } = plain;
  if (isRecord(annotations)) {
    const { [LAST_APPLIED]: _, ...rest } = annotations;
    plain['annotations'] = Object.keys(rest).length === 0 ? undefined : rest;
  }
  return plain;
}

/** Deeper values are taken for different: comparing must not run out of stack. */
const MAX_DEPTH = 500;

function same(a: unknown, b: unknown, depth: number): boolean {
  if (a === b) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    return a.every((one: unknown, i) => same(one, b[i], depth + 1));
  }
  if (!isRecord(a) || !isRecord(b)) return (a ?? undefined) === (b ?? undefined);
  for (const key of Object.keys(a)) if (!same(a[key] ?? undefined, own(b, key), depth + 1)) return false;
  return Object.keys(b).every((key) => own(a, key) !== undefined || own(b, key) === undefined);
}

function own(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? (record[key] ?? undefined) : undefined;
}
