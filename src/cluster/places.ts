import type { Pod } from '../k8s/index.ts';

/** The id of a node's network namespace. */
export function nodeNetnsId(node: string): string {
  return `node/${node}`;
}

/** The id of the namespace that a pod's processes run in: its own, or with hostNetwork its node's. */
export function podNetnsId(pod: Pod): string {
  return pod.hostNetwork ? nodeNetnsId(pod.nodeName) : `pod/${pod.meta.namespace}/${pod.meta.name}`;
}
