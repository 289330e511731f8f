import type { Pod } from './objects.ts';
import { matchLabels } from './selector.ts';

/** Finds the pods that a Service's selector chooses without looking at all of them. */
export type PodIndex = (namespace: string, selector: ReadonlyMap<string, string>) => readonly Pod[];

/** Indexes pods by namespace and label. An empty selector chooses none; order is that of the input. */
export function indexPods(pods: readonly Pod[]): PodIndex {
  const byLabel = new Map<string, Pod[]>();
  for (const pod of pods) {
    for (const [key, value] of pod.meta.labels) {
      const at = indexKey(pod.meta.namespace, key, value);
      const list = byLabel.get(at);
      if (list === undefined) byLabel.set(at, [pod]);
      else list.push(pod);
    }
  }
  return (namespace, selector) => {
    let fewest: readonly Pod[] | undefined;
    for (const [key, value] of selector) {
      const list = byLabel.get(indexKey(namespace, key, value)) ?? [];
      if (fewest === undefined || list.length < fewest.length) fewest = list;
    }
    return (fewest ?? []).filter((pod) => matchLabels(selector, pod.meta.labels));
  };
}

function indexKey(namespace: string, key: string, value: string): string {
  return `${namespace}\0${key}\0${value}`;
}
