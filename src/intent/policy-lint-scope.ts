import {
  type ClusterObjects,
  indexByLabels,
  type KnownPods,
  knownPods,
  type LabelSelector,
  matchSelector,
  type NetworkPolicy,
  type Pod,
  type PolicyPeer,
  type Service,
  selectorText,
} from '../k8s/index.ts';
import { peerMatches } from './policy-match.ts';
import type { PolicyModel } from './policy-model.ts';
import { policedPods, policyModel } from './policy-model.ts';

/** What selectors of policies find, each asked once: thousands of policies look at thousands of pods. */
export interface PolicyScope {
  readonly model: PolicyModel;
  readonly known: KnownPods;
  /** Running pods of a namespace, on the network of their node or not. */
  readonly select: (namespace: string, selector: LabelSelector) => readonly Pod[];
  /** Pods that policies know as pods, and that a peer is about. */
  readonly peers: (policy: NetworkPolicy, peer: PolicyPeer) => readonly Pod[];
  /** All pods that policies know as pods. */
  readonly pods: readonly Pod[];
  /** The Services that select a pod. */
  readonly servicesOf: (pod: Pod) => readonly Service[];
  /** The labels of Namespaces that are in the input; other namespaces have their name's label. */
  readonly givenNamespaces: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Names of the namespaces that the input speaks of. */
  readonly namespaces: readonly string[];
}

export function policyScope(objects: ClusterObjects): PolicyScope {
  const model = policyModel(objects);
  const running = policedPods(objects);
  const pods = running.filter((pod) => model.subjectOf({ kind: 'pod', pod }).namespace !== undefined);
  const byLabel = indexByLabels(running, (pod) => pod.meta);
  const byNamespace = new Map<string, Pod[]>();
  for (const pod of running) {
    const own = byNamespace.get(pod.meta.namespace);
    if (own === undefined) byNamespace.set(pod.meta.namespace, [pod]);
    else own.push(pod);
  }
  const found = new Map<string, readonly Pod[]>();
  const select = (namespace: string, selector: LabelSelector): readonly Pod[] => {
    const key = `${namespace}\0${selectorText(selector)}`;
    let list = found.get(key);
    if (list === undefined) {
      const candidates =
        selector.matchLabels.size > 0
          ? byLabel(namespace, selector.matchLabels)
          : (byNamespace.get(namespace) ?? []);
      list = candidates.filter((pod) => matchSelector(selector, pod.meta.labels));
      found.set(key, list);
    }
    return list;
  };
  const namespaces = [
    ...new Set([...objects.namespaces.map(({ meta }) => meta.name), ...byNamespace.keys()]),
  ];
  const chosen = new Map<string, readonly string[]>();
  const choose = (selector: LabelSelector): readonly string[] => {
    const key = selectorText(selector);
    const list =
      chosen.get(key) ?? namespaces.filter((name) => matchSelector(selector, model.namespaceLabels(name)));
    chosen.set(key, list);
    return list;
  };
  const policed = new Set(pods);
  const reached = new Map<string, readonly Pod[]>();
  const peers = (policy: NetworkPolicy, peer: PolicyPeer): readonly Pod[] => {
    if (peer.kind === 'ipBlock')
      return pods.filter((pod) => peerMatches(model, policy, peer, model.subjectOf({ kind: 'pod', pod })));
    const { namespaceSelector, podSelector = EVERYTHING } = peer;
    const where = namespaceSelector === undefined ? [policy.meta.namespace] : choose(namespaceSelector);
    const key = `${selectorText(podSelector)}\0${namespaceSelector === undefined ? `=${policy.meta.namespace}` : selectorText(namespaceSelector)}`;
    let list = reached.get(key);
    if (list === undefined) {
      list = where.flatMap((name) => select(name, podSelector)).filter((pod) => policed.has(pod));
      reached.set(key, list);
    }
    return list;
  };
  const services = new Map<Pod, Service[]>();
  for (const service of objects.services) {
    if (service.selector === undefined || service.selector.size === 0) continue;
    for (const pod of byLabel(service.meta.namespace, service.selector)) {
      const own = services.get(pod);
      if (own === undefined) services.set(pod, [service]);
      else own.push(service);
    }
  }
  return {
    model,
    known: knownPods(objects),
    select,
    peers,
    pods,
    servicesOf: (pod) => services.get(pod) ?? [],
    givenNamespaces: new Map(objects.namespaces.map(({ meta }) => [meta.name, meta.labels])),
    namespaces,
  };
}

const EVERYTHING: LabelSelector = { matchLabels: new Map(), matchExpressions: [] };
