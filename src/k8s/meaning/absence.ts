import type { Severity } from '../diagnostics.ts';
import { listed, podName, pods } from './advice.ts';
import { type KnownPods, type NamespaceLabels, ownLabels, withoutWritten } from './known-pods.ts';

/** Why a selector finds no pod. */
export interface Absence {
  /** A warning where the input itself speaks of a mistake; a note where the pods may just not be in it. */
  readonly severity: Severity;
  /** The pair of the selector that is to blame. */
  readonly key?: string;
  readonly reason: string;
  readonly fix?: string;
}

/**
 * Why a selector finds nothing, and the labels that come nearest. That pods are missing is no mistake: files are looked
 * at alone, operators make pods and label them. So it takes a label that is nearly right, or the right ones in another
 * namespace, to speak of a mistake.
 *
 * @param lonely whether what selects is expected where the pods are: a Service is, the same policy stands in many
 *   namespaces
 */
export function whyNone(
  known: KnownPods,
  namespace: string,
  selector: ReadonlyMap<string, string>,
  lonely: boolean,
): Absence {
  const pairs = withoutWritten(selector);
  const all = [...(pairs.size > 0 ? pairs : selector)].map(([key, value]) => `${key}=${value}`).join(',');
  const idle = known.maker(namespace, pairs);
  if (idle !== undefined) {
    const who = `${idle.kind} ${namespace}/${idle.meta.name}`;
    const scaled = 'replicas' in idle && idle.replicas === 0;
    return {
      severity: scaled ? 'warning' : 'note',
      reason: `${who} makes pods with ${all}, but has none now`,
      fix: scaled ? `its replicas are 0: scale ${who} up` : `look at ${who}`,
    };
  }
  const labels = known.labelsOf(namespace);
  const elsewhere = known.elsewhere(pairs);
  if (elsewhere !== undefined) {
    return {
      severity: lonely || labels !== undefined ? 'warning' : 'note',
      reason: `no pod in namespace "${namespace}" has ${all}`,
      fix: `pods with these labels are in namespace "${elsewhere.meta.namespace}"; a selector finds only what is in its own`,
    };
  }
  if (labels === undefined)
    return { severity: 'note', reason: `there are no pods in namespace "${namespace}" of the input` };
  return missingPair(known, namespace, pairs, labels) ?? combination(known, namespace, pairs, all);
}

/** A pair that no pod has: a slip where a label is nearly it, or where pods with all the others have another value. */
function missingPair(
  known: KnownPods,
  namespace: string,
  pairs: ReadonlyMap<string, string>,
  labels: NamespaceLabels,
): Absence | undefined {
  const missing = [...pairs].filter(([key, value]) => labels.values.get(key)?.has(value) !== true);
  const [first] = missing;
  if (first === undefined) return undefined;
  const reasonOf = (key: string, value: string): string =>
    `no pod in namespace "${namespace}" has ${key}=${value}`;
  for (const [key, value] of missing) {
    const fix = slip(key, value, labels);
    if (fix !== undefined) return { severity: 'warning', key, reason: reasonOf(key, value), fix };
  }
  const [key, value] = first;
  const fix = otherwise(key, labels);
  const there = new Map([...pairs].filter(([one]) => missing.every(([gone]) => gone !== one)));
  const partial = there.size === 0 ? [] : known.select(namespace, there);
  // A label that no pod has at all is one that an operator, or Helm, may set.
  const other = partial.length > 0 && missing.every(([gone]) => labels.values.has(gone));
  return { severity: other ? 'warning' : 'note', key, reason: reasonOf(key, value), fix };
}

function slip(key: string, value: string, labels: NamespaceLabels): string | undefined {
  const values = labels.values.get(key);
  const near = labels.nearValue(key, value);
  if (near !== undefined && !differsByNumber(value, near)) {
    const count = values?.get(near) ?? 0;
    return `did you mean ${key}: ${near}? ${pods(count)} ${count === 1 ? 'has' : 'have'} it`;
  }
  const nearKey = values !== undefined ? undefined : (labels.keyOf(value) ?? labels.nearKey(key));
  return nearKey === undefined ? undefined : `did you mean the label "${nearKey}"?`;
}

/** `web-1` and `web-2`, `shard-a1` and `shard-b1`: names of a row, and no slip of the fingers. */
export function differsByNumber(a: string, b: string): boolean {
  return a !== b && a.replace(/\d+/g, '#') === b.replace(/\d+/g, '#');
}

function otherwise(key: string, labels: NamespaceLabels): string {
  const values = labels.values.get(key);
  if (values !== undefined) return `pods have ${listed([...values.keys()].map((one) => `${key}=${one}`))}`;
  const own = ownLabels(labels.first).map(([k, v]) => `${k}=${v}`);
  return own.length === 0
    ? 'give the pods labels, and select those'
    : `Pod ${podName(labels.first)} has ${listed(own)}`;
}

/** Each pair is there, but not all of them on one pod: the pod that comes nearest. */
function combination(
  known: KnownPods,
  namespace: string,
  pairs: ReadonlyMap<string, string>,
  all: string,
): Absence {
  const reason = `no pod has all of ${all}`;
  // The best pod has the rarest pair or all others; looking at those of each pair would be as many as there are.
  const lists = [...pairs].map((pair) => known.select(namespace, new Map([pair])));
  const candidates = lists.flatMap((list) => list.slice(0, 100));
  let best = candidates[0];
  let most = -1;
  for (const pod of candidates) {
    const matching = [...pairs].filter(([key, value]) => pod.meta.labels.get(key) === value).length;
    if (matching > most) [best, most] = [pod, matching];
  }
  const wrong = [...pairs].find(([key, value]) => best?.meta.labels.get(key) !== value);
  if (best === undefined || wrong === undefined) return { severity: 'note', reason };
  const own = best.meta.labels.get(wrong[0]);
  const has = own === undefined ? `has no label ${wrong[0]}` : `has ${wrong[0]}=${own}`;
  return {
    severity: own === undefined ? 'note' : 'warning',
    key: wrong[0],
    reason,
    fix: `the nearest, Pod ${podName(best)}, ${has}`,
  };
}
