import { familyOf, formatIp, type Ip } from '../../addr/index.ts';
import { ipField } from '../address-fields.ts';
import type { Draft } from '../draft.ts';
import {
  at,
  child,
  duplicate,
  type Field,
  invalid,
  isMapping,
  isPresent,
  oneOf,
  records,
  tell,
  text,
} from '../field.ts';
import type { PodPhase } from '../objects.ts';
import { dns1123Subdomain } from '../syntax.ts';
import { allEvidence, statedListens } from './listen-evidence.ts';
import { decodeMeta } from './meta.ts';
import { decodePodSpec, restartPolicy } from './pod-spec.ts';
import { hostIPs, type PodConditions, podConditions, podStatus, unscheduledOf } from './pod-status.ts';

const PHASES: readonly PodPhase[] = ['Failed', 'Pending', 'Running', 'Succeeded', 'Unknown'];

export function decodePod(field: Field, draft: Draft): void {
  const meta = decodeMeta(field, { namespaced: true, nameRule: dns1123Subdomain });
  const spec = child(field, 'spec');
  const status = child(field, 'status');
  const decoded = decodePodSpec(spec);
  restartPolicy(spec);
  isMapping(status);
  // A manifest without a status describes a pod that will run; a Running one without conditions is taken as ready.
  const given = oneOf(child(status, 'phase'), PHASES, undefined);
  const conditions = podConditions(status);
  const unscheduled = decoded.nodeName === '' ? unscheduledOf(spec, conditions) : undefined;
  const phase = unscheduled === undefined ? (given ?? 'Running') : (given ?? 'Pending');
  const more = podStatus(status, conditions);
  const hosts = hostIPs(status);
  draft.pods.push({
    object: {
      kind: 'Pod',
      meta,
      ...decoded,
      ...allEvidence(statedListens(meta.annotations, at(field, 'metadata', 'annotations')), decoded.evidence),
      phase,
      podIPs: podIPs(status),
      ready: isReady(conditions, phase),
      ...(hosts.length === 0 ? {} : { hostIPs: hosts }),
      ...(more === undefined ? {} : { status: more }),
      ...(unscheduled === undefined ? {} : { unscheduled }),
    },
    field,
  });
}

function podIPs(status: Field): readonly Ip[] {
  const single = child(status, 'podIP');
  const first = text(single) ?? '';
  const list = records(child(status, 'podIPs'));
  // Conversion v1 -> internal: where they differ, podIP is authoritative, for older kubelets.
  if (first !== '' && child(list[0] ?? status, 'ip').value !== first) {
    if (list.length > 0) {
      tell(
        single,
        'warning',
        'PW214',
        `Invalid value: "${first}": it differs from podIPs[0].ip, which is ignored`,
        'make status.podIP and status.podIPs[0].ip the same',
      );
    }
    const ip = ipField(single, first);
    return ip === undefined ? [] : [ip];
  }
  const ips: Ip[] = [];
  for (const item of list) {
    const ip = ipField(child(item, 'ip'));
    if (ip === undefined) continue;
    if (ips.some((other) => familyOf(other) === familyOf(ip))) {
      const field = child(item, 'ip');
      if (ips.includes(ip)) duplicate(field);
      else invalid({ ...field, value: formatIp(ip) }, 'may specify no more than one IP for each IP family');
      continue;
    }
    ips.push(ip);
  }
  return ips;
}

function isReady(conditions: PodConditions, phase: PodPhase): boolean {
  const ready = conditions.get('Ready');
  return ready === undefined ? phase === 'Running' : ready.status === 'True';
}

/** Field of a pod's address, for diagnostics across objects. */
export function podIpField(root: Field): Field {
  const single = at(root, 'status', 'podIP');
  return isPresent(single) ? single : at(root, 'status', 'podIPs');
}
