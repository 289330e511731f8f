import { type ClusterObjects, type CniConfig, DEFAULT_CNI } from '../k8s/index.ts';
import type { Trace } from '../trace/index.ts';
import type { ObjectFault } from './object-fault.ts';

/** What the configuration of the CNI plugins keeps from pods: the way back to themselves, or the way out. */
export function cniFaults(objects: ClusterObjects, trace: Trace): ObjectFault[] {
  const { cni } = objects;
  if (cni?.origin === undefined) return [];
  const object = cni.origin;
  const ended = (reason: string): boolean => trace.paths.some((path) => path.reason === reason);
  const configure =
    (change: Partial<CniConfig>) =>
    (all: ClusterObjects): ClusterObjects => ({ ...all, cni: { ...DEFAULT_CNI, ...all.cni, ...change } });
  const faults: ObjectFault[] = [];
  if (!cni.hairpin && ended('HAIRPIN_DISABLED'))
    faults.push({
      object,
      field: 'hairpinMode',
      what: 'is false: the bridge sends no frame back by the port that it came in by, so no pod reaches itself through a Service',
      edit: { text: 'hairpinMode: true', apply: configure({ hairpin: true, promisc: false }) },
    });
  if (!cni.isDefaultGateway && ended('NO_ROUTE'))
    faults.push({
      object,
      field: 'isDefaultGateway',
      what: 'is false: pods have no default route, and reach nothing but the pod network',
      edit: {
        text: 'isDefaultGateway: true',
        apply: configure({ isDefaultGateway: true, isGateway: true }),
      },
    });
  return faults;
}
