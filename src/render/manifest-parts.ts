import { formatIp } from '../addr/index.ts';
import type { Meta, NodeSelectorTerm, PodSpec } from '../k8s/index.ts';
import { containersOf } from './print-pod.ts';

/** An object as `kubectl get -o json` would show it, with the fields that podwalk knows; it loads again. */
export type Manifest = Readonly<Record<string, unknown>>;

/** Leaves out what is undefined or empty. */
export function compact(fields: Manifest): Manifest {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => {
      if (value === undefined || value === '') return false;
      return typeof value !== 'object' || value === null || Object.keys(value).length > 0;
    }),
  );
}

export function metadata(meta: Meta): Manifest {
  return compact({
    name: meta.name,
    namespace: meta.namespace,
    labels: Object.fromEntries(meta.labels),
    annotations: Object.fromEntries(meta.annotations),
    ownerReferences: meta.ownerReferences.map(({ kind, name, controller }) => ({ kind, name, controller })),
    // Objects carry no times; any stands for "is terminating".
    deletionTimestamp: meta.deleting ? '1970-01-01T00:00:00Z' : undefined,
  });
}

/** A pod's spec, or that of a template. */
export function podSpecManifest(spec: PodSpec): Manifest {
  return compact({
    nodeName: spec.nodeName,
    hostNetwork: spec.hostNetwork || undefined,
    hostname: spec.hostname,
    subdomain: spec.subdomain,
    nodeSelector: Object.fromEntries(spec.nodeSelector),
    affinity: affinityManifest(spec.nodeAffinity),
    tolerations: spec.tolerations?.map((toleration) => compact({ ...toleration })),
    serviceAccountName: spec.serviceAccountName,
    dnsPolicy: spec.dnsPolicy,
    dnsConfig: dnsConfigManifest(spec.dnsConfig),
    hostAliases: spec.hostAliases?.map(({ ip, hostnames }) => ({ ip: formatIp(ip), hostnames })),
    enableServiceLinks: spec.enableServiceLinks,
    initContainers: spec.initContainers?.filter(({ sidecar }) => !sidecar).map(({ name }) => ({ name })),
    containers: containersOf(spec).map((name) =>
      compact({
        name,
        ports: spec.ports
          .filter(({ container }) => container === name)
          .map(({ container: _, hostPort, hostIP, ...port }) =>
            compact({
              ...port,
              hostPort: hostPort === 0 ? undefined : hostPort,
              hostIP: hostIP === undefined ? undefined : formatIp(hostIP),
            }),
          ),
      }),
    ),
  });
}

function dnsConfigManifest(config: PodSpec['dnsConfig']): Manifest | undefined {
  if (config === undefined) return undefined;
  const { nameservers, searches, options } = config;
  return compact({ nameservers: nameservers.map((ip) => formatIp(ip)), searches, options });
}

function affinityManifest(affinity: PodSpec['nodeAffinity']): Manifest | undefined {
  if (affinity === undefined) return undefined;
  return {
    nodeAffinity: compact({
      requiredDuringSchedulingIgnoredDuringExecution:
        affinity.required === undefined
          ? undefined
          : { nodeSelectorTerms: affinity.required.map(compactTerm) },
      preferredDuringSchedulingIgnoredDuringExecution: affinity.preferred.map(({ weight, term }) => ({
        weight,
        preference: compactTerm(term),
      })),
    }),
  };
}

function compactTerm(term: NodeSelectorTerm): Manifest {
  return compact({
    matchExpressions: term.matchExpressions.map((one) => compact({ ...one })),
    matchFields: term.matchFields.map((one) => compact({ ...one })),
  });
}
