import { speller } from '../did-you-mean.ts';
import { type ClusterObjects, isFinished, type Pod, type Workload } from '../objects.ts';
import { indexByLabels } from '../pods-by-label.ts';

/** Labels that controllers write on the pods of a workload: nobody finds them in a manifest. */
const WRITTEN_BY_CONTROLLERS =
  /^(pod-template-hash|rollouts-pod-template-hash|controller-revision-hash|pod-template-generation|controller-uid|job-name|statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index|batch\.kubernetes\.io\/.*)$/;

/** Labels that are no hint of what a pod is. */
const GENERATED =
  /^(pod-template-hash|controller-revision-hash|pod-template-generation|.*kubernetes\.io\/.*)$/;

/** Values that many labels have: that another key has one too is no hint. */
const SAYS_NOTHING = /^(true|false|yes|no|on|off|enabled|disabled|default|\d*)$/;

export function isWrittenByControllers(label: string): boolean {
  return WRITTEN_BY_CONTROLLERS.test(label);
}

export function ownLabels(pod: Pod | undefined): readonly (readonly [string, string])[] {
  return [...(pod?.meta.labels ?? [])].filter(([key]) => !GENERATED.test(key));
}

/** The labels of a namespace's running pods. */
export interface NamespaceLabels {
  readonly first: Pod;
  /** Key -> value -> how many pods have it. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly nearValue: (key: string, value: string) => string | undefined;
  readonly nearKey: (key: string) => string | undefined;
  /** A key under which a pod has the value. */
  readonly keyOf: (value: string) => string | undefined;
}

/** The running pods of the input, so indexed that no question about them looks at all of them. */
export interface KnownPods {
  /** What a selector finds; labels that controllers write are not looked at. */
  readonly select: (namespace: string, selector: ReadonlyMap<string, string>) => readonly Pod[];
  /** A pod of any other namespace. */
  readonly elsewhere: (selector: ReadonlyMap<string, string>) => Pod | undefined;
  /** Undefined: the input has no running pod there. */
  readonly labelsOf: (namespace: string) => NamespaceLabels | undefined;
  /** A workload whose template the selector matches. */
  readonly maker: (namespace: string, selector: ReadonlyMap<string, string>) => Workload | undefined;
  readonly workloadNamed: (namespace: string, name: string) => Workload | undefined;
}

export function knownPods({ pods, workloads }: Pick<ClusterObjects, 'pods' | 'workloads'>): KnownPods {
  const running = pods.filter((pod) => !isFinished(pod));
  const inNamespace = new Map<string, Pod[]>();
  for (const pod of running) {
    const own = inNamespace.get(pod.meta.namespace);
    if (own === undefined) inNamespace.set(pod.meta.namespace, [pod]);
    else own.push(pod);
  }
  const here = indexByLabels(running, (pod) => pod.meta);
  const anywhere = indexByLabels(running, ({ meta }) => ({ namespace: '', labels: meta.labels }));
  const makers = indexByLabels(workloads, ({ meta, template }) => ({
    namespace: meta.namespace,
    labels: template.labels,
  }));
  const named = new Map(workloads.map((one) => [`${one.meta.namespace}/${one.meta.name}`, one]));
  const tables = new Map<string, NamespaceLabels | undefined>();
  return {
    select: (namespace, selector) => {
      const stated = withoutWritten(selector);
      return stated.size === 0 ? (inNamespace.get(namespace) ?? []) : here(namespace, stated);
    },
    elsewhere: (selector) => anywhere('', withoutWritten(selector))[0],
    labelsOf: (namespace) => {
      if (!tables.has(namespace)) tables.set(namespace, tableOf(inNamespace.get(namespace) ?? []));
      return tables.get(namespace);
    },
    maker: (namespace, selector) => makers(namespace, withoutWritten(selector))[0],
    workloadNamed: (namespace, name) => named.get(`${namespace}/${name}`),
  };
}

export function withoutWritten(selector: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  for (const key of selector.keys())
    if (isWrittenByControllers(key))
      return new Map([...selector].filter(([one]) => !isWrittenByControllers(one)));
  return selector;
}

function tableOf(pods: readonly Pod[]): NamespaceLabels | undefined {
  const [first] = pods;
  if (first === undefined) return undefined;
  const values = new Map<string, Map<string, number>>();
  const keys = new Map<string, string>();
  for (const pod of pods) {
    for (const [key, value] of pod.meta.labels) {
      let counts = values.get(key);
      if (counts === undefined) {
        counts = new Map();
        values.set(key, counts);
      }
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    for (const [key, value] of ownLabels(pod))
      if (!SAYS_NOTHING.test(value) && !keys.has(value)) keys.set(value, key);
  }
  const spellers = new Map<string, (word: string) => string | undefined>();
  const nearKey = speller(values.keys());
  return {
    first,
    values,
    nearKey,
    nearValue: (key, value) => {
      const spell = spellers.get(key) ?? speller(values.get(key)?.keys() ?? []);
      spellers.set(key, spell);
      return spell(value);
    },
    keyOf: (value) => keys.get(value),
  };
}
