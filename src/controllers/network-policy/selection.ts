import { type Family, familyOf, type Ip } from '../../addr/index.ts';
import { isFinished, type LabelSelector, matchSelector, type Pod } from '../../k8s/index.ts';

/** Pods of one namespace with the same labels: no selector tells them apart. */
export interface PodClass {
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly pods: readonly Pod[];
}

/** Finds pods by selectors, a class at a time. */
export interface PodClasses {
  readonly inNamespace: (namespace: string, selector: LabelSelector | undefined) => readonly PodClass[];
  readonly namespaces: readonly string[];
}

/** isNetPolActionable: a pod that has an address of its own, and has not finished. */
export function isActionable(pod: Pod): boolean {
  return !isFinished(pod) && pod.podIPs.length > 0 && !pod.hostNetwork;
}

/** Groups the pods that policies are about; the order is that of the pods. */
export function classesOf(pods: readonly Pod[]): PodClasses {
  const byNamespace = new Map<string, Map<string, { labels: Pod['meta']['labels']; pods: Pod[] }>>();
  for (const pod of pods) {
    const { namespace, labels } = pod.meta;
    let classes = byNamespace.get(namespace);
    if (classes === undefined) {
      classes = new Map();
      byNamespace.set(namespace, classes);
    }
    const key = JSON.stringify([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
    const own = classes.get(key);
    if (own === undefined) classes.set(key, { labels, pods: [pod] });
    else own.pods.push(pod);
  }
  const lists = new Map(
    [...byNamespace].map(([namespace, classes]): [string, PodClass[]] => [
      namespace,
      [...classes.values()].map((one) => ({ namespace, ...one })),
    ]),
  );
  return {
    namespaces: [...lists.keys()],
    inNamespace: (namespace, selector) => {
      const own = lists.get(namespace) ?? [];
      return selector === undefined ? own : own.filter(({ labels }) => matchSelector(selector, labels));
    },
  };
}

/** A pod's addresses of one family. */
export function addressesOf(pod: Pod, family: Family): Ip[] {
  return pod.podIPs.filter((ip) => familyOf(ip) === family);
}

/** Names in the order of their bytes, as Go sorts them; the real program has no order at all. */
export function byName(
  a: { readonly meta: { readonly namespace: string; readonly name: string } },
  b: { readonly meta: { readonly namespace: string; readonly name: string } },
): number {
  const [left, right] = [`${a.meta.namespace}/${a.meta.name}`, `${b.meta.namespace}/${b.meta.name}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
