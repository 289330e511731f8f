import type { Diagnostic } from '../diagnostics.ts';
import { didYouMean } from '../did-you-mean.ts';
import { type ClusterObjects, isFinished, type Pod, type Service } from '../objects.ts';
import type { PodIndex } from '../pods-by-label.ts';
import { matchLabels } from '../selector.ts';
import { listed, podName, pods, warn } from './advice.ts';

type Selecting = Service & { readonly selector: ReadonlyMap<string, string> };

/** A Service whose selector finds no pod (PW320), or none that is ready (PW321). */
export function checkSelector(
  service: Selecting,
  selected: readonly Pod[],
  objects: Pick<ClusterObjects, 'pods' | 'workloads'>,
  byLabel: PodIndex,
): Diagnostic[] {
  const { meta, selector } = service;
  const name = `Service ${meta.namespace}/${meta.name}`;
  if (selected.length === 0) {
    const { key, reason, fix } = nearest(service, objects, byLabel);
    const path = key === undefined ? ['spec', 'selector'] : ['spec', 'selector', key];
    return [warn(meta, path, 'PW320', `${name} selects no pod: ${reason}`, fix)];
  }
  if (service.publishNotReadyAddresses || selected.some((pod) => pod.ready && !pod.meta.deleting)) return [];
  const [only] = selected;
  const message =
    selected.length === 1 && only !== undefined
      ? `${name} selects one pod, which is not ready: ${podName(only)}`
      : `${name} selects ${selected.length} pods, none of them ready: ${listed(selected.map(podName))}`;
  const [first] = selector.keys();
  const path = first === undefined ? ['spec', 'selector'] : ['spec', 'selector', first];
  return [warn(meta, path, 'PW321', message, 'find out why: until one is ready, connections are refused')];
}

interface Nearest {
  /** The pair of the selector that is to blame. */
  readonly key?: string;
  readonly reason: string;
  readonly fix?: string;
}

/** Why a selector finds nothing, and the labels that come nearest. */
function nearest(
  { meta, selector }: Selecting,
  objects: Pick<ClusterObjects, 'pods' | 'workloads'>,
  byLabel: PodIndex,
): Nearest {
  const { namespace } = meta;
  const all = [...selector].map(([key, value]) => `${key}=${value}`).join(',');
  const idle = objects.workloads.find(
    (one) => one.meta.namespace === namespace && matchLabels(selector, one.template.labels),
  );
  if (idle !== undefined) {
    const who = `${idle.kind} ${namespace}/${idle.meta.name}`;
    return {
      reason: `${who} makes pods with ${all}, but has none now`,
      fix:
        'replicas' in idle && idle.replicas === 0 ? `its replicas are 0: scale ${who} up` : `look at ${who}`,
    };
  }
  const running = objects.pods.filter((pod) => !isFinished(pod));
  const elsewhere = running.find((pod) => matchLabels(selector, pod.meta.labels));
  if (elsewhere !== undefined) {
    return {
      reason: `no pod in namespace "${namespace}" has ${all}`,
      fix: `pods with these labels are in namespace "${elsewhere.meta.namespace}"; a Service selects only in its own`,
    };
  }
  const here = running.filter((pod) => pod.meta.namespace === namespace);
  if (here.length === 0) return { reason: `there are no pods in namespace "${namespace}"` };
  for (const [key, value] of selector) {
    if (byLabel(namespace, new Map([[key, value]])).some((pod) => !isFinished(pod))) continue;
    const reason = `no pod in namespace "${namespace}" has ${key}=${value}`;
    const fix = nearLabel(key, value, here);
    return { key, reason, ...(fix === undefined ? {} : { fix }) };
  }
  // Each pair is there, but not all of them on one pod.
  let best = here[0];
  let most = -1;
  for (const pod of here) {
    const matching = [...selector].filter(([key, value]) => pod.meta.labels.get(key) === value).length;
    if (matching > most) [best, most] = [pod, matching];
  }
  const wrong = [...selector].find(([key, value]) => best?.meta.labels.get(key) !== value);
  if (best === undefined || wrong === undefined) return { reason: `no pod has ${all}` };
  const own = best.meta.labels.get(wrong[0]);
  const has = own === undefined ? `has no label ${wrong[0]}` : `has ${wrong[0]}=${own}`;
  return {
    key: wrong[0],
    reason: `no pod has all of ${all}`,
    fix: `the nearest, Pod ${podName(best)}, ${has}`,
  };
}

function nearLabel(key: string, value: string, here: readonly Pod[]): string | undefined {
  const values = new Map<string, number>();
  const keys = new Set<string>();
  for (const { meta } of here) {
    for (const label of meta.labels.keys()) keys.add(label);
    const own = meta.labels.get(key);
    if (own !== undefined) values.set(own, (values.get(own) ?? 0) + 1);
  }
  const near = didYouMean(value, values.keys());
  if (near !== undefined) return `did you mean ${key}: ${near}? ${havePods(values.get(near) ?? 0)}`;
  const nearKey = values.size > 0 ? undefined : (keyOf(value, here) ?? didYouMean(key, keys));
  if (nearKey !== undefined) return `did you mean the label "${nearKey}"?`;
  if (values.size > 0) return `pods have ${listed([...values.keys()].map((one) => `${key}=${one}`))}`;
  const [first] = here;
  const labels = ownLabels(first).map(([k, v]) => `${k}=${v}`);
  if (first === undefined || labels.length === 0) return 'give the pods labels, and select those';
  return `Pod ${podName(first)} has ${listed(labels)}`;
}

/** A label that has the value, of which the key may be a slip. */
function keyOf(value: string, here: readonly Pod[]): string | undefined {
  for (const pod of here) {
    const found = ownLabels(pod).find(([, own]) => own === value);
    if (found !== undefined) return found[0];
  }
  return undefined;
}

/** Labels that controllers add; nobody selects by them. */
const GENERATED =
  /^(pod-template-hash|controller-revision-hash|pod-template-generation|.*kubernetes\.io\/.*)$/;

function ownLabels(pod: Pod | undefined): readonly (readonly [string, string])[] {
  return [...(pod?.meta.labels ?? [])].filter(([key]) => !GENERATED.test(key));
}

function havePods(count: number): string {
  return `${pods(count)} ${count === 1 ? 'has' : 'have'} it`;
}
