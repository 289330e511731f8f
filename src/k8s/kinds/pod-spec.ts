import { child, EMPTY_MAP, type Field, flag, isMapping, isPresent, oneOf, required, text } from '../field.ts';
import type { DnsPolicy, PodSpec } from '../objects.ts';
import { check, checkLabels, dns1123Label, dns1123Subdomain } from '../syntax.ts';
import { containerNames, containerPorts, initContainers } from './container-ports.ts';
import { listenEvidence } from './listen-evidence.ts';
import { podNames } from './pod-dns.ts';
import { checkSpreadConstraints, nodeAffinity, tolerations } from './scheduling.ts';

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

const DNS_POLICIES: readonly DnsPolicy[] = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
const RESTART_POLICIES: readonly RestartPolicy[] = ['Always', 'OnFailure', 'Never'];

/** A pod's spec, or that of a workload's template. */
export function decodePodSpec(spec: Field): PodSpec {
  requiredIn(spec);
  const hostNetwork = flag(child(spec, 'hostNetwork')) ?? false;
  const selector = child(spec, 'nodeSelector');
  const affinity = nodeAffinity(spec);
  const tolerated = tolerations(spec);
  const dnsPolicy = oneOf(child(spec, 'dnsPolicy'), DNS_POLICIES, undefined);
  checkSpreadConstraints(spec);
  const inits = initContainers(spec);
  const evidence = listenEvidence(spec);
  return {
    nodeName: optionalName(child(spec, 'nodeName'), dns1123Subdomain),
    hostNetwork,
    containers: containerNames(spec),
    ...(inits.length === 0 ? {} : { initContainers: inits }),
    ports: containerPorts(spec, hostNetwork),
    ...(evidence.length === 0 ? {} : { evidence }),
    nodeSelector: isPresent(selector) ? checkLabels(selector) : EMPTY_MAP,
    ...(affinity === undefined ? {} : { nodeAffinity: affinity }),
    ...(tolerated.length === 0 ? {} : { tolerations: tolerated }),
    hostname: optionalName(child(spec, 'hostname'), dns1123Label),
    subdomain: optionalName(child(spec, 'subdomain'), dns1123Label),
    serviceAccountName:
      text(child(spec, 'serviceAccountName')) || text(child(spec, 'serviceAccount')) || 'default',
    ...(dnsPolicy === undefined ? {} : { dnsPolicy }),
    ...podNames(spec, dnsPolicy),
  };
}

/** spec.restartPolicy; undefined when absent or none that there is (told). */
export function restartPolicy(spec: Field): RestartPolicy | undefined {
  return oneOf(child(spec, 'restartPolicy'), RESTART_POLICIES, undefined);
}

/** Tells of a mapping that is missing where what it belongs in is there. */
export function requiredIn(field: Field): void {
  if (!isMapping(field) && !isPresent(field) && field.parent?.value !== undefined) required(field);
}

function optionalName(field: Field, rule: (value: string) => string | undefined): string {
  const name = text(field) ?? '';
  if (name !== '') check(field, name, rule);
  return name;
}
