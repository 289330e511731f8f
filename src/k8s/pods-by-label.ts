import type { Pod } from './objects.ts';
import { matchLabels } from './selector.ts';

/** What a selector looks at. */
export interface Labelled {
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
}

/** Finds what a Service's selector chooses without looking at everything. */
export type LabelIndex<T> = (namespace: string, selector: ReadonlyMap<string, string>) => readonly T[];
export type PodIndex = LabelIndex<Pod>;

/** Indexes pods by namespace and label. An empty selector chooses none; order is that of the input. */
export function indexPods(pods: readonly Pod[]): PodIndex {
  return indexByLabels(pods, (pod) => pod.meta);
}

/** Indexes anything that has labels in a namespace, as `indexPods` does pods. */
export function indexByLabels<T>(all: readonly T[], labelled: (one: T) => Labelled): LabelIndex<T> {
  const byLabel = new Map<string, T[]>();
  for (const one of all) {
    const { namespace, labels } = labelled(one);
    for (const [key, value] of labels) {
      const at = indexKey(namespace, key, value);
      const list = byLabel.get(at);
      if (list === undefined) byLabel.set(at, [one]);
      else list.push(one);
    }
  }
  return (namespace, selector) => {
    let fewest: readonly T[] | undefined;
    for (const [key, value] of selector) {
      const list = byLabel.get(indexKey(namespace, key, value)) ?? [];
      if (fewest === undefined || list.length < fewest.length) fewest = list;
    }
    return (fewest ?? []).filter((one) => matchLabels(selector, labelled(one).labels));
  };
}

function indexKey(namespace: string, key: string, value: string): string {
  return `${namespace}\0${key}\0${value}`;
}
