import type { Diagnostic } from '../diagnostics.ts';
import type { Pod, Service } from '../objects.ts';
import { type Absence, whyNone } from './absence.ts';
import { listed, podName, tellOf, warn } from './advice.ts';
import type { KnownPods } from './known-pods.ts';

export type Selecting = Service & { readonly selector: ReadonlyMap<string, string> };

/** A Service whose selector finds no pod (PW320), or none that is ready (PW321). */
export function checkSelector(service: Selecting, selected: readonly Pod[], known: KnownPods): Diagnostic[] {
  const { meta, selector } = service;
  const name = `Service ${meta.namespace}/${meta.name}`;
  if (selected.length === 0) {
    const { severity, key, reason, fix } = namesake(service, known);
    const path = key === undefined ? ['spec', 'selector'] : ['spec', 'selector', key];
    return [tellOf(severity, meta, path, 'PW320', `${name} selects no pod: ${reason}`, fix)];
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

/** A Service that selects none of the pods of a Deployment of its own name has more than missing pods. */
function namesake({ meta, selector }: Selecting, known: KnownPods): Absence {
  const { namespace, name } = meta;
  const absence = whyNone(known, namespace, selector, true);
  const workload = known.workloadNamed(namespace, name);
  // The pods of a StatefulSet have a second Service, for those of them that an operator labels.
  if (absence.severity !== 'note' || workload === undefined || workload.kind === 'StatefulSet')
    return absence;
  const wrong = [...selector].find(
    ([key, value]) => workload.template.labels.has(key) && workload.template.labels.get(key) !== value,
  );
  if (wrong === undefined) return absence;
  const [key] = wrong;
  return {
    ...absence,
    severity: 'warning',
    key,
    fix: `the pods of ${workload.kind} ${namespace}/${name} have ${key}=${workload.template.labels.get(key)}`,
  };
}
