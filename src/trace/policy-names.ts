import { formatIp, type Ip } from '../addr/index.ts';
import type { ClusterObjects, NetworkPolicy, Pod, PolicyParty } from '../k8s/index.ts';
import { isFinished } from '../k8s/index.ts';

/** The objects that texts about policies name. */
export interface PolicyNames {
  /** `namespace/name`. */
  readonly policy: (name: string) => NetworkPolicy | undefined;
  /** Who has an address. */
  readonly party: (ip: Ip) => PolicyParty;
}

const KNOWN = new WeakMap<ClusterObjects, PolicyNames>();
const NAME_LABEL = 'kubernetes.io/metadata.name';

/** Looks objects up by name and by address; the tables are made once for a cluster. */
export function policyNames(objects: ClusterObjects): PolicyNames {
  let names = KNOWN.get(objects);
  if (names === undefined) {
    names = namesOf(objects);
    KNOWN.set(objects, names);
  }
  return names;
}

function namesOf(objects: ClusterObjects): PolicyNames {
  const policies = new Map(
    objects.networkPolicies.map((one) => [`${one.meta.namespace}/${one.meta.name}`, one]),
  );
  const spaces = new Map(objects.namespaces.map(({ meta }) => [meta.name, meta.labels]));
  const pods = new Map<Ip, Pod>();
  for (const pod of objects.pods)
    if (!pod.hostNetwork && !isFinished(pod)) for (const ip of pod.podIPs) pods.set(ip, pod);
  const nodes = new Map<Ip, string>();
  for (const { meta, internalIPs, podCIDRs } of objects.nodes) {
    for (const ip of internalIPs) nodes.set(ip, meta.name);
    // flannel.1 has the first address of the node's range: with it masqueraded traffic leaves for another node.
    for (const { base } of podCIDRs) nodes.set(base, meta.name);
  }
  return {
    policy: (name) => policies.get(name),
    party: (ip) => {
      const pod = pods.get(ip);
      if (pod === undefined) {
        const node = nodes.get(ip);
        return { name: `${formatIp(ip)}${node === undefined ? '' : ` (${node})`}`, ips: [ip] };
      }
      const { namespace, name, labels } = pod.meta;
      // Without its object a namespace is there all the same, with the label that the API server gives it.
      const namespaceLabels = spaces.get(namespace) ?? new Map([[NAME_LABEL, namespace]]);
      return {
        name: `${namespace}/${name}`,
        ips: pod.podIPs,
        pod: { namespace, labels, namespaceLabels, ports: pod.ports },
      };
    },
  };
}
